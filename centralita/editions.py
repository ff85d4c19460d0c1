"""
What each version of the configuration means for callers: calls in progress keep theirs.

An edition is everything that a visit of a caller needs. The live one is for
those who come now; the others stay as long as somebody on the line came by them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog

from asr.sounds import SoundStore
from centralita.callers import Published
from centralita.classify import Rules
from centralita.clock import wall_clock_ms
from centralita.home import Home
from centralita.opening import Openings
from centralita.tasks import spawn
from centralita.versions import Versions
from config import build
from config.calendars import Calendars
from config.loader import Loaded, load
from config.problems import ConfigError, Problem
from config.schema import Centre
from ivr.prompts import Catalogue

_log = structlog.get_logger("editions")


@dataclass(frozen=True, slots=True)
class Edition:
    """One version, ready for use."""

    loaded: Loaded
    published: Published
    rules: Rules
    openings: Openings

    @property
    def config(self) -> Centre:
        return self.loaded.config

    @property
    def version(self) -> str:
        return self.loaded.version


class Editions:
    """
    Args:
        versions: Where former ones are read back from.
        folder: Of the configuration, for scripts and recordings.
        sounds: What callers hear.
        live: Of now.
    """

    def __init__(self, versions: Versions, folder: Path, sounds: SoundStore, live: Loaded) -> None:
        self._versions, self._folder, self._sounds = versions, folder, sounds
        self._known: dict[str, Edition] = {}
        self.live = self.make(live)
        self._known[live.version] = self.live

    def make(self, loaded: Loaded) -> Edition:
        """Build what callers need; nobody gets it before `publish`."""
        config = loaded.config
        hours = Calendars(config, wall_clock_ms)
        openings = Openings(config, hours)

        def warm() -> None:
            hours.warm()
            openings.warm(wall_clock_ms())

        spawn(asyncio.to_thread(warm), name="opening hours")
        published = Published(
            plan=build.plan(config),
            catalogue=Catalogue(build.prompts(config, self._folder), config.languages, self._sounds),
            scripts=build.scripts(config, self._folder),
            is_open=hours.is_open,
        )
        return Edition(loaded, published, Rules.of(config), openings)

    def publish(self, edition: Edition) -> None:
        """From now on new callers get this one."""
        self._known[edition.version] = self.live = edition

    def of(self, version: str) -> Edition:
        """What a contact came by; the live one for a new contact, or if that version cannot be had."""
        return self._known.get(version, self.live)

    def restore(self, needed: Iterable[str]) -> None:
        """After a restart: read back what the callers on the line came by."""
        for version in set(needed) - set(self._known) - {""}:
            try:
                self._known[version] = self.make(self._versions.load(version))
            except (OSError, ConfigError) as error:
                _log.error(
                    "edition.lost", version=version, why=str(error), effect="its callers get the live one"
                )

    def prune(self, needed: Collection[str]) -> None:
        """Forget what nobody on the line came by."""
        for version in set(self._known) - {*needed, self.live.version}:
            del self._known[version]
        self._versions.prune(needed)


def versions_of(home: Home, config: Path) -> Versions:
    return Versions(home.versions, config.parent)


def load_or_last_good(config: Path, versions: Versions) -> tuple[Loaded, tuple[Problem, ...]]:
    """
    The configuration, and what is wrong with the file if it is not the one in it.

    Raises:
        ConfigError: The file is broken and there has never been a good one.
    """
    try:
        return load(config), ()
    except ConfigError as error:
        former = versions.live()
        if former is None:
            raise
        try:
            return versions.load(former), error.problems
        except (OSError, ConfigError):
            raise error from None
