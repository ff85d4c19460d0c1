"""
The tables of the projection: what the centre remembers of finished contacts.

Everything here can be rebuilt from the journal except who called (`party`,
`customer`, `customer_number`), why they were sorted so (`classification`), what agents
wrote of them (`note`, `disposition`), what they keyed (`trail`) and what programs attached
(`attached`): what is known of people lives only in these tables, so that it can be erased.
All times are UTC milliseconds, all durations milliseconds.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

NAME_LENGTH = 64
"""Longest number or name kept for display; longer ones are cut."""
REF_LENGTH = 64

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

customer = Table(
    "customer",
    metadata,
    Column("id", String, primary_key=True, comment="random: says nothing of the number"),
    Column("ref", String(REF_LENGTH), unique=True, comment="key in the owner's CRM; null: only seen calling"),
    Column("name", String(NAME_LENGTH), nullable=False, comment="empty: not known"),
    Column("segment", String, comment="as in the configuration of that day"),
    Column("language", String(2)),
    Column("fields", JSON, nullable=False, comment="further facts, as the configuration declares them"),
    Column("first_seen_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, comment="null: nobody has ever written this record"),
    Column("active", Boolean, nullable=False, comment="false: no longer recognised by the number"),
    Column("erased", Boolean, nullable=False),
)

customer_number = Table(
    "customer_number",
    metadata,
    Column("number_e164", String(16), primary_key=True),
    Column("customer_id", ForeignKey(customer.c.id), nullable=False, index=True),
)

contact = Table(
    "contact",
    metadata,
    Column("id", String, primary_key=True),
    Column("customer_id", ForeignKey(customer.c.id), comment="null: nobody knows who called"),
    Column("switch", String, nullable=False),
    Column("uniqueid", String, nullable=False),
    Column("entry", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("ended_by", String, nullable=False),
    Column("queue", String),
    Column("started_ms", BigInteger, nullable=False),
    Column("queued_ms", BigInteger),
    Column("answered_ms", BigInteger),
    Column("ended_ms", BigInteger, nullable=False),
    Column("wait_ms", BigInteger, nullable=False),
    Column("ring_ms", BigInteger, nullable=False),
    Column("talk_ms", BigInteger, nullable=False),
    Column("config_version", String, nullable=False),
    Column("journal_seq", BigInteger, nullable=False),
    Column("language", String, nullable=False, comment="empty: never sorted"),
    Column("segment", String, nullable=False, comment="of the customer, as the rules saw it; empty: none"),
    Column("direction", String, nullable=False, comment="acd.model.Direction"),
    Column("hold_ms", BigInteger, nullable=False, comment="part of talk_ms"),
    Column("transfers", Integer, nullable=False, comment="how often an agent handed it over"),
    Index(None, "ended_ms", "id"),
    Index(None, "customer_id", "ended_ms"),
)

segment = Table(
    "segment",
    metadata,
    Column("contact_id", ForeignKey(contact.c.id), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False, comment="0 is the first"),
    Column("kind", String, nullable=False),
    Column("start_ms", BigInteger, nullable=False),
    Column("end_ms", BigInteger, nullable=False),
    Column("queue", String),
    Column("agent", String),
    Column("offer_id", String),
    Column("ended_by", String),
    Column("hold_ms", BigInteger, nullable=False, comment="of a talk, part of it"),
    Index(None, "agent", "contact_id"),
)

offer = Table(
    "offer",
    metadata,
    Column("id", String, primary_key=True),
    # Not a foreign key: an offer is written when it is announced, its contact when it ends.
    Column("contact_id", String, nullable=False, index=True),
    Column("agent", String, nullable=False),
    Column("queue", String),
    Column("start_ms", BigInteger, nullable=False),
    Column("end_ms", BigInteger, comment="null while it is open"),
    Column("result", String, comment="null while it is open"),
    Column("explanation", JSON, comment="why this agent, why not the others"),
    Column("journal_seq", BigInteger, nullable=False),
)

rosters = Table(
    "rosters",
    metadata,
    Column("version", String, primary_key=True, comment="of the configuration"),
    Column("agents", JSON, nullable=False, comment="agent -> skills, site; sorted: the bits of explanations"),
)

note = Table(
    "note",
    metadata,
    Column("id", String, primary_key=True, comment="contact and a random word"),
    # Not a foreign key: written when it is said, its contact when it ends.
    Column("contact_id", String, nullable=False, index=True),
    Column("agent", String, nullable=False, comment="who wrote it"),
    Column("text", String, nullable=False, comment="for the next agent"),
    Column("at_ms", BigInteger, nullable=False),
)

disposition = Table(
    "disposition",
    metadata,
    Column("id", String, primary_key=True, comment="contact and agent: the last one said counts"),
    # Not a foreign key: it may be said before its contact ends.
    Column("contact_id", String, nullable=False, index=True),
    Column("agent", String, nullable=False),
    Column("disposition", String, nullable=False, comment="as in the configuration of that day"),
    Column("tags", JSON, nullable=False),
    Column("note", String, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

trail = Table(
    "trail",
    metadata,
    # Not a foreign key: written as the caller goes on.
    Column("contact_id", String, primary_key=True),
    Column("entry", String, nullable=False, comment="number that was dialled"),
    Column("trunk", String, nullable=False, comment="by which the call came"),
    Column("path", JSON, nullable=False, comment="nodes of menus passed, with keys and labels"),
)

attached = Table(
    "attached",
    metadata,
    Column("scope", String(8), primary_key=True, comment="contact, customer or number"),
    Column("subject", String, primary_key=True, comment="id of the contact or customer; E.164"),
    Column("key", String(40), primary_key=True),
    Column("value", String, nullable=False, comment="JSON"),
    Column("source", String, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False, index=True),
)

agent_state = Table(
    "agent_state",
    metadata,
    Column("id", String, primary_key=True, comment="journal seq and place in it"),
    Column("agent", String, nullable=False),
    Column("presence", String, nullable=False, comment="acd.model.Presence, since at_ms"),
    Column("activity", String, nullable=False, comment="acd.model.Activity"),
    Column("reason", String, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("journal_seq", BigInteger, nullable=False),
    Column("position", Integer, nullable=False, comment="among the states of one journal entry"),
    Index(None, "agent", "at_ms"),
    Index(None, "at_ms"),
)

wrap_up = Table(
    "wrap_up",
    metadata,
    Column("id", String, primary_key=True, comment="contact, agent and journal seq"),
    # Not a foreign key: it may end before its contact does.
    Column("contact_id", String, nullable=False, index=True),
    Column("agent", String, nullable=False),
    Column("end_ms", BigInteger, nullable=False),
    Column("wrap_ms", BigInteger, nullable=False),
)

party = Table(
    "party",
    metadata,
    # Not a foreign key: written when the contact starts.
    Column("contact_id", String, primary_key=True),
    Column("customer_id", ForeignKey(customer.c.id)),
    Column("number_e164", String(16), comment="null: not known for sure, or erased"),
    Column("shown_number", String(NAME_LENGTH), nullable=False),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("trust", String(16), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index(None, "customer_id", "at_ms"),
    Index(None, "number_e164"),
)

diversion = Table(
    "diversion",
    metadata,
    Column("id", String, primary_key=True, comment="contact and journal seq"),
    # Not a foreign key: written when it happens, its contact when it ends.
    Column("contact_id", String, nullable=False, index=True),
    Column("queue", String, nullable=False),
    Column("exit", String, nullable=False, comment="acd.model.ExitKind"),
    Column("to", String, nullable=False, comment="acd.model.ExitTo"),
    Column("name", String, nullable=False, comment="of the queue or flow"),
    Column("alarm", String, nullable=False, comment="who was alarmed; empty: nobody"),
    Column("waited_ms", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

happening = Table(
    "happening",
    metadata,
    Column("id", String, primary_key=True, comment="contact, journal seq and place in it"),
    # Not a foreign key: written when it happens, its contact when it ends.
    Column("contact_id", String, nullable=False, index=True),
    Column("kind", String, nullable=False, comment="centralita.store.happenings"),
    Column("queue", String, comment="where the contact was"),
    Column("agent", String, comment="who did it"),
    Column("to_kind", String, comment="acd.model.TargetKind"),
    Column("to", String, comment="whom it went to, or who was asked; null: outside, or nobody"),
    Column("offer_id", String, comment="leg of who was asked, or is outside"),
    Column(
        "reason",
        String,
        comment="held_back: as in explanations; transferred: attended, blind; ..._ended: acd.model.OfferEnd",
    ),
    Column("lasted_ms", BigInteger, comment="of what has ended by it: hold or talk"),
    Column("at_ms", BigInteger, nullable=False),
)

classification = Table(
    "classification",
    metadata,
    Column("id", String, primary_key=True, comment="contact and time"),
    # Not a foreign key: written when it happens, its contact when it ends.
    Column("contact_id", String, nullable=False, index=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("rules", JSON, nullable=False, comment="ids of the rules that matched, in order"),
    Column("trace", JSON, nullable=False, comment="every rule with the facts it saw; numbers are masked"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", String, primary_key=True, comment="endpoint and seq"),
    Column("endpoint", String, nullable=False),
    Column("seq", BigInteger, nullable=False, comment="of the message"),
    Column("line", String, nullable=False, index=True, comment="contact id; else something with a colon"),
    Column("type", String, nullable=False),
    Column("body", LargeBinary, nullable=False, comment="may hold numbers and names"),
    Column("since_ms", BigInteger, nullable=False),
    Column("next_ms", BigInteger, nullable=False, comment="not tried before"),
    Column("attempts", Integer, nullable=False),
    Column("dead_ms", BigInteger, comment="null: to be delivered"),
    Column("error", String, nullable=False, comment="of the last attempt"),
    Index(None, "endpoint", "line", "seq"),
    Index(None, "endpoint", "next_ms", "seq"),
)

webhook = Table(
    "webhook",
    metadata,
    Column("name", String, primary_key=True),
    Column("url", String, nullable=False, comment="by which it was disabled"),
    Column("disabled", Boolean, nullable=False, comment="it has answered 410"),
    Column("ok_ms", BigInteger),
    Column("failed_ms", BigInteger),
    Column("error", String, nullable=False, comment="of the last failure"),
    Column("lost", Integer, nullable=False, comment="events that never came into the outbox"),
)

projected = Table(
    "projected",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("journal_seq", BigInteger, nullable=False),
)
