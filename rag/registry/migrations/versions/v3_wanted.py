"""What a search is narrowed by stands in two narrow indexes: else every row of `versions` is read, however wide."""

import sqlalchemy as sa
from alembic import op

revision = "v3"
down_revision = "v2"

WANTED = ["chunks", "space", "kind", "day", "document", "number", "valid_to"]
CURRENT = sa.text("valid_to IS NULL")


def upgrade() -> None:
    op.create_index("ix_versions_wanted", "versions", WANTED, sqlite_where=CURRENT, postgresql_where=CURRENT)
    op.create_index("ix_authors_author", "authors", ["author", "document", "version"])
