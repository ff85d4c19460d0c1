"""
Debian packages unpacked into a folder of ours, with the machine's own apt and no right of root.

apt is given a state, a cache and an empty list of installed packages of its own: it downloads and checks
signatures, `dpkg-deb` unpacks, and the packages of the host are neither read nor changed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from centralita.install.cache import Say, locked
from centralita.install.errors import InstallError, both, failure
from centralita.install.mirror import debian_archive, route_settings
from centralita.install.progress import Meter

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MANIFEST = "centralita-tree.json"
_MERGED = ("bin", "sbin", "lib", "lib64")
_UNSIGNED = ("NO_PUBKEY", "EXPKEYSIG", "REVKEYSIG", "BADSIG", "is not signed", "no longer signed")
_OFFLINE = ("Could not resolve", "Temporary failure", "Could not connect", "Connection failed", "timed out",
            "Unable to connect", "Network is unreachable", "Cannot initiate the connection")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tree:
    """
    What to unpack.

    suite: Debian suite, such as `forky`.
    packages: Wanted ones; their dependencies come along.
    keyring: Keys that must have signed the archive.
    archive: Where from; None asks the host's apt.
    room_mb: Free room it takes while being made, millions of bytes.
    """

    suite: str
    packages: tuple[str, ...]
    keyring: Path = KEYRING
    archive: str | None = None
    room_mb: int = 900


def fetch(
    tree: Tree,
    target: Path,
    *,
    environ: Mapping[str, str],
    say: Say,
    accept: Callable[[Path], None] = lambda _: None,
) -> Path:
    """
    Have the tree at `target`, whole or not at all.

    Built beside it and moved into place when complete, under a lock, so that neither an interruption nor
    a second start at the same time leaves half a tree. What was already downloaded is not downloaded again.

    Args:
        tree: What to unpack.
        target: Where. Present means complete: it is returned as it is.
        environ: Environment for apt.
        say: Where progress goes.
        accept: Tries the unpacked tree; raises InstallError to refuse it.

    Raises:
        InstallError: No network, a bad signature, no room, or the tree was refused.
    """
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    work = target.with_name(f"{target.name}.work")
    with locked(target.with_name(f"{target.name}.lock"), say):
        if not target.exists():
            _check_room(target.parent, tree.room_mb)
            apt = _PrivateApt.prepare(tree, work, environ)
            apt.update(say)
            apt.download(tree.packages, say)
            ready = _unpacked(apt.archives, work / "tree", say)
            accept(ready)
            _seal(ready, tree, apt.archives)
            ready.rename(target)
            shutil.rmtree(work)
    return target


def _check_room(folder: Path, room_mb: int) -> None:
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < room_mb:
        raise failure(
            f"Quedan {free_mb} MB en {folder} y hacen falta {room_mb}: libere espacio o indique otra "
            "carpeta con XDG_CACHE_HOME.",
            f"{free_mb} MB are left in {folder} and {room_mb} are needed: free some room or name another "
            "folder with XDG_CACHE_HOME.",
        )


@dataclass(frozen=True, slots=True)
class _PrivateApt:
    work: Path
    environ: Mapping[str, str]

    @classmethod
    def prepare(cls, tree: Tree, work: Path, environ: Mapping[str, str]) -> _PrivateApt:
        if not tree.keyring.is_file():
            raise failure(
                f"Falta {tree.keyring}, con las claves de Debian: instale el paquete debian-archive-keyring.",
                f"{tree.keyring}, which holds Debian's keys, is missing: install debian-archive-keyring.",
            )
        # apt uses packages of a `file:` archive where they lie, and leaves us nothing to unpack.
        archive = re.sub("^file:", "copy:", tree.archive or debian_archive(environ).uri)
        for folder in ("lists/partial", "archives/partial"):
            (work / folder).mkdir(parents=True, exist_ok=True)
        (work / "status").touch()
        (work / "sources.list").write_text(
            f"deb [signed-by={tree.keyring} arch={_architecture(environ)}] {archive} {tree.suite} main\n"
        )
        (work / "apt.conf").write_text(_settings(work) + route_settings(environ))
        return cls(work, {**environ, "APT_CONFIG": str(work / "apt.conf"), "LC_ALL": "C"})

    @property
    def archives(self) -> Path:
        return self.work / "archives"

    def update(self, say: Say) -> None:
        with Meter(say, both("Leyendo el índice de Debian", "reading Debian's index"), 100) as meter:
            self._run(meter, "update", "--error-on=any")

    def download(self, packages: tuple[str, ...], say: Say) -> None:
        total_mb = self._missing_mb(packages)
        label = both(f"Descargando {total_mb} MB", f"downloading {total_mb} MB")
        with Meter(say, label, 100) as meter:
            self._run(meter, "install", "--yes", "--download-only", *packages)
        # An interrupted run of long ago may have left versions that the archive has replaced since.
        self._run(None, "autoclean")

    def _missing_mb(self, packages: tuple[str, ...]) -> int:
        listed = subprocess.run(
            ["apt-get", "install", "--yes", "--print-uris", *packages],
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        rows = [line.split() for line in listed.stdout.splitlines() if line.startswith("'")]
        return round(sum(int(row[2]) for row in rows) / 1_000_000)

    def _run(self, meter: Meter | None, *arguments: str) -> None:
        reading, writing = os.pipe()
        with (self.work / "apt.log").open("w+b") as log:
            process = subprocess.Popen(
                ["apt-get", "-o", f"APT::Status-Fd={writing}", *arguments],
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(writing,),
            )
            os.close(writing)
            with ending_with_us(process), os.fdopen(reading, errors="replace") as status:
                for line in status:
                    _show(line, meter)
                code = process.wait()
            log.seek(0)
            said = log.read().decode(errors="replace")
        if code != 0:
            raise _apt_failure(arguments[0], said)


@contextlib.contextmanager
def ending_with_us(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """See to it that a child is gone after the block, whatever happens in it (Ctrl-C included)."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _show(line: str, meter: Meter | None) -> None:
    # apt's README.progress-reporting: `dlstatus:<item>:<percent>:<text>`
    fields = line.rstrip("\n").split(":", 3)
    if meter is not None and len(fields) == 4 and fields[0] == "dlstatus":
        with contextlib.suppress(ValueError):
            meter.at(float(fields[2]), fields[3].removeprefix("Retrieving "))


def _architecture(environ: Mapping[str, str]) -> str:
    done = subprocess.run(
        ["dpkg", "--print-architecture"], env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _settings(work: Path) -> str:
    """Apt's settings; the host's files are not read, so none of their hooks runs and no rule weakens us."""
    return "".join(
        f'{name} "{value}";\n'
        for name, value in {
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::parts": "/dev/null",
            "Dir::Etc::sourcelist": work / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::State": work,
            "Dir::State::lists": work / "lists",
            "Dir::State::status": work / "status",
            "Dir::State::extended_states": work / "extended_states",
            "Dir::Cache": work,
            "Dir::Cache::archives": work / "archives",
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            # apt as root would download as user _apt, who may not enter a home's cache
            "APT::Sandbox::User": "root",
            "APT::Install-Recommends": "false",
            "APT::Install-Suggests": "false",
            "APT::Get::AllowUnauthenticated": "false",
            "Acquire::AllowInsecureRepositories": "false",
            "Acquire::AllowWeakRepositories": "false",
            "Acquire::AllowDowngradeToInsecureRepositories": "false",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }.items()
    )


def _apt_failure(step: str, said: str) -> InstallError:
    detail = "\n".join(line for line in said.splitlines() if line[:2] in {"E:", "W:"})[-1500:] or said[-600:]
    if any(sign in said for sign in _UNSIGNED):
        return failure(
            "La firma del archivo de Debian no es válida: no se ha instalado nada. Actualice el paquete "
            "debian-archive-keyring y compruebe la réplica que usa apt.",
            "The signature of Debian's archive is not valid: nothing was installed. Update the package "
            "debian-archive-keyring and check the mirror that apt uses.",
            detail,
        )
    if any(sign in said for sign in _OFFLINE):
        return failure(
            "No se llega al archivo de Debian. Compruebe la red o el proxy de apt y repita: lo ya descargado "
            "no se pierde. Sin red, indique su propio Asterisk con ASTERISK_ROOT.",
            "Debian's archive cannot be reached. Check the network or apt's proxy and try again: what was "
            "downloaded is kept. Without a network, name your own Asterisk with ASTERISK_ROOT.",
            detail,
        )
    return failure(
        f"«apt-get {step}» no ha terminado bien. Repita; si sigue igual, «make clean» empieza de cero.",
        f"`apt-get {step}` did not end well. Try again; if it stays so, `make clean` starts afresh.",
        detail,
    )


def _unpacked(archives: Path, root: Path, say: Say) -> Path:
    """Unpack every package below `root`, from nothing: an interrupted try is thrown away."""
    if root.exists():
        shutil.rmtree(root)
    for name in _MERGED:
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    packages = sorted(archives.glob("*.deb"))
    with Meter(say, both("Desempaquetando", "unpacking"), len(packages)) as meter:
        for number, package in enumerate(packages):
            meter.at(number, package.name.split("_")[0])
            _unpack(package, root)
        meter.at(len(packages))
    return root


def _unpack(package: Path, root: Path) -> None:
    done = subprocess.run(
        ["dpkg-deb", "--extract", str(package), str(root)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        # apt trusts a file of the right size: it must not find this one again.
        package.unlink(missing_ok=True)
        raise failure(
            f"{package.name} está dañado y se ha borrado: repita para descargarlo otra vez.",
            f"{package.name} is damaged and was removed: try again to download it once more.",
            done.stderr,
        )


def _seal(root: Path, tree: Tree, archives: Path) -> None:
    """Leave the list of what is inside, and have it all on disk before the name says that it is complete."""
    inside = sorted(package.name for package in archives.glob("*.deb"))
    (root / MANIFEST).write_text(json.dumps({"suite": tree.suite, "packages": inside}, indent=1) + "\n")
    os.sync()
