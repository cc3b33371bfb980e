"""Alembic's entry: runs the migrations on the connection, and in the transaction, of `schema`."""

from alembic import context

from pentaprism.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
