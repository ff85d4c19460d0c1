"""Alembic's entry: migrates on the connection that `centralita.store.migrate` hands over."""

from alembic import context

from centralita.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    # For SQL that is only shown (`--sql`), where there is no connection to ask.
    dialect_name=context.config.attributes.get("dialect"),
    target_metadata=metadata,
    render_as_batch=True,
    # SQLite can; our connections say BEGIN before the first statement, so a kill leaves no half schema.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
