import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, func, insert, select, text

from rag.domain.errors import BadSetting, Conflict, NotFound, OldRegistry, StorageFailed, TooBusy
from rag.registry import database
from rag.registry.catalog import SqlCatalog
from rag.registry.database import open_database, reading, writing
from rag.registry.ledger import SqlLedger
from rag.registry.migrate import HEAD, KNOWN, SCRIPTS, revision, upgrade
from rag.registry.schema import metadata, spaces
from tests.registry.parts import ALL, START, put, source, texts


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def pragma(engine: Engine, name: str) -> object:
    with reading(engine) as connection:
        return connection.execute(text(f"PRAGMA {name}")).scalar()


def test_the_migrations_make_the_schema() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection, HEAD)
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_an_empty_database_gets_the_schema_at_once(engine: Engine) -> None:
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert revision(connection) == HEAD


def test_every_revision_is_known_by_name() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    scripts = ScriptDirectory.from_config(config)
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == KNOWN


def test_it_is_durable_and_private(disk: Engine, url: str) -> None:
    assert (pragma(disk, "journal_mode"), pragma(disk, "synchronous"), pragma(disk, "foreign_keys")) == ("wal", 2, 1)
    files = [file_of(url), *file_of(url).parent.iterdir()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(file_of(url).parent.stat().st_mode) == 0o700


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(disk: Engine, url: str) -> None:
    with writing(disk) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'v999'"))
    disk.dispose()
    before = file_of(url).read_bytes()
    for read_only in (False, True):
        with pytest.raises(Conflict, match=r"v999.*Upgrade"):
            open_database(url, read_only=read_only)
    assert file_of(url).read_bytes() == before


def test_a_read_only_one_reads_while_another_writes_and_cannot_write(disk: Engine, url: str) -> None:
    catalog = SqlCatalog(disk)
    key = put(catalog, source(catalog), "a", "x\n")
    reader = open_database(url, read_only=True)
    with writing(disk) as connection:
        connection.execute(insert(spaces).values(name="lab", created_at=START))
        assert texts(SqlCatalog(reader), [f"{key}:1:0"]) == ["x\n"]
    put(catalog, source(catalog), "b", "y\n")
    assert len(SqlCatalog(reader).documents(ALL)[0]) == 2
    with pytest.raises(StorageFailed, match="TEAMLORE_HOME"):
        source(SqlCatalog(reader), "other")
    reader.dispose()


def test_there_is_nothing_to_read_where_nothing_was_written(url: str) -> None:
    with pytest.raises(NotFound, match="teamlore ingest"):
        open_database(url, read_only=True)
    assert not file_of(url).parent.exists()


def test_a_reader_keeps_its_snapshot(disk: Engine) -> None:
    count = select(func.count()).select_from(spaces)
    with reading(disk) as connection:
        before = connection.execute(count).scalar()
        with writing(disk) as other:
            other.execute(insert(spaces).values(name="lab", created_at=START))
        assert connection.execute(count).scalar() == before
    with reading(disk) as connection:
        assert connection.execute(count).scalar() == before + 1 if before is not None else 1


def test_what_raises_inside_a_transaction_undoes_it(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(engine) as connection:  # noqa: PT012 - the transaction is the test
        connection.execute(insert(spaces).values(name="lab", created_at=START))
        raise ZeroDivisionError
    with reading(engine) as connection:
        assert connection.execute(select(spaces.c.name)).all() == []


def test_a_full_disk_is_said_and_nothing_is_half_written(disk: Engine) -> None:
    catalog = SqlCatalog(disk)
    of = source(catalog)
    key = put(catalog, of, "a", "x\n")
    disk.dispose()
    with disk.connect() as connection:  # the page limit stands for the disk's end
        connection.exec_driver_sql("PRAGMA max_page_count=1")
    with pytest.raises(StorageFailed, match=r"full.*Free some space"):
        put(catalog, of, "b", "".join(f"{n}\n" for n in range(3000)))
    assert [each.id for each in catalog.documents(ALL)[0]] == [key]


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be taken for one" * 40])
def test_a_file_that_is_no_database_is_said(url: str, content: bytes) -> None:
    file_of(url).parent.mkdir()
    file_of(url).write_bytes(content)
    with pytest.raises(StorageFailed, match="not a database"):
        open_database(url)


def test_a_home_below_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed, match="TEAMLORE_HOME"):
        open_database(f"sqlite:///{tmp_path}/file/registry.sqlite")


@pytest.mark.parametrize("url", ["", "nonsense", "oracle9000://x"])
def test_a_url_of_no_known_database_is_a_bad_setting(url: str) -> None:
    with pytest.raises(BadSetting, match="TEAMLORE_REGISTRY"):
        open_database(url)


def test_a_writer_that_waits_too_long_is_told_to_try_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    engine = open_database(url)
    other = sqlite3.connect(file_of(url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TooBusy) as refused:
        source(SqlCatalog(engine))
    assert refused.value.retryable
    other.close()
    engine.dispose()


def test_threads_share_a_registry_in_memory(engine: Engine) -> None:
    catalog = SqlCatalog(engine)
    of = source(catalog)
    workers = [threading.Thread(target=put, args=(catalog, of, f"{n}", "x\n")) for n in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(catalog.documents(ALL)[0]) == 8


def test_a_home_of_the_first_schema_is_brought_up_to_date_and_its_files_are_known(url: str) -> None:
    engine = create_engine(url)
    file_of(url).parent.mkdir(parents=True, exist_ok=True)
    with engine.begin() as connection:
        upgrade(connection, "v1")
        for row in (
            "INSERT INTO spaces VALUES ('default', 0)",
            "INSERT INTO sources (id, name, root, space) VALUES ('s', 'notes', '/notes', 'default')",
            "INSERT INTO documents (id, source, path, part, fingerprint, current, latest)"
            " VALUES ('d', 's', 'a.md', '', 'f1', 1, 1), ('h', 's', 'hidden.md', '', 'f2', NULL, 1)",
            "INSERT INTO versions (document, number, source, path, part, space, title, kind, authors, date, url, files,"
            " syntax, digest, chunks, valid_from, recorded_at)"
            " SELECT id, 1, source, path, part, 'default', '', '', '[]', '', '', '[]', 'plain', '', 3, 0, 5"
            " FROM documents",
        ):
            connection.exec_driver_sql(row)
    engine.dispose()
    with pytest.raises(OldRegistry):
        open_database(url, read_only=True)
    upgraded = open_database(url)
    (row,) = SqlLedger(upgraded).outcomes("s").values()
    assert (row.path, row.fingerprint, row.state, row.documents, row.chunks) == ("a.md", "f1", "indexed", 1, 3)
    upgraded.dispose()
