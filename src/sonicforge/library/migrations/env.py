"""Alembic's door: migrations run on the connection that `upgrade` holds, inside its transaction."""

from alembic import context

from sonicforge.library.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
