"""What befell contacts: held back though somebody was free, handed over to the next tier."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is known of the time before."""
    op.create_table(
        "happening",
        sa.Column("id", sa.String(), nullable=False, comment="contact, journal seq and place in it"),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False, comment="escalated, held_back"),
        sa.Column("queue", sa.String(), nullable=False, comment="where the contact was"),
        sa.Column("agent", sa.String(), comment="escalated: who handed it over"),
        sa.Column("to", sa.String(), comment="escalated: queue of the next tier"),
        sa.Column("reason", sa.String(), comment="held_back: as in explanations"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_happening"),
    )
    op.create_index("ix_happening_contact_id", "happening", ["contact_id"])


def downgrade() -> None:
    op.drop_table("happening")
