"""
Unpacks archives that somebody else made: nothing comes to lie outside the folder, nothing is a link.

Sizes are counted as they come out: what the archive says of itself is not believed.
"""

from __future__ import annotations

import contextlib
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from centralita.models_command.errors import ModelError, failure

SIZE_MAX = 8 << 30
"""Bytes in all: the largest Vosk models have less than half of it."""
FILES_MAX = 10_000
_BLOCK = 1 << 20
_BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, NotImplementedError,
    RuntimeError, ValueError,
)  # fmt: skip
"""What the libraries raise over archives that are broken, locked, or of a kind that they do not know."""


@dataclass(slots=True)
class Limits:
    """What is left."""

    bytes_: int = SIZE_MAX
    files: int = FILES_MAX

    def one_more(self, name: str) -> None:
        self.files -= 1
        if self.files < 0:
            raise failure(f"demasiados archivos: {name}", "too many files in the archive")

    def take(self, count: int, name: str) -> None:
        self.bytes_ -= count
        if self.bytes_ < 0:
            raise failure(f"el archivo es demasiado grande: {name}", "the archive is too large")


def is_archive(file: Path) -> bool:
    """Whether we can unpack it: zip, or tar, as it is or compressed with gzip, bzip2 or xz."""
    return zipfile.is_zipfile(file) or tarfile.is_tarfile(file)


def unpack(archive: Path, folder: Path, limits: Limits | None = None) -> None:
    """
    Unpack into an empty folder.

    Args:
        archive: See `is_archive`.
        folder: Is made.
        limits: Less than the usual ones, for tests.

    Raises:
        ModelError: It is broken, too large, or holds what has no business in it. What came out so far stays.
        OSError: The disk is full.
    """
    left = limits or Limits()
    folder.mkdir(parents=True)
    try:
        if zipfile.is_zipfile(archive):
            _unzip(archive, folder, left)
        elif tarfile.is_tarfile(archive):
            _untar(archive, folder, left)
        else:
            raise failure(
                f"{archive.name} no es un archivo zip ni tar", "it is neither a zip nor a tar archive"
            )
    except _BROKEN as error:
        raise failure(
            f"{archive.name} está dañado ({error}): descárguelo otra vez", "it is broken: download it again"
        ) from error


def _unzip(archive: Path, folder: Path, left: Limits) -> None:
    with zipfile.ZipFile(archive) as source:
        for entry in source.infolist():
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _not_plain(entry.filename)
            target = _inside(folder, entry.filename)
            if entry.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            _write(target, left, lambda entry=entry: source.open(entry))  # type: ignore[misc]


def _untar(archive: Path, folder: Path, left: Limits) -> None:
    with tarfile.open(archive) as source:
        for entry in source:
            target = _inside(folder, entry.name)
            if entry.isdir():
                target.mkdir(parents=True, exist_ok=True)
            elif entry.isreg():
                _write(target, left, lambda entry=entry: _opened(source, entry))  # type: ignore[misc]
            else:
                raise _not_plain(entry.name)


def _opened(source: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    stream = source.extractfile(entry)
    if stream is None:
        raise _not_plain(entry.name)
    return stream


def _inside(folder: Path, name: str) -> Path:
    """Where this entry goes. Raises ModelError for a name that leads out of the folder."""
    path = PurePosixPath(name)
    odd = "\\" in name or "\0" in name or ":" in name
    if path.is_absolute() or ".." in path.parts or odd:
        raise failure(
            f"el archivo quiere escribir fuera de su carpeta ({name!r}): no es de fiar, bórrelo",
            "it wants to write outside its folder: do not trust it, delete it",
        )
    return folder / path


def _write(target: Path, left: Limits, open_: Callable[[], IO[bytes]]) -> None:
    left.one_more(target.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with open_() as stream, target.open("xb") as out:
        while block := stream.read(_BLOCK):
            left.take(len(block), target.name)
            out.write(block)


def _not_plain(name: str) -> ModelError:
    return failure(
        f"el archivo contiene un enlace o dispositivo ({name!r}): no es de fiar, bórrelo",
        "it contains a link or a device: do not trust it, delete it",
    )


@contextlib.contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A folder for the block that is gone after it, and was not there before."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
