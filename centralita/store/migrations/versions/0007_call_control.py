"""Who called whom, how long a contact was on hold, and what agents did with it: ask, hand over, confer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_KINDS = "escalated, held_back"
_TO = "escalated: queue of the next tier"
_REASON = "held_back: as in explanations"
_NEW_KINDS = "centralita.store.happenings"
_NEW_TO = "whom it went to, or who was asked; null: outside, or nobody"
_NEW_REASON = "held_back: as in explanations; transferred: attended, blind; ..._ended: acd.model.OfferEnd"


def upgrade() -> None:
    """Before this nobody dialled out, held or transferred: the defaults are true for the rows there are."""
    with op.batch_alter_table("contact") as table:
        table.add_column(
            sa.Column(
                "direction",
                sa.String(),
                nullable=False,
                server_default="inbound",
                comment="acd.model.Direction",
            )
        )
        table.add_column(
            sa.Column(
                "hold_ms", sa.BigInteger(), nullable=False, server_default="0", comment="part of talk_ms"
            )
        )
        table.add_column(
            sa.Column(
                "transfers",
                sa.Integer(),
                nullable=False,
                server_default="0",
                comment="how often an agent handed it over",
            )
        )
    op.add_column(
        "segment",
        sa.Column(
            "hold_ms", sa.BigInteger(), nullable=False, server_default="0", comment="of a talk, part of it"
        ),
    )
    with op.batch_alter_table("happening") as table:
        table.alter_column("queue", existing_type=sa.String(), nullable=True)
        table.alter_column("kind", existing_type=sa.String(), existing_nullable=False, comment=_NEW_KINDS)
        table.alter_column("agent", existing_type=sa.String(), comment="who did it")
        table.alter_column("to", existing_type=sa.String(), comment=_NEW_TO)
        table.alter_column("reason", existing_type=sa.String(), comment=_NEW_REASON)
        table.add_column(sa.Column("to_kind", sa.String(), comment="acd.model.TargetKind"))
        table.add_column(sa.Column("offer_id", sa.String(), comment="leg of who was asked, or is outside"))
        table.add_column(
            sa.Column("lasted_ms", sa.BigInteger(), comment="of what has ended by it: hold or talk")
        )
    op.execute("UPDATE happening SET to_kind = 'queue' WHERE kind = 'escalated'")


def downgrade() -> None:
    op.execute("DELETE FROM happening WHERE kind NOT IN ('escalated', 'held_back')")
    with op.batch_alter_table("happening") as table:
        for name in ("lasted_ms", "offer_id", "to_kind"):
            table.drop_column(name)
        table.alter_column("reason", existing_type=sa.String(), comment=_REASON)
        table.alter_column("to", existing_type=sa.String(), comment=_TO)
        table.alter_column("agent", existing_type=sa.String(), comment="escalated: who handed it over")
        table.alter_column("kind", existing_type=sa.String(), existing_nullable=False, comment=_KINDS)
        table.alter_column("queue", existing_type=sa.String(), nullable=False)
    with op.batch_alter_table("segment") as table:
        table.drop_column("hold_ms")
    with op.batch_alter_table("contact") as table:
        for name in ("transfers", "hold_ms", "direction"):
            table.drop_column(name)
