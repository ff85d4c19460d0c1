"""What callers said, for who looks after the phrases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "said",
        sa.Column("id", sa.String(), nullable=False, comment="contact and a random word"),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False, comment="flow/node"),
        sa.Column("text", sa.String(), nullable=False, comment="long numbers are hidden"),
        sa.Column("plain", sa.String(), nullable=False, comment="the same without accents and signs"),
        sa.Column("confidence", sa.Float(), nullable=False, comment="of the recognizer, 0 to 1"),
        sa.Column(
            "understood", sa.String(), nullable=False, comment="key, intent or variable; empty: nothing"
        ),
        sa.Column("sure", sa.Float(), nullable=False, comment="of the meaning, 0 to 1"),
        sa.Column("outcome", sa.String(), nullable=False, comment="taken, confirmed, denied or missed"),
        sa.PrimaryKeyConstraint("id", name="pk_said"),
    )
    op.create_index("ix_said_contact_id", "said", ["contact_id"])
    op.create_index("ix_said_at_ms", "said", ["at_ms"])


def downgrade() -> None:
    op.drop_table("said")
