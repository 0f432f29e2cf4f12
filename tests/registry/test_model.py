"""Put, change, hide, purge and bring back at random, beside a plain dict that knows what must be there."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from rag.domain.types import PathUpdate
from rag.registry.catalog import SqlCatalog
from rag.registry.database import open_database, reading
from rag.registry.identity import document_id
from rag.registry.schema import chunks, documents, texts, vectors, versions
from tests.registry.parts import ALL, MODEL, Clock, document, ids, replayed, source, update

PATHS = st.sampled_from(["a", "b", "c"])
LINES = st.lists(st.sampled_from(["one", "two", "three"]), max_size=3)


class RegistryMachine(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.engine = open_database("sqlite://")
        self.catalog = SqlCatalog(self.engine, Clock())
        self.source = source(self.catalog)
        self.current: dict[tuple[str, str], str] = {}
        self.kept: set[tuple[str, str]] = set()  # current or hidden
        self.given: set[str] = set()  # every chunk id the feed has ever added

    @rule(path=PATHS, parts=st.dictionaries(st.sampled_from(["", "p"]), LINES, max_size=2), other=PATHS)
    def put(self, path: str, parts: dict[str, list[str]], other: str) -> None:
        texts = {part: "".join(f"{line}\n" for line in lines) for part, lines in parts.items()}
        made = [document(self.source, path, text, part=part, title="t") for part, text in texts.items()]
        updates = [update(self.source, path, *made)]
        if other != path:
            updates.append(PathUpdate(source=self.source.id, path=other, prepared=()))
        self.catalog.commit(updates, model=MODEL)
        self.current = {key: text for key, text in self.current.items() if key[0] not in (path, other)}
        self.current |= {(path, part): text for part, text in texts.items()}
        self.kept |= self.current.keys()

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def hide(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.kept)))
        self.catalog.hide(document_id(self.source.id, *key))
        self.current.pop(key, None)

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def purge(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.kept)))
        self.catalog.purge(document_id(self.source.id, *key))
        self.current.pop(key, None)
        self.kept.discard(key)

    @invariant()
    def the_current_texts_are_the_models(self) -> None:
        found, _ = self.catalog.documents(ALL)
        shown = {(each.path, each.part): self.catalog.text(each.id, ALL).text for each in found}
        assert shown == self.current

    @invariant()
    def the_feed_replays_to_the_current_chunks(self) -> None:
        held = self.catalog.chunks(ids(self.catalog), ALL)
        assert replayed(self.catalog) == ids(self.catalog) == sorted(held)
        assert sorted(chunk.text for chunk in held.values()) == sorted(
            line for text in self.current.values() for line in text.splitlines(keepends=True)
        )
        assert len(self.catalog.entries(list(held), MODEL)) == len(held) == self.catalog.counts()["chunks"]

    @invariant()
    def a_chunk_id_is_added_once(self) -> None:
        added = [change.chunk_id for change in self.catalog.feed(0, 1_000_000) if change.add]
        assert len(added) == len(set(added))

    @invariant()
    def the_tables_agree(self) -> None:
        with reading(self.engine) as connection:
            current = select(documents.c.id, documents.c.current).where(documents.c.current.is_not(None))
            valid = select(versions.c.document, versions.c.number).where(versions.c.valid_to.is_(None))
            assert set(connection.execute(current)) == set(connection.execute(valid))
            assert set(connection.execute(select(documents.c.id)).scalars()) == {
                document_id(self.source.id, *key) for key in self.kept
            }
            numbers = set(connection.execute(select(versions.c.document, versions.c.number)))
            assert set(connection.execute(select(texts.c.document, texts.c.version))) == numbers
            used = set(connection.execute(select(chunks.c.hash)).scalars())
            assert set(connection.execute(select(vectors.c.hash)).scalars()) == used

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.dispose()


RegistryMachine.TestCase.settings = settings(
    max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
TestRegistryAgainstAModel = pytest.mark.slow(RegistryMachine.TestCase)
