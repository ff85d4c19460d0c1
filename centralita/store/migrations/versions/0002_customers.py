"""Customers with several numbers and a record; diversions and classifications of contacts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _create_customer_number() -> None:
    op.create_table(
        "customer_number",
        sa.Column("number_e164", sa.String(length=16), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name="fk_customer_number_customer_id_customer"
        ),
        sa.PrimaryKeyConstraint("number_e164", name="pk_customer_number"),
    )
    op.create_index("ix_customer_number_customer_id", "customer_number", ["customer_id"])
    op.execute(
        "INSERT INTO customer_number (number_e164, customer_id) "
        "SELECT number_e164, id FROM customer WHERE number_e164 IS NOT NULL"
    )


def _widen_customer() -> None:
    # The defaults are for the rows that are there; from now on the code writes every column.
    with op.batch_alter_table("customer") as table:
        table.drop_constraint("uq_customer_number_e164", type_="unique")
        table.drop_column("number_e164")
        table.add_column(
            sa.Column("ref", sa.String(length=64), comment="key in the owner's CRM; null: only seen calling")
        )
        table.add_column(
            sa.Column(
                "name", sa.String(length=64), nullable=False, server_default="", comment="empty: not known"
            )
        )
        table.add_column(sa.Column("segment", sa.String(), comment="as in the configuration of that day"))
        table.add_column(sa.Column("language", sa.String(length=2)))
        table.add_column(
            sa.Column(
                "fields",
                sa.JSON(),
                nullable=False,
                server_default="{}",
                comment="further facts, as the configuration declares them",
            )
        )
        table.add_column(
            sa.Column("updated_ms", sa.BigInteger(), comment="null: nobody has ever written this record")
        )
        table.add_column(
            sa.Column(
                "active",
                sa.Boolean(),
                nullable=False,
                server_default=sa.true(),
                comment="false: no longer recognised by the number",
            )
        )
        table.create_unique_constraint("uq_customer_ref", ["ref"])
    op.execute("UPDATE customer SET active = false WHERE erased")


def _widen_contact() -> None:
    for name, comment in (
        ("language", "empty: never sorted"),
        ("segment", "of the customer, as the rules saw it; empty: none"),
    ):
        op.add_column(
            "contact", sa.Column(name, sa.String(), nullable=False, server_default="", comment=comment)
        )


def _create_diversion() -> None:
    op.create_table(
        "diversion",
        sa.Column("id", sa.String(), nullable=False, comment="contact and journal seq"),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("exit", sa.String(), nullable=False, comment="acd.model.ExitKind"),
        sa.Column("to", sa.String(), nullable=False, comment="acd.model.ExitTo"),
        sa.Column("name", sa.String(), nullable=False, comment="of the queue or flow"),
        sa.Column("alarm", sa.String(), nullable=False, comment="who was alarmed; empty: nobody"),
        sa.Column("waited_ms", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_diversion"),
    )
    op.create_index("ix_diversion_contact_id", "diversion", ["contact_id"])


def _create_classification() -> None:
    op.create_table(
        "classification",
        sa.Column("id", sa.String(), nullable=False, comment="contact and time"),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False, comment="ids of the rules that matched, in order"),
        sa.Column(
            "trace",
            sa.JSON(),
            nullable=False,
            comment="every rule with the facts it saw; numbers are masked",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_classification"),
    )
    op.create_index("ix_classification_contact_id", "classification", ["contact_id"])


def upgrade() -> None:
    _create_customer_number()
    _widen_customer()
    _widen_contact()
    op.execute("UPDATE party SET trust = 'presented' WHERE trust = 'claimed'")
    _create_diversion()
    _create_classification()


def downgrade() -> None:
    """Of several numbers of a customer the lowest is kept."""
    op.drop_table("classification")
    op.drop_table("diversion")
    op.execute("UPDATE party SET trust = 'claimed' WHERE trust = 'presented'")
    with op.batch_alter_table("contact") as table:
        table.drop_column("segment")
        table.drop_column("language")
    with op.batch_alter_table("customer") as table:
        table.add_column(sa.Column("number_e164", sa.String(length=16), comment="null once erased"))
        table.drop_constraint("uq_customer_ref", type_="unique")
        for name in ("active", "updated_ms", "fields", "language", "segment", "name", "ref"):
            table.drop_column(name)
    op.execute(
        "UPDATE customer SET number_e164 = "
        "(SELECT min(number_e164) FROM customer_number WHERE customer_id = customer.id)"
    )
    with op.batch_alter_table("customer") as table:
        table.create_unique_constraint("uq_customer_number_e164", ["number_e164"])
    op.drop_table("customer_number")
