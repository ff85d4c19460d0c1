"""Rosters, to which the bit masks of explanations refer; notes that agents leave for each other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Explanations of before name the agents themselves and stay as they are."""
    op.create_table(
        "rosters",
        sa.Column("version", sa.String(), nullable=False, comment="of the configuration"),
        sa.Column(
            "agents",
            sa.JSON(),
            nullable=False,
            comment="agent -> skills, site; sorted: the bits of explanations",
        ),
        sa.PrimaryKeyConstraint("version", name="pk_rosters"),
    )
    op.create_table(
        "note",
        sa.Column("id", sa.String(), nullable=False, comment="contact and a random word"),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False, comment="who wrote it"),
        sa.Column("text", sa.String(), nullable=False, comment="for the next agent"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_note"),
    )
    op.create_index("ix_note_contact_id", "note", ["contact_id"])


def downgrade() -> None:
    """The reasons why not the others are lost: they cannot be read without the rosters."""
    op.drop_table("note")
    op.drop_table("rosters")
