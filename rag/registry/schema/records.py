"""What is kept beside the texts: facts, runs, people, the messages of chats, and what became of each file."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.types import JSON

from rag.registry.moments import Moment
from rag.registry.schema.core import BigKey, metadata, sources, spaces, version_key

facts = Table(
    "facts",
    metadata,
    Column("document", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("key", String, nullable=False),  # casefolded
    Column("text", Text, nullable=False),  # as written
    Column("folded", String, nullable=False),  # casefolded, cut at 200 characters: for filters
    Column("number", Float),
    Column("at", Integer),
    version_key("document", "version"),
    Index("ix_facts_key", "key", "folded"),
)

runs = Table(
    "runs",
    metadata,
    Column("document", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("tool", String, nullable=False),
    Column("id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("experiment", String, nullable=False),
    Column("status", String, nullable=False),
    Column("user", String, nullable=False),
    Column("started", Moment),
    Column("ended", Moment),
    Column("parent", String, nullable=False),
    Column("note", Text, nullable=False),
    version_key("document", "version"),
    Index("ix_runs_id", "id"),
)

run_values = Table(
    "run_values",
    metadata,
    Column("document", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("section", String, primary_key=True),  # params | metrics | tags | datasets | artifacts
    Column("key", String, primary_key=True),
    Column("text", Text, nullable=False),  # of a metric the last value
    Column("number", Float),
    Column("step", BigInteger),
    Column("lowest", Float),
    Column("lowest_step", BigInteger),
    Column("highest", Float),
    Column("highest_step", BigInteger),
    Column("history", LargeBinary),  # zstd of JSON: [[step, value or null], ...]
    version_key("document", "version"),
    Index("ix_run_values_key", "section", "key"),
)

# --- people ---------------------------------------------------------------------------------------------------------

people = Table(
    "people",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("state", String, nullable=False),  # active | left | opted-out
    Column("until", String, nullable=False),  # the day they left or will leave, YYYY-MM-DD; empty: nobody says
    Column("stated", Boolean, nullable=False),  # the name is the one people.yaml gives
)

identities = Table(
    "identities",
    metadata,
    Column("system", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("email", String, nullable=False),  # the newest; `emails` has all
    Column("emails", Text, nullable=False),
    Column("active", Boolean),
    Column("person", ForeignKey(people.c.id)),
    Column("evidence", String, nullable=False),  # why this person
    Column("stated", Boolean, nullable=False),  # by hand or people.yaml: stays without a document
    Column("settled", Boolean, nullable=False),  # False: matching has not seen it as it is now
    Index("ix_identities_person", "person"),
    Index("ix_identities_settled", "settled"),
)

# Every name a document of that space has shown them under; the space is empty for a name of people.yaml.
identity_names = Table(
    "identity_names",
    metadata,
    Column("system", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("space", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("folded", String, nullable=False),
    Index("ix_identity_names_folded", "folded"),
)

# Merges and splits made by hand or by people.yaml, newest last, so that each can be undone.
people_log = Table(
    "people_log",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("action", JSON, nullable=False),
    Column("at", Moment, nullable=False),
    Column("undone", Boolean, nullable=False),
)

document_people = Table(
    "document_people",
    metadata,
    Column("document", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("system", String, primary_key=True),
    Column("identity", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("full_name", String, nullable=False),
    Column("email", String, nullable=False),
    Column("active", Boolean),
    version_key("document", "version"),
    Index("ix_document_people_identity", "system", "identity"),
)

# --- chats ----------------------------------------------------------------------------------------------------------

# A channel's threads are documents of the source that named it first, whatever export its messages come from.
channels = Table(
    "channels",
    metadata,
    Column("space", ForeignKey(spaces.c.name), primary_key=True),
    Column("channel", String, primary_key=True),
    Column("source", ForeignKey(sources.c.id), nullable=False),
    Column("path", String, nullable=False),
    Column("change", Integer, nullable=False),  # how often what exports say of it has changed ...
    Column("settled", Integer, nullable=False),  # ... and up to which change its documents follow
)

# What one export says about a channel, about a thread of it, and about one message.
coverages = Table(
    "coverages",
    metadata,
    Column("space", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("source", ForeignKey(sources.c.id), primary_key=True),
    Column("path", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("first", String, nullable=False),
    Column("last", String, nullable=False),
    Column("exported", String, nullable=False),
)

threads = Table(
    "threads",
    metadata,
    Column("space", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("source", ForeignKey(sources.c.id), primary_key=True),
    Column("path", String, primary_key=True),
    Column("thread", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("title", String, nullable=False),
    Column("files", Text, nullable=False),
    Column("people", Text, nullable=False),
    Index("ix_threads_path", "source", "path"),
)

messages = Table(
    "messages",
    metadata,
    Column("space", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("source", ForeignKey(sources.c.id), primary_key=True),
    Column("path", String, primary_key=True),
    Column("thread", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("time", String, nullable=False),
    Column("author", String, nullable=False),
    Column("url", String, nullable=False),
    Column("body", LargeBinary, nullable=False),  # zstd of the slice of text
    Index("ix_messages_path", "source", "path"),
    sqlite_with_rowid=False,
)

# --- the ledger -----------------------------------------------------------------------------------------------------

files = Table(
    "files",
    metadata,
    Column("source", ForeignKey(sources.c.id), primary_key=True),
    Column("path", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reader", String, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("documents", Integer, nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("stamp", String, nullable=False, server_default=text("''")),
    Column("at", Moment, nullable=False),
    Column("next_try", Moment),
    Index("ix_files_state", "state"),
)
