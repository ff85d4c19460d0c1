"""The tables of people: accounts, sessions, tokens and the log of who did what."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table

from centralita.store.tables import metadata

person = Table(
    "person",
    metadata,
    Column("name", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("agent", String, nullable=True),
    Column("password", String, nullable=False, comment="argon2id; empty: none"),
    Column("must_change", Boolean, nullable=False, comment="the password is a one-time one"),
    Column("disabled", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("password_ms", BigInteger, nullable=False),
    Column("signed_in_ms", BigInteger, nullable=True),
    Column("totp", String, nullable=True, comment="sealed"),
    Column("totp_step", BigInteger, nullable=False, comment="last one used"),
    Column("oidc", String, nullable=True, comment="issuer and subject"),
)

person_session = Table(
    "person_session",
    metadata,
    Column("digest", String, primary_key=True, comment="SHA-256 of the key"),
    Column("id", String, nullable=False),
    Column("person", String, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger, nullable=False),
    Column("address", String, nullable=False),
    Column("browser", String, nullable=False),
)

api_token = Table(
    "api_token",
    metadata,
    Column("digest", String, primary_key=True, comment="SHA-256 of the token"),
    Column("id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("scopes", String, nullable=False, comment="blank between"),
    Column("agent", String, nullable=True),
    Column("created_by", String, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("ends_ms", BigInteger, nullable=True),
    Column("used_ms", BigInteger, nullable=True),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("who", String, nullable=False),
    Column("address", String, nullable=False),
    Column("what", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("result", String, nullable=False),
    Index("ix_audit_who_id", "who", "id"),
    Index("ix_audit_subject_id", "subject", "id"),
)
