"""Alembic runs this file; rag.registry.migrate hands it the connection, so there is no alembic.ini."""

from alembic import context

from rag.registry.schema import metadata


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


run()
