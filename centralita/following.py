"""
What follows a contact through every transfer and requeue, so that nothing has to be asked twice.

Notes, dispositions, the way through the menus, hand-overs and attached data: in memory while the
contact is on the line, restored after a restart, in tables that can be erased for ever after.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from acd import events as ev
from acd.model import ContactId, Phase
from acd.records import Record, Segment
from acd.state import Contact, State
from centralita.attached import Attached, json_of
from centralita.attached import Ports as AttachedPorts
from centralita.dispositions import Dispositions, told
from centralita.notes import Kept as KeptNotes
from centralita.notes import Notes
from centralita.services.preferences import Ports as PreferencePorts
from centralita.services.preferences import Preferences
from centralita.services.walks import Walks
from centralita.services.walks import told as told_of_walk
from centralita.services.written import Written
from centralita.store.attached import AttachedRows, Scope, Subject
from centralita.store.parties import Parties
from centralita.store.preferences import PreferenceRows
from centralita.store.projection import Projection
from centralita.store.rows import Aside
from centralita.store.trails import TrailRows
from centralita.store.walks import WalkRows
from centralita.trails import Trails, ivr_of
from cti.desktop.known import Story
from cti.spawn import Spawn

STORED_MS = 500
"""How long somebody who has written something waits, at most, until the database has it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Where it is read back from."""

    notes: KeptNotes
    trails: TrailRows
    attached: AttachedRows
    walks: WalkRows


@dataclass(frozen=True, slots=True)
class Ports:
    projection: Projection
    history: KeptNotes
    parties: Parties
    keep: Callable[[Aside], None]
    """Takes what is written with the next journal entry."""
    ask: Callable[[ev.Event], Awaitable[object]]
    """See `Runtime.ask`."""
    state: Callable[[], State]
    now_ms: Callable[[], int]
    """Engine time."""
    wall_ms: Callable[[], int]
    spawn: Spawn


@dataclass(frozen=True, slots=True)
class Following:
    """Keeps step with the engine, and tells what is known at this moment."""

    notes: Notes
    dispositions: Dispositions
    trails: Trails
    attached: Attached
    written: Written
    walks: Walks
    preferences: Preferences
    stored: Stored

    @classmethod
    def of(cls, ports: Ports) -> Following:
        """Those of an installation."""

        async def stored(event: ev.Event) -> object:
            # Whoever is told "done" may rely on it, whatever is killed next.
            decision = await ports.ask(event)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STORED_MS / 1000):
                    await ports.projection.committed()
            return decision

        def number(contact_id: ContactId) -> str | None:
            identity = ports.parties.identity(contact_id)
            return None if identity is None else identity.number

        rows = AttachedRows(ports.projection.engine)
        attaching = AttachedPorts(
            ports.projection,
            rows,
            number,
            lambda contact_id: contact_id in ports.state().contacts,
            ports.ask,
            ports.spawn,
            ports.wall_ms,
        )
        engine = ports.projection.engine
        written = Written(ports.projection, ports.spawn)
        preferring = PreferencePorts(
            PreferenceRows(engine), written, number, ports.state, ports.spawn, ports.wall_ms
        )
        return cls(
            Notes(ports.keep, ports.now_ms, stored),
            Dispositions(ports.keep, stored, ports.now_ms),
            Trails(ports.keep, ports.now_ms),
            Attached(attaching),
            written,
            Walks(written, ports.parties, ports.wall_ms),
            Preferences(preferring),
            Stored(ports.history, TrailRows(engine), rows, WalkRows(engine)),
        )

    def follow(self, records: Sequence[Record]) -> None:
        """Of what the engine does now; whoever knows the callers' numbers has to be told before."""
        self.notes.follow(records)
        self.trails.follow(records)
        self.attached.follow(records)
        self.walks.follow(records)
        self.preferences.follow(records)

    def replay(self, records: Sequence[Record]) -> None:
        """Of what the engine did before a restart: the database may not have seen it."""
        self.trails.follow(records)

    def forget(self, contact_ids: Iterable[ContactId]) -> None:
        """Their customer is erased."""
        theirs = tuple(contact_ids)
        for book in (self.notes, self.dispositions, self.trails, self.attached, self.walks, self.preferences):
            book.forget(theirs)
        self.written.forget(theirs)

    async def restore(self, contact_ids: Sequence[ContactId]) -> None:
        """After a restart, once it is known again who the contacts on the line are."""
        await self.notes.restore(self.stored.notes, contact_ids)
        await self.dispositions.restore(self.stored.trails, contact_ids)
        await self.trails.restore(self.stored.trails, contact_ids)
        await self.attached.restore(contact_ids)
        await self.walks.restore(self.stored.walks, contact_ids)
        await self.preferences.restore(contact_ids)

    def story(self, state: State, contact_id: ContactId, now_ms: int) -> Story:
        """All of it, for the next pop; also of a contact that is over, as far as it is still here."""
        contact = state.contacts.get(contact_id)
        return Story(
            segments=() if contact is None else (*contact.segments, *_running(contact, now_ms)),
            notes=self.notes.of(contact_id),
            handed=self.trails.handed(contact_id),
            dispositions=self.dispositions.of(contact_id),
            language="" if contact is None else state.language_of(contact),
            ivr=self._ivr(contact_id),
            attached=self.attached.of(contact_id),
        )

    def live(self, contact_id: str) -> Mapping[str, object]:
        """Of a contact on the line, for the API."""
        id_ = ContactId(contact_id)
        return {
            "notes": self.notes.of(id_),
            "dispositions": self.dispositions.of(id_),
            "handed": self.trails.handed(id_),
            "ivr": self._ivr(id_),
            "attached": self.attached.of(id_),
        }

    async def finished(self, contact_id: str) -> Mapping[str, object]:
        """
        Of a contact that is over, beside its record, for the API.

        Raises:
            HistoryUnavailableError: The database does not answer.
        """
        ids = [ContactId(contact_id)]
        trails = await self.stored.trails.trails(ids)
        ivr = ivr_of(trails[0].entry, trails[0].trunk, trails[0].path) if trails else None
        walks, proofs = await self.stored.walks.walks(ids), await self.stored.walks.proofs(ids)
        proof = proofs[0] if proofs else None
        items = await self.stored.attached.of(Subject(Scope.CONTACT, contact_id), self.attached.now_ms())
        return {
            "dispositions": [told(said) for said in await self.stored.trails.dispositions(ids)],
            "ivr": None if ivr is None else {**ivr, **told_of_walk(walks[0].memory if walks else {}, proof)},
            "attached": {item.key: json_of(item, Scope.CONTACT) for item in items},
        }

    def variables(self, contact_id: ContactId) -> Mapping[str, str]:
        """See `facts.Beside`, as for the two below."""
        return self.walks.variables(contact_id)

    def verified(self, contact_id: ContactId) -> bool:
        return self.walks.verified(contact_id)

    def language(self, contact_id: ContactId) -> str:
        return self.preferences.language(contact_id)

    def _ivr(self, contact_id: ContactId) -> Mapping[str, object] | None:
        """As `cti.desktop.shapes_known.IvrData`."""
        ivr = self.trails.ivr(contact_id)
        return None if ivr is None else {**ivr, **self.walks.told(contact_id)}


def _running(contact: Contact, now_ms: int) -> Sequence[Segment]:
    """The talk that goes on, for whoever is asked in the middle of it."""
    if contact.phase is not Phase.TALKING or contact.agent_id is None:
        return ()
    queue = None if contact.rules is None else contact.rules.id
    since_ms = contact.phase_since_ms
    return (Segment("talking", since_ms, max(now_ms, since_ms), queue, contact.agent_id, contact.offer_id),)
