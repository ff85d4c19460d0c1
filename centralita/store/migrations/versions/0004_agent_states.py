"""What agents did over time, and the wrap-ups of contacts: for occupancy and handle time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is known of the time before: figures of agents begin here."""
    op.create_table(
        "agent_state",
        sa.Column("id", sa.String(), nullable=False, comment="journal seq and place in it"),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("presence", sa.String(), nullable=False, comment="acd.model.Presence, since at_ms"),
        sa.Column("activity", sa.String(), nullable=False, comment="acd.model.Activity"),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("journal_seq", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="among the states of one journal entry"),
        sa.PrimaryKeyConstraint("id", name="pk_agent_state"),
    )
    op.create_index("ix_agent_state_agent_at_ms", "agent_state", ["agent", "at_ms"])
    op.create_index("ix_agent_state_at_ms", "agent_state", ["at_ms"])
    op.create_table(
        "wrap_up",
        sa.Column("id", sa.String(), nullable=False, comment="contact, agent and journal seq"),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("wrap_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_wrap_up"),
    )
    op.create_index("ix_wrap_up_contact_id", "wrap_up", ["contact_id"])


def downgrade() -> None:
    op.drop_table("wrap_up")
    op.drop_table("agent_state")
