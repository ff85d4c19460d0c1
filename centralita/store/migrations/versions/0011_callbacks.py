"""Promised calls: the numbers that are to be dialled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "callback",
        sa.Column("token", sa.String(), nullable=False, comment="random: says nothing of the number"),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), comment="to be dialled, E.164 or a short one; null: erased"),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False, comment="call, api or site"),
        sa.Column("site", sa.String(), nullable=False, comment="of the configuration; empty: no site"),
        sa.Column("name", sa.String(), nullable=False, comment="as the customer gave it"),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("key", sa.String(), comment="of who asked: the same request twice is one"),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), comment="null while the promise stands"),
        sa.Column("end", sa.String(), nullable=False, comment="acd.model.PromiseEnd; empty while it stands"),
        sa.PrimaryKeyConstraint("token", name="pk_callback"),
        sa.UniqueConstraint("key", name="uq_callback_key"),
    )
    op.create_index("ix_callback_contact_id", "callback", ["contact_id"])
    op.create_index("ix_callback_ended_ms", "callback", ["ended_ms"])


def downgrade() -> None:
    op.drop_table("callback")
