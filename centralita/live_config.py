"""The configuration of a running server: the live edition, those of calls in progress, and edits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acd import events as ev
from acd.model import AgentId, Phase, Routing
from acd.state import State
from asr.live_sounds import LiveSounds
from asr.sounds import SoundStore
from asr.synthesis import SynthesisError, installed_synthesisers
from centralita import telephony
from centralita.drawings import drawings
from centralita.editions import Edition, Editions, load_or_last_good, versions_of
from centralita.home import Home
from centralita.publisher import CannotPublishError, Publisher, Refusal
from centralita.publisher import Ports as PublisherPorts
from centralita.tasks import spawn
from centralita.telephony import Rewritten, Site
from config import build
from config.loader import Loaded
from cti.asterisk.files import ValueRefused
from cti.asterisk.instance import Changes


@dataclass(frozen=True, slots=True)
class Phones:
    """What the switch has to know of agents' phones."""

    of: Mapping[AgentId, str]
    fixed: frozenset[str]
    """Those at a fixed address, which do not register."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Phone -> how the switch makes it pick up, for those that it can."""


@dataclass(frozen=True, slots=True)
class Ports:
    reload: Callable[[Changes, Phones], Awaitable[None]]
    """Have the switch read its files anew."""
    ask: Callable[[ev.Event], Awaitable[object]]
    state: Callable[[], State]
    now_ms: Callable[[], int]
    published: Callable[[], Awaitable[None]]
    """Who else works by the configuration takes it up."""


class LiveConfig:
    """
    Args:
        home: The installation.
        facts: `centre.json`.
        ports: Who carries an edit out.

    Raises:
        ConfigError: The file is broken and there has never been a good one.
    """

    def __init__(self, home: Home, facts: Mapping[str, Any], ports: Ports) -> None:
        self._home, self._facts, self._ports = home, facts, ports
        file = Path(facts["config"])
        self._versions = versions_of(home, file)
        loaded, problems = load_or_last_good(file, self._versions)
        now = LiveSounds(home.sounds / "live", installed_synthesisers(1, hurried=True)[0])
        self._sounds = SoundStore(home.sounds, installed_synthesisers(1), now)
        self._editions = Editions(self._versions, file.parent, self._sounds, loaded)
        refusal = Refusal(ports.now_ms(), problems) if problems else None
        self._publisher = Publisher(
            file, loaded, PublisherPorts(self._apply, ports.now_ms, lambda: bool(self._troubles)), refusal
        )
        self._troubles: Mapping[str, str] = {}

    @property
    def live(self) -> Edition:
        return self._editions.live

    def of(self, version: str) -> Edition:
        """What a contact came by; the live one for ""."""
        return self._editions.of(version)

    def phones(self) -> Phones:
        return _phones(self.live.loaded)

    def routing(self) -> Routing:
        return build.routing(self.live.config, self.live.version)

    def zones(self) -> list[str]:
        """Time zones of the live opening hours, one each."""
        return [hours.zone for hours in self.live.config.hours.values()]

    def restore(self) -> None:
        """Read back what the callers on the line came by; the engine has been recovered."""
        self._editions.restore(self._pinned())

    def start(self) -> None:
        """Keep the version of the start, as calls will be pinned to it, and watch the file."""
        spawn(self._keep(), name="versions")
        spawn(self._in_line(), name="switch files")
        spawn(self._publisher.watch(), name="publisher")

    def alarms(self) -> list[str]:
        return [self._publisher.alarm(), *self._troubles.values()]

    def status(self) -> Mapping[str, object]:
        """For the API: version, file, since when, warnings, why an edit was refused."""
        return self._publisher.status()

    def flows(self) -> Mapping[str, object]:
        """For the API: the live flows as drawings."""
        return drawings(self.live.loaded)

    async def look(self) -> Refusal | None:
        """Read the file now instead of when it is noticed; why it was not taken up, if it was not."""
        await self._publisher.look()
        return self._publisher.refusal

    async def move_waiting(self) -> int:
        """Those who wait take the live rules, place and clock kept. How many took others than they had."""
        contacts = self._ports.state().contacts.values()
        waiting = [contact for contact in contacts if contact.phase in (Phase.WAITING, Phase.OFFERED)]
        moved = sum(contact.config_version != self.live.version for contact in waiting)
        await self._ports.ask(ev.ConfigPublished(self.routing(), move_waiting=True))
        return moved

    async def _keep(self) -> None:
        with contextlib.suppress(OSError):  # a full disk keeps no server from starting
            await asyncio.to_thread(self._versions.keep, self.live.loaded)

    async def _in_line(self) -> None:
        """The switch may have been started with an older edition than we; and its troubles are to be told."""
        try:
            rewritten = self._rewrite(self.live)
        except (OSError, ValueRefused) as error:
            self._troubles = {"files": str(error)}
            return
        self._troubles = rewritten.troubles
        await self._ports.reload(rewritten.changes, self.phones())

    def _rewrite(self, edition: Edition) -> Rewritten:
        site, folder = Site.of_facts(self._home, self._facts), Path(self._facts["config"]).parent
        return telephony.publish(site, edition.config, folder, edition.published.catalogue)

    def _pinned(self) -> set[str]:
        """Versions that somebody on the line came by."""
        return {contact.config_version for contact in self._ports.state().contacts.values()}

    async def _apply(self, loaded: Loaded) -> None:
        """Make an edit live: everything that it needs first, the engine last."""
        edition = self._editions.make(loaded)
        catalogue = edition.published.catalogue
        try:
            ensured = await self._sounds.ensure(catalogue.to_render())
            await asyncio.to_thread(self._versions.keep, loaded)
            rewritten = self._rewrite(edition)
        except (OSError, SynthesisError, ValueRefused) as error:
            raise CannotPublishError(str(error)) from error
        unspoken = {"prompts": ensured.failed[0]} if ensured.failed else {}
        self._troubles = {**rewritten.troubles, **unspoken}
        self._editions.publish(edition)
        # First the engine: how a phone stands can be told only of agents that it knows.
        await self._ports.ask(ev.ConfigPublished(self.routing()))
        await self._ports.reload(rewritten.changes, _phones(loaded))
        self._editions.prune(self._pinned())
        await self._ports.published()


def _phones(loaded: Loaded) -> Phones:
    phones = build.phones(loaded.config)
    return Phones(
        {AgentId(phone.agent): phone.name for phone in phones if phone.agent is not None},
        frozenset(phone.name for phone in phones if phone.address is not None),
        {phone.name: phone.answer for phone in phones if phone.answer is not None},
    )
