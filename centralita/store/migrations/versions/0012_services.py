"""What flows know of people: secrets that prove, preferences, surveys, messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from centralita.services.documents import keys_of

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _proofs()
    op.create_table(
        "walk",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("memory", sa.JSON(), nullable=False, comment="variables of the flow; nothing secret"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name="pk_walk"),
    )
    _preferences()
    op.create_table(
        "survey_answer",
        sa.Column("id", sa.String(), nullable=False, comment="contact, survey and question"),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("survey", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column(
            "agent", sa.String(), nullable=False, comment="who talked to the caller last; empty: nobody"
        ),
        sa.Column("intent", sa.String(), nullable=False, comment="why the caller called; empty: not known"),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_survey_answer"),
    )
    op.create_index("ix_survey_answer_contact_id", "survey_answer", ["contact_id"])
    op.create_index("ix_survey_answer_survey_at_ms", "survey_answer", ["survey", "at_ms"])
    op.create_table(
        "voicemail",
        sa.Column(
            "id", sa.String(), nullable=False, comment="contact and a random word; the file's name too"
        ),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("box", sa.String(), nullable=False, comment="a queue"),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("left_ms", sa.BigInteger(), nullable=False),
        sa.Column("length_ms", sa.BigInteger(), nullable=False),
        sa.Column("heard_ms", sa.BigInteger(), nullable=True, comment="null: nobody has heard it"),
        sa.Column("heard_by", sa.String(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False, comment="deleted; the file goes next, then the row"),
        sa.PrimaryKeyConstraint("id", name="pk_voicemail"),
    )
    op.create_index("ix_voicemail_contact_id", "voicemail", ["contact_id"])
    op.create_index("ix_voicemail_box_left_ms", "voicemail", ["box", "left_ms"])


def _proofs() -> None:
    op.create_table(
        "customer_pin",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("pin", sa.String(), nullable=False, comment="argon2id"),
        sa.Column("set_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name="pk_customer_pin"),
    )
    op.create_table(
        "customer_key",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False, comment="of the record"),
        sa.Column("value", sa.String(), nullable=False, comment="its value as services.documents spells it"),
        sa.PrimaryKeyConstraint("customer_id", "field", name="pk_customer_key"),
    )
    op.create_index("ix_customer_key_field_value", "customer_key", ["field", "value"])
    _fill_keys()
    op.create_table(
        "failed_proof",
        sa.Column("id", sa.String(), nullable=False, comment="random"),
        sa.Column(
            "subject", sa.String(), nullable=False, comment="id of the customer, or the number that called"
        ),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_failed_proof"),
    )
    op.create_index("ix_failed_proof_at_ms", "failed_proof", ["at_ms"])
    op.create_table(
        "proof",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True, comment="who it is; null: nobody was proven"),
        sa.Column(
            "trust", sa.String(), nullable=False, comment="store.parties.Trust; empty: nothing was proven"
        ),
        sa.Column("by", sa.String(), nullable=False, comment="pin, or the field of the record"),
        sa.Column("unverified", sa.Boolean(), nullable=False, comment="too many proofs have failed"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name="pk_proof"),
    )
    op.create_index("ix_proof_customer_id", "proof", ["customer_id"])


def _preferences() -> None:
    op.create_table(
        "preference",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False, comment="called from, E.164; empty: whichever"),
        sa.Column("mode", sa.String(), nullable=False, comment="ivr.actions.Mode; empty: not known"),
        sa.Column(
            "mode_source",
            sa.String(),
            nullable=False,
            comment="learned, customer, agent or api; empty: not known",
        ),
        sa.Column("spoken", sa.Integer(), nullable=False, comment="answers given by voice"),
        sa.Column("keyed", sa.Integer(), nullable=False, comment="answers given by keys"),
        sa.Column(
            "streak", sa.Integer(), nullable=False, comment="last answers alike: spoken above 0, keyed below"
        ),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("language_source", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("channel_source", sa.String(), nullable=False),
        sa.Column(
            "consent", sa.Boolean(), nullable=True, comment="to learn from use; null: nobody has asked"
        ),
        sa.Column("consent_source", sa.String(), nullable=False),
        sa.Column("consent_ms", sa.BigInteger(), nullable=True),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "number", name="pk_preference"),
    )


def _fill_keys() -> None:
    """Of the customers that there are; where the statements are only written down, there are none."""
    if op.get_context().as_sql:
        return
    customer = sa.table("customer", sa.column("id"), sa.column("ref"), sa.column("fields", sa.JSON()))
    key = sa.table("customer_key", sa.column("customer_id"), sa.column("field"), sa.column("value"))
    known = sa.select(customer.c.id, customer.c.fields).where(customer.c.ref.is_not(None))
    connection = op.get_bind()
    for row in connection.execute(known).all():
        rows = [{"customer_id": row.id, "field": name, "value": value} for name, value in keys_of(row.fields)]
        if rows:
            connection.execute(sa.insert(key), rows)


def downgrade() -> None:
    for name in (
        "voicemail",
        "survey_answer",
        "preference",
        "walk",
        "proof",
        "failed_proof",
        "customer_key",
        "customer_pin",
    ):
        op.drop_table(name)
