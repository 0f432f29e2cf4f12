"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "v1"
down_revision = None

MOMENT = sa.BigInteger()  # microseconds since 1970
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _access()
    _documents()
    _contents()
    _indexes()
    _activity()


def _access() -> None:
    op.create_table(
        "spaces",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_spaces"),
    )
    op.create_table(
        "grants",
        sa.Column("group_name", sa.String(), nullable=False),
        sa.Column("space", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["space"], ["spaces.name"], name="fk_grants_space"),
        sa.PrimaryKeyConstraint("group_name", "space", name="pk_grants"),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
    )
    op.create_index(
        "uq_keys_live_name",
        "keys",
        ["name"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "upkeep",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scrub", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_upkeep"),
    )


def _documents() -> None:
    op.create_table(
        "sources",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("root", sa.String(), nullable=False),
        sa.Column("space", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["space"], ["spaces.name"], name="fk_sources_space"),
        sa.PrimaryKeyConstraint("id", name="pk_sources"),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("current", sa.Integer(), nullable=True),
        sa.Column("latest", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name="fk_documents_source"),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_documents_source_path", "documents", ["source", "path"], unique=False)
    op.create_table(
        "versions",
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("authors", sa.Text(), nullable=False),
        sa.Column("date", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("syntax", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("valid_to", MOMENT, nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name="fk_versions_document"),
        sa.ForeignKeyConstraint(["space"], ["spaces.name"], name="fk_versions_space"),
        sa.PrimaryKeyConstraint("document", "number", name="pk_versions"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_versions_current",
        "versions",
        ["path", "part", "document"],
        unique=False,
        sqlite_where=sa.text("valid_to IS NULL"),
        postgresql_where=sa.text("valid_to IS NULL"),
    )


def _contents() -> None:
    op.create_table(
        "texts",
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document", "version"], ["versions.document", "versions.number"], name="fk_texts_document_version"
        ),
        sa.PrimaryKeyConstraint("document", "version", name="pk_texts"),
    )
    op.create_table(
        "authors",
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document", "version"], ["versions.document", "versions.number"], name="fk_authors_document_version"
        ),
        sa.PrimaryKeyConstraint("document", "version", "author", name="pk_authors"),
    )
    op.create_table(
        "chunks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document", "version"], ["versions.document", "versions.number"], name="fk_chunks_document_version"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_chunks"),
    )
    op.create_index("ix_chunks_hash", "chunks", ["hash"], unique=False)
    op.create_index("ix_chunks_version", "chunks", ["document", "version", "n"], unique=True)
    op.create_table(
        "vectors",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", "model", name="pk_vectors"),
    )


def _indexes() -> None:
    op.create_table(
        "feed",
        sa.Column("seq", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("add", sa.Boolean(), nullable=False),
        sa.Column("chunk", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_feed"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "purged",
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("latest", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("document", name="pk_purged"),
    )
    op.create_table(
        "generations",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_generations"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_generations_current",
        "generations",
        ["kind"],
        unique=True,
        sqlite_where=sa.text("state = 'current'"),
        postgresql_where=sa.text("state = 'current'"),
    )


def _activity() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("runner", sa.String(), nullable=False),
        sa.Column("progress", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("report", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_state", "jobs", ["state"], unique=False)
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
    )
    op.create_index("ix_conversations_owner", "conversations", ["owner", "updated_at", "id"], unique=False)
    op.create_table(
        "turns",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("conversation", sa.String(), nullable=False),
        sa.Column("answer_id", sa.String(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["conversation"], ["conversations.id"], name="fk_turns_conversation"),
        sa.PrimaryKeyConstraint("id", name="pk_turns"),
        sa.UniqueConstraint("answer_id", name="uq_turns_answer_id"),
    )
    op.create_index("ix_turns_conversation", "turns", ["conversation"], unique=False)
    op.create_table(
        "turn_documents",
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("turn", BIG_KEY, nullable=False),
        sa.ForeignKeyConstraint(["turn"], ["turns.id"], name="fk_turn_documents_turn"),
        sa.PrimaryKeyConstraint("document", "turn", name="pk_turn_documents"),
    )
    op.create_index("ix_turn_documents_turn", "turn_documents", ["turn"], unique=False)
    op.create_table(
        "feedback",
        sa.Column("turn", BIG_KEY, nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["turn"], ["turns.id"], name="fk_feedback_turn"),
        sa.PrimaryKeyConstraint("turn", "owner", name="pk_feedback"),
    )
