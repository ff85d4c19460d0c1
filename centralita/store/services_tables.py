"""The tables of what flows know of people: secrets that prove, preferences, surveys, messages."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, String, Table

from centralita.store.tables import metadata

customer_pin = Table(
    "customer_pin",
    metadata,
    Column("customer_id", String, primary_key=True),
    Column("pin", String, nullable=False, comment="argon2id"),
    Column("set_ms", BigInteger, nullable=False),
)

customer_key = Table(
    "customer_key",
    metadata,
    Column("customer_id", String, primary_key=True),
    Column("field", String, primary_key=True, comment="of the record"),
    Column("value", String, nullable=False, comment="its value as services.documents spells it"),
    Index(None, "field", "value"),
)

failed_proof = Table(
    "failed_proof",
    metadata,
    Column("id", String, primary_key=True, comment="random"),
    Column("subject", String, nullable=False, comment="id of the customer, or the number that called"),
    Column("contact_id", String, nullable=False),
    Column("at_ms", BigInteger, nullable=False, index=True),
)

proof = Table(
    "proof",
    metadata,
    # Not a foreign key: written while the caller is on the line.
    Column("contact_id", String, primary_key=True),
    Column("customer_id", String, index=True, comment="who it is; null: nobody was proven"),
    Column("trust", String, nullable=False, comment="store.parties.Trust; empty: nothing was proven"),
    Column("by", String, nullable=False, comment="pin, or the field of the record"),
    Column("unverified", Boolean, nullable=False, comment="too many proofs have failed"),
    Column("at_ms", BigInteger, nullable=False),
)

walk = Table(
    "walk",
    metadata,
    Column("contact_id", String, primary_key=True),
    Column("memory", JSON, nullable=False, comment="variables of the flow; nothing secret"),
    Column("at_ms", BigInteger, nullable=False),
)

preference = Table(
    "preference",
    metadata,
    Column("customer_id", String, primary_key=True),
    Column("number", String, primary_key=True, comment="called from, E.164; empty: whichever"),
    Column("mode", String, nullable=False, comment="ivr.actions.Mode; empty: not known"),
    Column(
        "mode_source", String, nullable=False, comment="learned, customer, agent or api; empty: not known"
    ),
    Column("spoken", Integer, nullable=False, comment="answers given by voice"),
    Column("keyed", Integer, nullable=False, comment="answers given by keys"),
    Column("streak", Integer, nullable=False, comment="last answers alike: spoken above 0, keyed below"),
    Column("language", String, nullable=False),
    Column("language_source", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("channel_source", String, nullable=False),
    Column("consent", Boolean, comment="to learn from use; null: nobody has asked"),
    Column("consent_source", String, nullable=False),
    Column("consent_ms", BigInteger),
    Column("updated_ms", BigInteger, nullable=False),
)

survey_answer = Table(
    "survey_answer",
    metadata,
    Column("id", String, primary_key=True, comment="contact, survey and question"),
    Column("contact_id", String, nullable=False, index=True),
    Column("survey", String, nullable=False),
    Column("question", String, nullable=False),
    Column("value", Integer, nullable=False),
    Column("agent", String, nullable=False, comment="who talked to the caller last; empty: nobody"),
    Column("intent", String, nullable=False, comment="why the caller called; empty: not known"),
    Column("queue", String, nullable=False),
    Column("segment", String, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index(None, "survey", "at_ms"),
)

voicemail = Table(
    "voicemail",
    metadata,
    Column("id", String, primary_key=True, comment="contact and a random word; the file's name too"),
    Column("contact_id", String, nullable=False, index=True),
    Column("box", String, nullable=False, comment="a queue"),
    Column("language", String, nullable=False),
    Column("left_ms", BigInteger, nullable=False),
    Column("length_ms", BigInteger, nullable=False),
    Column("heard_ms", BigInteger, comment="null: nobody has heard it"),
    Column("heard_by", String, nullable=False),
    Column("gone", Boolean, nullable=False, comment="deleted; the file goes next, then the row"),
    Index(None, "box", "left_ms"),
)
