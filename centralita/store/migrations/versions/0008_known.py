"""What follows a contact: attached data, the way through the menu, how agents say it went."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "disposition",
        sa.Column("id", sa.String(), nullable=False, comment="contact and agent: the last one said counts"),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("disposition", sa.String(), nullable=False, comment="as in the configuration of that day"),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_disposition"),
    )
    op.create_index("ix_disposition_contact_id", "disposition", ["contact_id"])
    op.create_table(
        "trail",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("entry", sa.String(), nullable=False, comment="number that was dialled"),
        sa.Column("trunk", sa.String(), nullable=False, comment="by which the call came"),
        sa.Column("path", sa.JSON(), nullable=False, comment="nodes of menus passed, with keys and labels"),
        sa.PrimaryKeyConstraint("contact_id", name="pk_trail"),
    )
    op.create_table(
        "attached",
        sa.Column("scope", sa.String(8), nullable=False, comment="contact, customer or number"),
        sa.Column("subject", sa.String(), nullable=False, comment="id of the contact or customer; E.164"),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("value", sa.String(), nullable=False, comment="JSON"),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "subject", "key", name="pk_attached"),
    )
    op.create_index("ix_attached_expires_ms", "attached", ["expires_ms"])


def downgrade() -> None:
    op.drop_table("attached")
    op.drop_table("trail")
    op.drop_table("disposition")
