"""Spaces, documents and their chunks, the feed, and what is going on."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)
from sqlalchemy.types import JSON, TypeEngine

from rag.registry.moments import Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# By what a search is narrowed, and what it reads then; in no order to seek by, or a join would begin here and read all.
# Without `valid_to` SQLite would look each row up all the same.
WANTED = ("chunks", "space", "kind", "day", "document", "number", "valid_to")

# SQLite counts up only an INTEGER key; a feed may outgrow 32 bits elsewhere.
BigKey: TypeEngine[int] = BigInteger().with_variant(Integer, "sqlite")


def _index_where(condition: str, name: str, *columns: str, unique: bool) -> Index:
    """Over the rows that fulfil the condition."""
    return Index(name, *columns, unique=unique, sqlite_where=text(condition), postgresql_where=text(condition))


# --- who may read what --------------------------------------------------------------------------------------------

spaces = Table(
    "spaces", metadata, Column("name", String, primary_key=True), Column("created_at", Moment, nullable=False)
)

grants = Table(
    "grants",
    metadata,
    Column("group_name", String, primary_key=True),
    Column("space", ForeignKey(spaces.c.name), primary_key=True),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("hash", String, nullable=False),  # SHA-256 of the key, which has 256 random bits itself
    Column("groups", JSON, nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    _index_where("revoked_at IS NULL", "uq_keys_live_name", "name", unique=True),
)

# --- what is known ------------------------------------------------------------------------------------------------

sources = Table(
    "sources",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("root", String, nullable=False),
    Column("space", ForeignKey(spaces.c.name), nullable=False),
    Column("every", Integer, nullable=False, server_default=text("0")),  # seconds between two syncs; 0: when asked
    Column("kind", String, nullable=False, server_default=text("''")),  # that was given for all of it
    Column("problem", Text, nullable=False, server_default=text("''")),  # why the last sync did nothing
    Column("synced_at", Moment),
)

documents = Table(
    "documents",
    metadata,
    Column("id", String, primary_key=True),
    Column("source", ForeignKey(sources.c.id), nullable=False),
    Column("path", String, nullable=False),
    Column("part", String, nullable=False),
    Column("fingerprint", String, nullable=False),  # as last read; may be newer than the current version
    Column("current", Integer),  # NULL: hidden; else the one version whose valid_to is NULL
    Column("latest", Integer, nullable=False),
    Index("ix_documents_source_path", "source", "path"),
    sqlite_with_rowid=False,
)

# Also repeats what its document never changes (source to space), so that a hit needs one join and not two.
versions = Table(
    "versions",
    metadata,
    Column("document", ForeignKey(documents.c.id), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("source", String, nullable=False),
    Column("path", String, nullable=False),
    Column("part", String, nullable=False),
    Column("space", ForeignKey(spaces.c.name), nullable=False),  # its source's
    Column("title", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("authors", Text, nullable=False),  # JSON, as everywhere where a column holds a list
    Column("date", String, nullable=False),
    Column("day", String),  # of `date`, YYYY-MM-DD, for filters
    Column("url", String, nullable=False),
    Column("files", Text, nullable=False),
    Column("syntax", String, nullable=False),
    Column("digest", String, nullable=False),  # of text, metadata and chunks: the same means unchanged
    Column("chunks", Integer, nullable=False),  # how many; they are numbered from 0
    Column("valid_from", Moment, nullable=False),
    Column("valid_to", Moment),
    Column("recorded_at", Moment, nullable=False),
    Column("revision", String, nullable=False, server_default=text("''")),
    Column("changed_by", String, nullable=False, server_default=text("''")),
    Column("reason", Text, nullable=False, server_default=text("''")),
    _index_where("valid_to IS NULL", "ix_versions_current", "path", "part", "document", unique=False),
    _index_where("valid_to IS NULL", "ix_versions_wanted", *WANTED, unique=False),
    sqlite_with_rowid=False,
)


def version_key(document: str, version: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint([document, version], [versions.c.document, versions.c.number])


# Apart from `versions`, so that lists and joins never walk over texts.
texts = Table(
    "texts",
    metadata,
    Column("document", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("text", LargeBinary, nullable=False),  # zstd of UTF-8
    Column("marks", LargeBinary, nullable=False),  # zstd of JSON
    Column("facts", JSON, nullable=False),
    version_key("document", "version"),
)

authors = Table(
    "authors",
    metadata,
    Column("document", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("author", String, primary_key=True),  # casefolded
    version_key("document", "version"),
    Index("ix_authors_author", "author", "document", "version"),
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", String, primary_key=True),
    Column("document", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("hash", String, nullable=False),  # of what was embedded
    Column("section", Text, nullable=False),  # headings above its start
    Column("context", Text, nullable=False),
    Column("text", Text, nullable=False),
    version_key("document", "version"),
    Index("ix_chunks_version", "document", "version", "n", unique=True),
    Index("ix_chunks_hash", "hash"),
)

vectors = Table(
    "vectors",
    metadata,
    Column("hash", String, primary_key=True),
    Column("model", String, primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float32, little endian
)

feed = Table(
    "feed",
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=True),
    Column("add", Boolean, nullable=False),
    Column("chunk", String, nullable=False),
    sqlite_autoincrement=True,  # a number is never given twice, whatever was deleted
)

# A purged document's versions are counted on from here if it comes back: chunk ids are never given twice.
purged = Table(
    "purged",
    metadata,
    Column("document", String, primary_key=True),
    Column("latest", Integer, nullable=False),
)

generations = Table(
    "generations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    _index_where("state = 'current'", "uq_generations_current", "kind", unique=True),
    sqlite_autoincrement=True,
)

# --- what is going on ---------------------------------------------------------------------------------------------

jobs = Table(
    "jobs",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("state", String, nullable=False),
    Column("runner", String, nullable=False),  # of the process that runs it
    Column("progress", JSON(none_as_null=True)),
    Column("report", JSON(none_as_null=True)),
    Column("error", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Index("ix_jobs_state", "state"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("title", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index("ix_conversations_owner", "owner", "updated_at", "id"),
)

turns = Table(
    "turns",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("conversation", ForeignKey(conversations.c.id), nullable=False),
    Column("answer_id", String, nullable=False, unique=True),
    Column("question", Text, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("state", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_turns_conversation", "conversation"),
)

# Who is signed in and has the token reads the conversation, as far as they may read what it rests on.
shares = Table(
    "shares",
    metadata,
    Column("token", String, primary_key=True),
    Column("conversation", ForeignKey(conversations.c.id), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
)

# Which documents an answer quotes, so that a purge finds every quote.
turn_documents = Table(
    "turn_documents",
    metadata,
    Column("document", String, primary_key=True),
    Column("turn", ForeignKey(turns.c.id), primary_key=True),
    Index("ix_turn_documents_turn", "turn"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("turn", ForeignKey(turns.c.id), primary_key=True),
    Column("owner", String, primary_key=True),
    Column("value", Integer, nullable=False),
    Column("comment", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

# --- one row --------------------------------------------------------------------------------------------------------

upkeep = Table(
    "upkeep",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("scrub", Boolean, nullable=False, server_default=false()),  # a purge has not yet rewritten the file
)
