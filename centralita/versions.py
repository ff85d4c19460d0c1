"""
Configurations as they were written, by version: calls in progress keep theirs, over restarts too.

One folder a version, with the files as they lay beside each other. The link
`live` names the last one that took effect: the one to go on with when the file
is broken.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from centralita.home import write_private
from config.loader import Loaded, load

KEPT = 30
"""Versions that stay although no call needs them, newest first."""
_MAIN = ".main"


@dataclass(frozen=True, slots=True)
class Versions:
    """
    Args:
        folder: Where they are kept.
        beside: The folder of the configuration: scripts and recordings are looked for there.
    """

    folder: Path
    beside: Path

    def keep(self, loaded: Loaded) -> None:
        """
        Write a version down and make it the live one.

        Raises:
            OSError: It cannot be written; nothing has changed.
        """
        place = self.folder / loaded.version
        if not (place / _MAIN).exists():
            fresh = self.folder / f".{loaded.version}.{os.getpid()}"
            shutil.rmtree(fresh, ignore_errors=True)
            main = loaded.files[0]
            for file, text in loaded.texts.items():
                write_private(fresh / file.relative_to(main.parent), text)
            write_private(fresh / _MAIN, main.name)
            shutil.rmtree(place, ignore_errors=True)
            fresh.rename(place)
        write_private(self.folder / "live", loaded.version)

    def load(self, version: str) -> Loaded:
        """
        A version as it was.

        Raises:
            OSError: It is not kept any more.
            ConfigError: This server cannot read it (a file that it names has gone, say).
        """
        place = self.folder / version
        main = (place / _MAIN).read_text(encoding="utf-8")
        return load(place / main, beside=self.beside)

    def live(self) -> str | None:
        """The version that took effect last; None if there has never been one."""
        try:
            return (self.folder / "live").read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None

    def prune(self, needed: Collection[str]) -> None:
        """Forget the oldest beyond `KEPT`, except those that calls are pinned to."""
        places = [p for p in self.folder.glob("[0-9a-f]*") if p.is_dir()]
        places.sort(key=lambda place: place.stat().st_mtime, reverse=True)
        for place in places[KEPT:]:
            if place.name not in needed:
                shutil.rmtree(place, ignore_errors=True)
