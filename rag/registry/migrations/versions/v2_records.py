"""Facts, runs, people, messages of chats, a ledger of files, schedules of sources, and what made a version."""

import sqlalchemy as sa
from alembic import op

revision = "v2"
down_revision = "v1"

MOMENT = sa.BigInteger()  # microseconds since 1970
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _people()
    _chats()
    _files()
    _facts()
    _runs()
    _columns()
    _fill_ledger()


def _people() -> None:
    op.create_table(
        "people_log",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("action", sa.JSON(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people_log"),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.Column("stated", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
    )
    op.create_table(
        "identities",
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("emails", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("stated", sa.Boolean(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_identities_person"),
        sa.PrimaryKeyConstraint("system", "id", name="pk_identities"),
    )
    op.create_index("ix_identities_person", "identities", ["person"], unique=False)
    op.create_index("ix_identities_settled", "identities", ["settled"], unique=False)
    op.create_table(
        "identity_names",
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("system", "id", "space", "name", name="pk_identity_names"),
    )
    op.create_index("ix_identity_names_folded", "identity_names", ["folded"], unique=False)
    op.create_table(
        "document_people",
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document", "version"],
            ["versions.document", "versions.number"],
            name="fk_document_people_document_version",
        ),
        sa.PrimaryKeyConstraint("document", "version", "system", "identity", name="pk_document_people"),
    )
    op.create_index("ix_document_people_identity", "document_people", ["system", "identity"], unique=False)


def _chats() -> None:
    op.create_table(
        "channels",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name="fk_channels_source"),
        sa.ForeignKeyConstraint(["space"], ["spaces.name"], name="fk_channels_space"),
        sa.PrimaryKeyConstraint("space", "channel", name="pk_channels"),
    )
    op.create_table(
        "coverages",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("first", sa.String(), nullable=False),
        sa.Column("last", sa.String(), nullable=False),
        sa.Column("exported", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name="fk_coverages_source"),
        sa.PrimaryKeyConstraint("space", "channel", "source", "path", name="pk_coverages"),
    )
    op.create_table(
        "threads",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name="fk_threads_source"),
        sa.PrimaryKeyConstraint("space", "channel", "source", "path", "thread", name="pk_threads"),
    )
    op.create_index("ix_threads_path", "threads", ["source", "path"], unique=False)
    op.create_table(
        "messages",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("time", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name="fk_messages_source"),
        sa.PrimaryKeyConstraint("space", "channel", "source", "path", "thread", "id", name="pk_messages"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_messages_path", "messages", ["source", "path"], unique=False)


def _files() -> None:
    op.create_table(
        "files",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("next_try", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["source"], ["sources.id"], name="fk_files_source"),
        sa.PrimaryKeyConstraint("source", "path", name="pk_files"),
    )
    op.create_index("ix_files_state", "files", ["state"], unique=False)


def _facts() -> None:
    op.create_table(
        "facts",
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("number", sa.Float(), nullable=True),
        sa.Column("at", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document", "version"], ["versions.document", "versions.number"], name="fk_facts_document_version"
        ),
        sa.PrimaryKeyConstraint("document", "version", "n", name="pk_facts"),
    )
    op.create_index("ix_facts_key", "facts", ["key", "folded"], unique=False)


def _runs() -> None:
    op.create_table(
        "run_values",
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("number", sa.Float(), nullable=True),
        sa.Column("step", sa.BigInteger(), nullable=True),
        sa.Column("lowest", sa.Float(), nullable=True),
        sa.Column("lowest_step", sa.BigInteger(), nullable=True),
        sa.Column("highest", sa.Float(), nullable=True),
        sa.Column("highest_step", sa.BigInteger(), nullable=True),
        sa.Column("history", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document", "version"], ["versions.document", "versions.number"], name="fk_run_values_document_version"
        ),
        sa.PrimaryKeyConstraint("document", "version", "section", "key", name="pk_run_values"),
    )
    op.create_index("ix_run_values_key", "run_values", ["section", "key"], unique=False)
    op.create_table(
        "runs",
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tool", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("experiment", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("started", MOMENT, nullable=True),
        sa.Column("ended", MOMENT, nullable=True),
        sa.Column("parent", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document", "version"], ["versions.document", "versions.number"], name="fk_runs_document_version"
        ),
        sa.PrimaryKeyConstraint("document", "version", name="pk_runs"),
    )
    op.create_index("ix_runs_id", "runs", ["id"], unique=False)


def _columns() -> None:
    op.add_column("sources", sa.Column("every", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("sources", sa.Column("kind", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("sources", sa.Column("problem", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("sources", sa.Column("synced_at", MOMENT, nullable=True))
    op.add_column("versions", sa.Column("revision", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("versions", sa.Column("changed_by", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("versions", sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False))


def _fill_ledger() -> None:
    """What was read before the ledger came is known to it."""
    op.execute(
        sa.text(
            "INSERT INTO files"
            " (source, path, fingerprint, state, reason, reader, seconds, documents, chunks, tries, at)"
            " SELECT documents.source, documents.path, min(documents.fingerprint), 'indexed', '', '', 0,"
            " count(*), sum(versions.chunks), 1, max(versions.recorded_at)"
            " FROM documents JOIN versions ON versions.document = documents.id AND versions.number = documents.current"
            " GROUP BY documents.source, documents.path"
        )
    )
