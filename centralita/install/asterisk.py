"""Which Asterisk this machine runs: its own if it is fit, otherwise one fetched into our cache."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from centralita.install.cache import Say, cache_dir
from centralita.install.debian import Tree, fetch
from centralita.install.errors import InstallError, both, failure
from centralita.install.needs import needs
from centralita.install.probe import probe

TREE = Tree(
    "forky",
    (
        "asterisk",
        "asterisk-modules",
        "asterisk-core-sounds-en",
        "asterisk-core-sounds-es-wav",
        "asterisk-moh-opsound-wav",
    ),
)
_BINARIES = ("usr/sbin/asterisk", "sbin/asterisk", "usr/local/sbin/asterisk")
_MODULES = ("usr/lib/*/asterisk/modules", "usr/lib/asterisk/modules", "usr/lib64/asterisk/modules",
            "lib/asterisk/modules", "lib64/asterisk/modules", "usr/local/lib/asterisk/modules")  # fmt: skip
_SHARES = ("usr/share/asterisk", "var/lib/asterisk", "share/asterisk", "usr/local/share/asterisk",
           "usr/local/var/lib/asterisk")  # fmt: skip
_LOADERS = "usr/lib/*/ld-linux-*.so.*"


@dataclass(frozen=True, slots=True)
class AsteriskInstall:
    """
    An Asterisk that passed the probe.

    root: Folder it was unpacked or built into; None is the host's own.
    binary: The program.
    loader: What comes before the program on its command line; empty where the host's own loader serves.
    modules_dir: For `astmoddir`.
    share_dir: Holds documentation/, rest-api/, moh/ and sounds/.
    version: As Asterisk writes it, such as `22.10.1~dfsg`.
    """

    root: Path | None
    binary: Path
    loader: tuple[str, ...]
    modules_dir: Path
    share_dir: Path
    version: str

    def argv(self, *args: str) -> list[str]:
        """The command line that starts it with these arguments."""
        return [*self.loader, str(self.binary), *args]


def configuration_dir() -> Path:
    """The Asterisk configuration we deploy: in a checkout beside the packages, in a wheel inside ours."""
    package = Path(__file__).parents[1]
    inside = package / "asterisk-conf"
    return inside if inside.is_dir() else package.parent / "asterisk-conf"


def ensure_asterisk(*, environ: Mapping[str, str], say: Say) -> AsteriskInstall:
    """
    An Asterisk fit for us: the one ASTERISK_ROOT names, the host's, or one fetched from Debian.

    The choice is remembered in the cache, so only the first start asks and fetches.

    Args:
        environ: ASTERISK_ROOT, XDG_CACHE_HOME, PATH and what apt needs.
        say: Where progress goes.

    Raises:
        InstallError: ASTERISK_ROOT is not fit, or nothing could be fetched. The text says how to mend it.
    """
    cache = cache_dir(environ)
    stamp = cache / f"asterisk-{_key(environ)}.json"
    known = _recall(stamp)
    if known is not None:
        return known
    found = _search(environ, cache, say)
    _remember(stamp, found)
    say(both(f"Asterisk {found.version} listo: {found.binary}", "ready"))
    return found


def locate(root: Path | None) -> AsteriskInstall:
    """
    Find the parts of an Asterisk, without trying it; its version stays empty.

    Args:
        root: Folder to look in; None is the host.

    Raises:
        InstallError: A part is not there. The text lists the places looked at.
    """
    base = root or Path("/")
    binary = _first(base, _BINARIES)
    modules_dir = _first(base, _MODULES)
    share_dir = _first(base, (f"{place}/documentation" for place in _SHARES)).parent
    loader = next(iter(sorted(base.glob(_LOADERS))), None) if root is not None else None
    # A tree with its own loader brings all its libraries; one's own build uses the host's.
    prefix = (str(loader), "--library-path", str(loader.parent)) if loader is not None else ()
    return AsteriskInstall(root, binary, prefix, modules_dir, share_dir, "")


def _first(base: Path, patterns: Iterable[str]) -> Path:
    places = tuple(patterns)
    for pattern in places:
        found = sorted(base.glob(pattern))
        if found:
            return found[0]
    listed = ", ".join(str(base / place) for place in places)
    raise failure(f"No está ninguno de: {listed}.", f"None of these exists: {listed}.")


def _search(environ: Mapping[str, str], cache: Path, say: Say) -> AsteriskInstall:
    if environ.get("ASTERISK_ROOT"):
        return _own_build(Path(environ["ASTERISK_ROOT"]), say)
    return _host(say) or _fetched(environ, cache, say)


def _own_build(root: Path, say: Say) -> AsteriskInstall:
    try:
        install = _fit(locate(root.resolve()), say)
    except InstallError as error:
        raise failure(
            f"El Asterisk de ASTERISK_ROOT={root} no sirve. Complételo, o quite la variable.",
            f"The Asterisk of ASTERISK_ROOT={root} will not do. Complete it, or unset the variable.",
            str(error),
        ) from error
    if silent := _without_sounds(install):
        say(both(f"Aviso: faltan sonidos en {install.share_dir}: {silent}", "warning: no such sounds"))
    return install


def _host(say: Say) -> AsteriskInstall | None:
    if _host_binary() is None:
        return None
    try:
        install = locate(None)
        if silent := _without_sounds(install):
            raise failure(
                f"Faltan sonidos en {install.share_dir}: {silent}.",
                f"No such sounds in {install.share_dir}: {silent}.",
            )
        return _fit(install, say)
    except InstallError as error:
        say(both("El Asterisk de esta máquina no sirve", f"this machine's Asterisk will not do:\n{error}"))
        return None


def _without_sounds(install: AsteriskInstall) -> str:
    """The kinds of sound that are not there, for people to read; empty means all are."""
    kinds = {"sounds/es*": "es", "sounds/en*": "en", "moh/*": "moh"}
    return ", ".join(name for pattern, name in kinds.items() if not any(install.share_dir.glob(pattern)))


def _fetched(environ: Mapping[str, str], cache: Path, say: Say) -> AsteriskInstall:
    target = cache / f"asterisk-{TREE.suite}-{_digest(repr(TREE.packages))}"
    tried: list[str] = []

    def accept(tree: Path) -> None:
        tried.append(_fit(locate(tree), say).version)

    fetch(TREE, target, environ=environ, say=say, accept=accept)
    return replace(locate(target), version=tried[0]) if tried else _fit(locate(target), say)


def _fit(install: AsteriskInstall, say: Say) -> AsteriskInstall:
    say(both(f"Se prueba {install.binary}", "trying it"))
    report = probe(install, needs(configuration_dir()))
    if report.missing:
        listed = ", ".join(report.missing)
        raise failure(
            f"A {install.binary} ({report.version or '?'}) le falta: {listed}.",
            f"{install.binary} ({report.version or '?'}) lacks: {listed}.",
        )
    return replace(install, version=report.version)


def _host_binary() -> Path | None:
    return next((Path("/") / place for place in _BINARIES if (Path("/") / place).exists()), None)


def _key(environ: Mapping[str, str]) -> str:
    """What the choice hangs on: another module list, ASTERISK_ROOT or host package asks again."""
    host = _host_binary()
    parts = (
        repr(needs(configuration_dir())),
        environ.get("ASTERISK_ROOT", ""),
        _identity(host) if host is not None else "",
        repr(TREE),
    )
    return _digest("\0".join(parts))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _identity(binary: Path) -> str:
    status = binary.stat()
    return f"{binary}:{status.st_size}:{status.st_mtime_ns}"


def _remember(stamp: Path, install: AsteriskInstall) -> None:
    text = json.dumps(
        {
            "root": None if install.root is None else str(install.root),
            "binary": str(install.binary),
            "loader": install.loader,
            "modules_dir": str(install.modules_dir),
            "share_dir": str(install.share_dir),
            "version": install.version,
            "identity": _identity(install.binary),
        }
    )
    draft = stamp.with_name(f"{stamp.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(stamp)


def _recall(stamp: Path) -> AsteriskInstall | None:
    """What was chosen before, if it is still there as it was. A stamp that cannot be read counts as none."""
    try:
        kept = json.loads(stamp.read_text())
        root = None if kept["root"] is None else Path(kept["root"])
        install = AsteriskInstall(
            root,
            Path(kept["binary"]),
            tuple(kept["loader"]),
            Path(kept["modules_dir"]),
            Path(kept["share_dir"]),
            kept["version"],
        )
        same = _identity(install.binary) == kept["identity"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return install if same and install.modules_dir.is_dir() and install.share_dir.is_dir() else None
