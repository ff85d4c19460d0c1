"""What conversations with callers stand on: ears, understanding, and the services that flows ask for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from acd.model import ContactId
from asr.models import FOLDER
from centralita.callers import Line, Visit
from centralita.clock import wall_clock_ms
from centralita.core import Core
from centralita.editions import Edition
from centralita.example_data import SCHEME, ExampleData
from centralita.hearing.ears import LiveEars
from centralita.hearing.line import SpeakingLine
from centralita.hearing.room import Manner, Room
from centralita.services.house import Ports as HousePorts
from centralita.services.house import ServicesOf
from centralita.services.settings import Settings
from centralita.services.voicemail import Taking
from centralita.tasks import spawn
from centralita.trails import Trails
from centralita.understanding.masking import masked
from centralita.understanding.spoken import Ports as SpokenPorts
from centralita.understanding.spoken import Spoken
from centralita.web.live_shape import LiveSpeech
from config.build_services import Lookup, speech
from cti.asterisk.agi.verbs import AgiCall
from cti.asterisk.caller import AgiLine, RunScript
from ivr.ports import Understood, Utterance

VERSIONS_MAX = 40
"""Of the configuration, whose settings are in memory."""
_TAKEN = ("taken", "confirmed")
"""Outcomes of what was said that led somewhere."""
KNOWN_MS = 300
"""How long a caller waits, at most, until it is known what they prefer."""


class _Words:
    """What callers say: understood and kept by one, told to whoever serves them by the other."""

    def __init__(self, spoken: Spoken, trails: Trails) -> None:
        self._spoken, self._trails = spoken, trails

    async def understand(self, text: str, language: str, config_version: str) -> Understood:
        return await self._spoken.understand(text, language, config_version)

    def said(self, contact_id: ContactId, utterance: Utterance) -> None:
        self._spoken.said(contact_id, utterance)
        if utterance.outcome in _TAKEN:
            text = masked(utterance.text, utterance.language)
            self._trails.said(contact_id, utterance.node, text, utterance.sure or utterance.confidence)


class Conversing:
    """
    Args:
        core: On which all of it stands.
        contact_of: Channel's uniqueid -> whose it is, once that is known.
    """

    def __init__(self, core: Core, contact_of: Callable[[str], ContactId | None]) -> None:
        self._core, self._contact_of = core, contact_of
        self.ears = LiveEars(core.home.path / FOLDER, spawn)
        self.room = Room(self.ears)
        self.spoken = Spoken(
            SpokenPorts(
                core.home,
                Path(core.facts["config"]),
                core.config.of,
                core.config.look,
                core.projection,
                core.projection.engine,
                wall_clock_ms,
            )
        )
        self._example = ExampleData(Path(core.facts["config"]).parent)
        self._example_at = ""
        self._settings: OrderedDict[str, Settings] = OrderedDict()
        self.services = ServicesOf(
            HousePorts(
                core.home,
                core.state,
                core.runtime.ask,
                core.parties,
                core.asked,
                core.following.walks,
                core.following.preferences,
                core.following.written,
                core.projection,
                core.projection.engine,
                self.settings,
                core.callbacks,
                _Words(self.spoken, core.following.trails),
                core.following.trails.intent,
                core.restored,
                wall_clock_ms,
                spawn,
            )
        )

    async def start(self) -> None:
        """Before the first caller is served."""
        await self.room.start()
        await self.published()
        self.spoken.start(spawn)
        self.services.start()

    async def published(self) -> None:
        """There is another live configuration, or the first."""
        config = self._core.config.live.config
        said = speech(config)
        self.room.manner = Manner(said.longest_ms)
        self.ears.use(said)
        self.spoken.published()
        if not self._example_at and any(one.url.startswith(SCHEME) for one in config.lookups.values()):
            self._example_at = await self._example.start()
            self._settings.clear()

    async def close(self) -> None:
        """Conversations end, calls stay; what was said is written."""
        await self.room.close()
        await self.ears.close()
        await self.spoken.close()
        await self.services.close()
        await self._example.close()

    async def ready(self, contact_id: ContactId) -> None:
        """
        Wait until it is known what a caller prefers, and what they had said before a restart.

        Time limits do not add up: who has waited for the rules has waited for this as well.
        """
        contact = self._core.state().contacts.get(contact_id)
        since_ms = 0 if contact is None else self._core.clock.now_ms() - contact.started_ms
        await self.services.ready(contact_id, max(0, KNOWN_MS - since_ms))

    def line(self, call: AgiCall, visit: Visit, run_script: RunScript) -> tuple[Line, Taking]:
        """The caller's leg of one visit, and the messages that are left in it, to be stored at its end."""
        taking = self.services.voicemail.taking(
            partial(self._contact_of, visit.uniqueid), lambda: self._language(visit)
        )
        return SpeakingLine(AgiLine(call, run_script, taking.where), self.room), taking

    def settings(self, version: str) -> Settings:
        """What flows of one version of the configuration ask of services; "" is the newest."""
        edition = self._core.config.of(version)
        known = self._settings.get(edition.version)
        if known is None:
            known = self._settings[edition.version] = self._settings_of(edition)
            if len(self._settings) > VERSIONS_MAX:
                self._settings.popitem(last=False)
        return known

    def forget(self, contact_ids: Iterable[ContactId]) -> None:
        """Their customer is erased."""
        self.spoken.forget(contact_ids)

    def figures(self) -> LiveSpeech:
        """For the live page: what the ears and the line have done since the start."""
        return {"recognition": dict(self.ears.figures()), "line": dict(self.room.figures())}

    def alarms(self) -> list[str]:
        """What is wrong and a person should mend."""
        return [*self.ears.alarms(), *self.spoken.alarms(), *self.services.alarms()]

    def _settings_of(self, edition: Edition) -> Settings:
        made = Settings.of(edition.config)
        return replace(made, lookups={name: self._reachable(one) for name, one in made.lookups.items()})

    def _reachable(self, lookup: Lookup) -> Lookup:
        if not lookup.url.startswith(SCHEME):
            return lookup
        return replace(lookup, url=self._example_at + lookup.url.removeprefix(SCHEME))

    def _language(self, visit: Visit) -> str:
        contact_id = self._contact_of(visit.uniqueid)
        contact = None if contact_id is None else self._core.state().contacts.get(contact_id)
        return "" if contact is None else self._core.state().language_of(contact)
