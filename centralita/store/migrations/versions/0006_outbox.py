"""What webhooks have to be told, and how each endpoint stands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(), nullable=False, comment="endpoint and seq"),
        sa.Column("endpoint", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="of the message"),
        sa.Column("line", sa.String(), nullable=False, comment="contact id; else something with a colon"),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="may hold numbers and names"),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False, comment="not tried before"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("dead_ms", sa.BigInteger(), nullable=True, comment="null: to be delivered"),
        sa.Column("error", sa.String(), nullable=False, comment="of the last attempt"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_endpoint_line_seq", "outbox", ["endpoint", "line", "seq"])
    op.create_index("ix_outbox_endpoint_next_ms_seq", "outbox", ["endpoint", "next_ms", "seq"])
    op.create_index("ix_outbox_line", "outbox", ["line"])
    op.create_table(
        "webhook",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False, comment="by which it was disabled"),
        sa.Column("disabled", sa.Boolean(), nullable=False, comment="it has answered 410"),
        sa.Column("ok_ms", sa.BigInteger(), nullable=True),
        sa.Column("failed_ms", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(), nullable=False, comment="of the last failure"),
        sa.Column("lost", sa.Integer(), nullable=False, comment="events that never came into the outbox"),
        sa.PrimaryKeyConstraint("name", name="pk_webhook"),
    )


def downgrade() -> None:
    op.drop_table("webhook")
    op.drop_table("outbox")
