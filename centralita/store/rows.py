"""
From records to rows: plain SQL that any dialect takes, run inside one transaction.

Everything here may run twice: a row that exists stays as it is, so what the
first projection wrote is never changed by a second one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, bindparam, insert, select, update

from acd.model import ContactId
from acd.records import (
    AgentStateChanged,
    ContactClosed,
    ContactDiverted,
    OfferAnnounced,
    OfferEnded,
    OfferTried,
    Record,
    Segment,
    WrapEnded,
)
from centralita.store import happenings
from centralita.store.customers import blank
from centralita.store.explanations import explanation_json
from centralita.store.happenings import Happening
from centralita.store.notes import Note
from centralita.store.outbox import Delivery
from centralita.store.parties import Party
from centralita.store.rosters import Roster
from centralita.store.tables import (
    agent_state,
    classification,
    contact,
    customer,
    customer_number,
    diversion,
    happening,
    note,
    offer,
    outbox,
    party,
    projected,
    rosters,
    segment,
    wrap_up,
)
from centralita.store.traces import Trace
from centralita.store.trails import Disposition, Trail, write_dispositions, write_trails

Row = dict[str, Any]
Kept = (
    OfferAnnounced | OfferEnded | ContactDiverted | ContactClosed | WrapEnded | AgentStateChanged | Happening
)
"""The records that leave rows behind."""
Aside = Party | Trace | Note | Trail | Disposition | Roster | Delivery
"""What is kept though no record tells it: most of it must not be in the journal."""

_CHUNK = 500
"""Values in one IN list: far below every driver's limit."""
_ONLY = 1
"""The key of the one row of `projected`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one journal entry leaves behind."""

    seq: int
    records: tuple[Kept, ...]
    beside: tuple[Aside, ...]

    @property
    def weight(self) -> int:
        return len(self.records) + len(self.beside)


def kept(records: Sequence[Record]) -> tuple[Kept, ...]:
    return tuple(record for record in records if isinstance(record, Kept))


def write(connection: Connection, entries: Sequence[Entry], up_to_seq: int) -> None:
    """Write the rows of these entries and that the journal is projected up to `up_to_seq`."""
    beside = [found for entry in entries for found in entry.beside]
    _write_parties(connection, [found for found in beside if isinstance(found, Party)])
    _write_traces(connection, [found for found in beside if isinstance(found, Trace)])
    _write_notes(connection, [found for found in beside if isinstance(found, Note)])
    write_trails(connection, [found for found in beside if isinstance(found, Trail)])
    write_dispositions(connection, [found for found in beside if isinstance(found, Disposition)])
    _write_rosters(connection, [found for found in beside if isinstance(found, Roster)])
    _insert_missing(
        connection, outbox, outbox.c.id, [found.row for found in beside if isinstance(found, Delivery)]
    )
    pairs = [(entry.seq, record) for entry in entries for record in entry.records]
    _write_offers(connection, pairs)
    _write_diversions(
        connection, [(seq, record) for seq, record in pairs if isinstance(record, ContactDiverted)]
    )
    _write_wrap_ups(connection, [(seq, record) for seq, record in pairs if isinstance(record, WrapEnded)])
    _write_agent_states(connection, entries)
    _write_happenings(connection, entries)
    _write_contacts(connection, [(seq, record) for seq, record in pairs if isinstance(record, ContactClosed)])
    _advance(connection, up_to_seq)


def read_seq(connection: Connection) -> int:
    """The journal seq up to which everything is projected; 0 for an empty database."""
    return connection.execute(select(projected.c.journal_seq)).scalar() or 0


def _advance(connection: Connection, seq: int) -> None:
    changed = connection.execute(update(projected).where(projected.c.id == _ONLY).values(journal_seq=seq))
    if changed.rowcount == 0:
        connection.execute(insert(projected).values(id=_ONLY, journal_seq=seq))


def _write_parties(connection: Connection, parties: Sequence[Party]) -> None:
    if not parties:
        return
    ids = _customer_ids(connection, parties)
    rows = [
        {
            "contact_id": found.contact_id,
            "customer_id": ids.get(found.identity.number) if found.identity.number else None,
            "number_e164": found.identity.number,
            "shown_number": found.identity.shown,
            "name": found.identity.name,
            "trust": found.identity.trust.value,
            "at_ms": found.at_ms,
        }
        for found in parties
    ]
    _insert_missing(connection, party, party.c.contact_id, rows)


def _customer_ids(connection: Connection, parties: Sequence[Party]) -> Mapping[str, str]:
    first_seen: dict[str, int] = {}
    for found in parties:
        if found.identity.number:
            first_seen.setdefault(found.identity.number, found.at_ms)
    ids: dict[str, str] = _look_up(
        connection, customer_number.c.number_e164, customer_number.c.customer_id, list(first_seen)
    )
    new = {number: blank(at_ms) for number, at_ms in first_seen.items() if number not in ids}
    if new:
        connection.execute(insert(customer), list(new.values()))
        connection.execute(
            insert(customer_number),
            [{"number_e164": number, "customer_id": row["id"]} for number, row in new.items()],
        )
    return ids | {number: str(row["id"]) for number, row in new.items()}


def _write_traces(connection: Connection, traces: Sequence[Trace]) -> None:
    rows = [
        {
            "id": f"{found.contact_id}.{found.at_ms}",
            "contact_id": found.contact_id,
            "at_ms": found.at_ms,
            "rules": list(found.rules),
            "trace": found.trace,
        }
        for found in traces
    ]
    _insert_missing(connection, classification, classification.c.id, rows)


def _write_notes(connection: Connection, notes: Sequence[Note]) -> None:
    rows = [
        {
            "id": found.id,
            "contact_id": found.contact_id,
            "agent": found.agent,
            "text": found.text,
            "at_ms": found.at_ms,
        }
        for found in notes
    ]
    _insert_missing(connection, note, note.c.id, rows)


def _write_rosters(connection: Connection, found: Sequence[Roster]) -> None:
    rows = [{"version": roster.version, "agents": roster.agents} for roster in found]
    _insert_missing(connection, rosters, rosters.c.version, rows)


def _write_diversions(connection: Connection, taken: Sequence[tuple[int, ContactDiverted]]) -> None:
    # Asked for patience and sent on in one moment: two of one contact in one journal entry.
    before: Counter[str] = Counter()
    ids = []
    for seq, record in taken:
        first = f"{record.contact_id}.{seq}"
        ids.append(f"{first}.{before[first]}" if before[first] else first)
        before[first] += 1
    rows = [
        {
            "id": id_,
            "contact_id": record.contact_id,
            "queue": record.queue,
            "exit": record.exit.value,
            "to": record.to.value,
            "name": record.name,
            "alarm": record.alarm,
            "waited_ms": record.waited_ms,
            "at_ms": record.at_ms,
        }
        for id_, (_, record) in zip(ids, taken, strict=True)
    ]
    _insert_missing(connection, diversion, diversion.c.id, rows)


def _write_wrap_ups(connection: Connection, ended: Sequence[tuple[int, WrapEnded]]) -> None:
    rows = [
        {
            "id": f"{record.contact_id}.{record.agent_id}.{seq}",
            "contact_id": record.contact_id,
            "agent": record.agent_id,
            "end_ms": record.at_ms,
            "wrap_ms": record.wrap_ms,
        }
        for seq, record in ended
    ]
    _insert_missing(connection, wrap_up, wrap_up.c.id, rows)


def _write_agent_states(connection: Connection, entries: Sequence[Entry]) -> None:
    rows = [
        {
            "id": f"{entry.seq}.{position}",
            "agent": record.agent_id,
            "presence": record.presence.value,
            "activity": record.activity.value,
            "reason": record.reason,
            "at_ms": record.at_ms,
            "journal_seq": entry.seq,
            "position": position,
        }
        for entry in entries
        for position, record in enumerate(entry.records)
        if isinstance(record, AgentStateChanged)
    ]
    _insert_missing(connection, agent_state, agent_state.c.id, rows)


def _write_happenings(connection: Connection, entries: Sequence[Entry]) -> None:
    rows = [
        happenings.row(f"{record.contact_id}.{entry.seq}.{position}", record)
        for entry in entries
        for position, record in enumerate(entry.records)
        if isinstance(record, Happening)
    ]
    _insert_missing(connection, happening, happening.c.id, rows)


def _write_offers(connection: Connection, pairs: Sequence[tuple[int, Kept]]) -> None:
    rows: list[Row] = []
    ends: list[Row] = []
    for seq, record in pairs:
        match record:
            case OfferAnnounced():
                rows.append(_announced_row(seq, record))
            case OfferEnded():
                ends.append(
                    {"b_id": record.offer_id, "b_end_ms": record.at_ms, "b_result": record.result.value}
                )
            case ContactClosed():
                rows += [_tried_row(seq, record.contact_id, tried) for tried in record.offers]
            case _:
                pass
    _insert_missing(connection, offer, offer.c.id, rows)
    if ends:
        connection.execute(
            update(offer)
            .where(offer.c.id == bindparam("b_id"), offer.c.end_ms.is_(None))
            .values(end_ms=bindparam("b_end_ms"), result=bindparam("b_result")),
            ends,
        )


def _announced_row(seq: int, record: OfferAnnounced) -> Row:
    return {
        "id": record.offer_id,
        "contact_id": record.contact_id,
        "agent": record.agent_id,
        "queue": record.queue,
        "start_ms": record.at_ms,
        "end_ms": None,
        "result": None,
        "explanation": explanation_json(record.explanation),
        "journal_seq": seq,
    }


def _tried_row(seq: int, contact_id: ContactId, tried: OfferTried) -> Row:
    return {
        "id": tried.offer_id,
        "contact_id": contact_id,
        "agent": tried.agent_id,
        "queue": None,
        "start_ms": tried.start_ms,
        "end_ms": tried.end_ms,
        "result": tried.result.value,
        "explanation": None,
        "journal_seq": seq,
    }


def _write_contacts(connection: Connection, closed: Sequence[tuple[int, ContactClosed]]) -> None:
    if not closed:
        return
    ids = [record.contact_id for _, record in closed]
    customers = _look_up(connection, party.c.contact_id, party.c.customer_id, ids)
    rows = [_contact_row(seq, record, customers.get(record.contact_id)) for seq, record in closed]
    new = _insert_missing(connection, contact, contact.c.id, rows)
    by_id = {record.contact_id: record for _, record in reversed(closed)}
    segments = [
        _segment_row(row["id"], position, part)
        for row in new
        for position, part in enumerate(by_id[row["id"]].segments)
    ]
    if segments:
        connection.execute(insert(segment), segments)


def _contact_row(seq: int, record: ContactClosed, customer_id: str | None) -> Row:
    return {
        "id": record.contact_id,
        "customer_id": customer_id,
        "switch": record.channel.switch,
        "uniqueid": record.channel.uniqueid,
        "entry": record.entry,
        "outcome": record.outcome.value,
        "ended_by": record.ended_by.value,
        "queue": record.queue,
        "started_ms": record.started_ms,
        "queued_ms": record.queued_ms,
        "answered_ms": record.answered_ms,
        "ended_ms": record.ended_ms,
        "wait_ms": record.wait_ms,
        "ring_ms": record.ring_ms,
        "talk_ms": record.talk_ms,
        "config_version": record.config_version,
        "journal_seq": seq,
        "language": record.language,
        "segment": record.segment,
        "direction": record.direction.value,
        "hold_ms": record.hold_ms,
        "transfers": record.transfers,
    }


def _segment_row(contact_id: ContactId, position: int, part: Segment) -> Row:
    return {
        "contact_id": contact_id,
        "position": position,
        "kind": part.kind,
        "start_ms": part.start_ms,
        "end_ms": part.end_ms,
        "queue": part.queue,
        "agent": part.agent_id,
        "offer_id": part.offer_id,
        "ended_by": part.ended_by.value if part.ended_by else None,
        "hold_ms": part.hold_ms,
    }


def _insert_missing(
    connection: Connection, target: Table, key: Column[Any], rows: Sequence[Row]
) -> list[Row]:
    """Insert the rows whose key is not there yet; of two with one key the first. Returns the new ones."""
    if not rows:
        return []
    wanted: dict[Any, Row] = {}
    for row in rows:
        wanted.setdefault(row[key.name], row)
    there = _look_up(connection, key, key, list(wanted))
    new = [row for found, row in wanted.items() if found not in there]
    if new:
        connection.execute(insert(target), new)
    return new


def _look_up(
    connection: Connection, key: Column[Any], value: Column[Any], wanted: Sequence[Any]
) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for start in range(0, len(wanted), _CHUNK):
        rows = connection.execute(select(key, value).where(key.in_(wanted[start : start + _CHUNK])))
        found.update((row[0], row[1]) for row in rows)
    return found
