"""Everything that flows can ask for, of one installation: bound to one contact at each visit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from acd import events as ev
from acd.model import ContactId
from acd.state import State
from centralita.callers import Visit
from centralita.facts import Facts
from centralita.home import Home
from centralita.people.hashing import Hasher
from centralita.services.admin import Pins, PreferencesAdmin, SurveysAdmin
from centralita.services.identify import Identification, tell
from centralita.services.identify import Ports as IdentifyPorts
from centralita.services.judging import Judging
from centralita.services.lookups.client import Client, secrets_of
from centralita.services.mailbox import Mailbox
from centralita.services.preferences import Preferences
from centralita.services.records import SOURCE, fetched
from centralita.services.settings import Settings
from centralita.services.surveys import Surveys
from centralita.services.voicemail import Ports as VoicemailPorts
from centralita.services.voicemail import Voicemail
from centralita.services.walks import Walks
from centralita.services.written import Writer, Written
from centralita.store.parties import Parties
from centralita.store.pins import PinRows
from centralita.store.preferences import PreferenceRows
from centralita.store.surveys import AnswerRows
from centralita.store.voicemail import Message, MessageRows
from centralita.store.walks import sweep_walks
from centralita.web.services_ports import ServicesPorts
from cti.spawn import Spawn
from ivr.actions import Failed, Found, Mode, NotFound, NotProven, Promised, Proven, Refused
from ivr.flow import VarName
from ivr.ports import Understood, Utterance

VOICEMAIL = "voicemail"
"""Folder of the messages, in the installation's."""
TIDY_EVERY_S = 600.0
RESUME_MS = 10_000
"""How long who comes back after a restart hears music, at most, until it is read what they had said."""
WALKS_KEPT_MS = 30 * 86_400_000
"""How long variables of flows are kept after the call, for who asks what a customer had keyed."""
_log = structlog.get_logger("services")


class Callbacks(Protocol):
    """Who promises calls and hands callers over."""

    async def promise(self, contact_id: ContactId, queue: str, number: str) -> Promised | Refused: ...

    async def ring(self, contact_id: ContactId, agent: str, number: str, ring_ms: int) -> Failed | None: ...

    def not_reached(self, contact_id: ContactId) -> bool: ...


class Understanding(Protocol):
    """Who knows what free words mean."""

    async def understand(self, text: str, language: str, config_version: str) -> Understood: ...

    def said(self, contact_id: ContactId, utterance: Utterance) -> None: ...


@dataclass(frozen=True, slots=True)
class Ports:
    home: Home
    state: Callable[[], State]
    """The engine's, for reading."""
    ask: Callable[[ev.Event], Awaitable[object]]
    """See `Runtime.ask`."""
    parties: Parties
    facts: Facts
    walks: Walks
    preferences: Preferences
    written: Written
    writer: Writer
    engine: AsyncEngine
    """The projection's, for reading."""
    settings: Callable[[str], Settings]
    """By version of the configuration; "" is the newest."""
    callbacks: Callbacks
    understanding: Understanding
    intent: Callable[[ContactId], str]
    """Why a contact calls, by what was chosen in menus; empty: not known."""
    restored: asyncio.Event
    """Set once it is known again who was on the line before a restart."""
    now_ms: Callable[[], int]
    """UTC."""
    spawn: Spawn


class ServicesOf:
    """
    `ServicesOf(ports)(contact_id, visit)` is what a visit's flow can ask for: `ivr.ports.Services`.

    Args:
        ports: What it stands on.
        hasher: Compares PINs, beside the loop; closed with this.
    """

    def __init__(self, ports: Ports, hasher: Hasher | None = None) -> None:
        self.ports = ports
        self.hasher = hasher or Hasher()
        self.lookups = Client(lambda: secrets_of(ports.home))
        self.judging = Judging(ports.facts, ports.state)
        self.identification = Identification(
            IdentifyPorts(
                PinRows(ports.engine),
                ports.parties,
                ports.walks,
                ports.written,
                self.hasher,
                ports.ask,
                ports.now_ms,
            )
        )
        self.surveys = Surveys(ports.written, ports.walks, ports.state, ports.intent, ports.now_ms)
        self.voicemail = Voicemail(
            ports.home.path / VOICEMAIL,
            VoicemailPorts(
                MessageRows(ports.engine),
                ports.writer,
                ports.now_ms,
                self._message,
                lambda: ports.settings("").keep_messages_days,
            ),
        )

    def __call__(self, contact_id: ContactId, visit: Visit) -> OneContact:
        """For one visit; see `ready`."""
        return OneContact(self, contact_id, visit)

    async def ready(self, contact_id: ContactId, within_ms: int) -> None:
        """
        Wait, at most this long, until it is known what a caller prefers.

        Who was in a flow before a restart waits longer, until it is known again what they said there.
        """
        contact = self.ports.state().contacts.get(contact_id)
        resumes = contact is not None and bool(contact.node)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout((RESUME_MS if resumes else within_ms) / 1000):
                await self.ports.restored.wait()
                await self.ports.preferences.known(contact_id, within_ms)

    def start(self) -> None:
        """Once the database is open."""
        self.ports.spawn(self.identification.restore(), name="identify restore")
        self.ports.spawn(self.voicemail.keep_tidy(), name="voicemail tidy")
        self.ports.spawn(self._keep_tidy(), name="services tidy")

    async def close(self) -> None:
        await self.lookups.close()
        self.hasher.close()

    def web(self) -> ServicesPorts:
        """For the API."""
        ports = self.ports
        preferences = PreferencesAdmin(
            ports.writer, PreferenceRows(ports.engine), ports.preferences, ports.now_ms
        )
        return ServicesPorts(
            pins=Pins(ports.writer, self.hasher, self.identification.attempts, ports.now_ms),
            preferences=preferences,
            surveys=SurveysAdmin(AnswerRows(ports.engine), lambda: ports.settings("")),
            voicemail=Mailbox(MessageRows(ports.engine), ports.writer, self.voicemail, ports.now_ms),
            lookups=self.lookups,
        )

    def alarms(self) -> list[str]:
        """What is wrong and a person should mend."""
        return [*self.lookups.alarms(), *self.identification.alarms()]

    def settings_of(self, contact_id: ContactId) -> Settings:
        """Of the configuration that the caller came to."""
        return self.ports.settings(self.version_of(contact_id))

    def version_of(self, contact_id: ContactId) -> str:
        """Of the configuration that the caller came to; "" is the newest."""
        contact = self.ports.state().contacts.get(contact_id)
        return "" if contact is None else contact.config_version

    async def _message(self, message: Message) -> None:
        if message.contact_id in self.ports.state().contacts:
            await self.ports.ask(ev.MessageLeft(message.contact_id))
            await tell(self.ports.ask, message.contact_id)

    async def _keep_tidy(self) -> None:
        while True:
            await asyncio.sleep(TIDY_EVERY_S)
            self.identification.tidy()
            before_ms = self.ports.now_ms() - WALKS_KEPT_MS
            self.ports.written.later("", partial(sweep_walks, before_ms=before_ms))


class OneContact:
    """
    See `ivr.ports.Services`.

    Args:
        house: Whose services.
        contact_id: On the line.
        visit: What the switch tells of the caller.
    """

    def __init__(self, house: ServicesOf, contact_id: ContactId, visit: Visit) -> None:
        self._house, self._contact_id, self._visit = house, contact_id, visit

    async def fetch(self, source: str, arguments: Mapping[str, str]) -> Found | NotFound | Failed:
        house, contact_id = self._house, self._contact_id
        if source == SOURCE:
            lookup = house.ports.parties.known(contact_id)
            record = None if lookup is None else lookup.customer
            return fetched(record, proven=house.ports.walks.verified(contact_id))
        known = house.settings_of(contact_id).lookups.get(source)
        if known is None:
            return Failed("no such look-up")
        return await house.lookups.ask(known, arguments)

    async def prove(self, by: str, value: str) -> Proven | NotProven | Failed:
        return await self._house.identification.prove(self._contact_id, by, value)

    def unverified(self) -> None:
        ports = self._house.ports
        ports.walks.unverified(self._contact_id)
        ports.spawn(tell(ports.ask, self._contact_id), name=f"unverified {self._contact_id}")

    async def judge(self, flow: str, node: str, values: Mapping[VarName, str]) -> int | None:
        house = self._house
        branching = house.settings_of(self._contact_id).branching
        told = {str(name): value for name, value in values.items()}
        return await house.judging.judge(self._contact_id, self._visit, branching, (flow, node), told)

    async def promise(self, queue: str, number: str) -> Promised | Refused:
        return await self._house.ports.callbacks.promise(self._contact_id, queue, number)

    async def ring(self, agent: str, number: str, ring_ms: int) -> Failed | None:
        return await self._house.ports.callbacks.ring(self._contact_id, agent, number, ring_ms)

    def not_reached(self) -> bool:
        return self._house.ports.callbacks.not_reached(self._contact_id)

    async def keep_answer(self, survey: str, question: str, value: int) -> None:
        self._house.surveys.keep(self._contact_id, survey, question, value)

    def wants_survey(self, queue: str) -> bool:
        survey = self._house.settings_of(self._contact_id).surveys.get(queue)
        return self._house.surveys.wants(self._contact_id, survey)

    async def understand(self, text: str, language: str) -> Understood:
        version = self._house.version_of(self._contact_id)
        return await self._house.ports.understanding.understand(text, language, version)

    def mode(self) -> Mode:
        preferred = self._house.ports.preferences.mode(self._contact_id)
        return preferred or self._house.settings_of(self._contact_id).first

    def learn(self, mode: Mode) -> None:
        self._house.ports.preferences.learn(self._contact_id, mode)

    def said(self, utterance: Utterance) -> None:
        self._house.ports.understanding.said(self._contact_id, utterance)

    def remembered(self) -> Mapping[str, object] | None:
        return self._house.ports.walks.remembered(self._contact_id)

    def keep(self, memory: Mapping[str, object]) -> None:
        self._house.ports.walks.keep(self._contact_id, memory)
