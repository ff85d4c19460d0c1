"""Finished contacts, their segments and offers, and who called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _create_customer() -> None:
    op.create_table(
        "customer",
        sa.Column("id", sa.String(), nullable=False, comment="random: says nothing of the number"),
        sa.Column("number_e164", sa.String(length=16), comment="null once erased"),
        sa.Column("first_seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customer"),
        sa.UniqueConstraint("number_e164", name="uq_customer_number_e164"),
    )


def _create_contact() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), comment="null: nobody knows who called"),
        sa.Column("switch", sa.String(), nullable=False),
        sa.Column("uniqueid", sa.String(), nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("queue", sa.String()),
        sa.Column("started_ms", sa.BigInteger(), nullable=False),
        sa.Column("queued_ms", sa.BigInteger()),
        sa.Column("answered_ms", sa.BigInteger()),
        sa.Column("ended_ms", sa.BigInteger(), nullable=False),
        sa.Column("wait_ms", sa.BigInteger(), nullable=False),
        sa.Column("ring_ms", sa.BigInteger(), nullable=False),
        sa.Column("talk_ms", sa.BigInteger(), nullable=False),
        sa.Column("config_version", sa.String(), nullable=False),
        sa.Column("journal_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_contact_customer_id_customer"),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
    )
    op.create_index("ix_contact_ended_ms_id", "contact", ["ended_ms", "id"])
    op.create_index("ix_contact_customer_id_ended_ms", "contact", ["customer_id", "ended_ms"])


def _create_segment() -> None:
    op.create_table(
        "segment",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False, comment="0 is the first"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.String()),
        sa.Column("agent", sa.String()),
        sa.Column("offer_id", sa.String()),
        sa.Column("ended_by", sa.String()),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_segment_contact_id_contact"),
        sa.PrimaryKeyConstraint("contact_id", "position", name="pk_segment"),
    )
    op.create_index("ix_segment_agent_contact_id", "segment", ["agent", "contact_id"])


def _create_offer() -> None:
    op.create_table(
        "offer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("queue", sa.String()),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), comment="null while it is open"),
        sa.Column("result", sa.String(), comment="null while it is open"),
        sa.Column("explanation", sa.JSON(), comment="why this agent, why not the others"),
        sa.Column("journal_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_offer"),
    )
    op.create_index("ix_offer_contact_id", "offer", ["contact_id"])


def _create_party() -> None:
    op.create_table(
        "party",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String()),
        sa.Column("number_e164", sa.String(length=16), comment="null: not known for sure, or erased"),
        sa.Column("shown_number", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("trust", sa.String(length=16), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_party_customer_id_customer"),
        sa.PrimaryKeyConstraint("contact_id", name="pk_party"),
    )
    op.create_index("ix_party_customer_id_at_ms", "party", ["customer_id", "at_ms"])
    op.create_index("ix_party_number_e164", "party", ["number_e164"])


def upgrade() -> None:
    _create_customer()
    _create_contact()
    _create_segment()
    _create_offer()
    _create_party()
    op.create_table(
        "projected",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column("journal_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_projected"),
    )


def downgrade() -> None:
    for name in ("segment", "party", "contact", "offer", "customer", "projected"):
        op.drop_table(name)
