"""The folder outside the tree where fetched things are kept, and who may write to it."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

from centralita.install.errors import both, failure

Say = Callable[[str], None]


def cache_dir(environ: Mapping[str, str]) -> Path:
    """
    Our own cache folder, made if absent.

    Raises:
        InstallError: It cannot be made or written.

    Source: XDG Base Directory Specification: a relative XDG_CACHE_HOME is to be ignored.
    """
    base = Path(environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():
        base = (Path(environ["HOME"]) if environ.get("HOME") else Path.home()) / ".cache"
    folder = base / "centralita"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise failure(
            f"No se puede crear la carpeta {folder}: {error.strerror}. Indique otra con XDG_CACHE_HOME.",
            f"The folder {folder} cannot be made: {error.strerror}. Name another one with XDG_CACHE_HOME.",
        ) from error
    return folder


@contextlib.contextmanager
def locked(path: Path, say: Say) -> Iterator[None]:
    """Hold the lock file for the block. Its holder's death frees it, so nothing is ever left locked."""
    with path.open("a") as handle:
        _take(handle, path, say)
        yield


def _take(handle: IO[str], path: Path, say: Say) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(
            both(
                f"Otro proceso ya está preparando lo mismo: se espera a que acabe ({path})",
                "another process is preparing the same: waiting for it",
            )
        )
        fcntl.flock(handle, fcntl.LOCK_EX)
