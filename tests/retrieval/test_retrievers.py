"""Whatever an index still holds, only what is current, allowed and wanted comes out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.domain.types import Access, Filters, Matrix, Query
from rag.registry.catalog import SqlCatalog
from rag.registry.database import open_database
from rag.retrieval.retrievers import FEW, HybridRetriever
from tests.registry.parts import Clock, put, source
from tests.retrieval.parts import ALL, StaleDense, ever, remember, retriever

OWLS = "Owls are heard at dusk.\nThe owl recorder wakes at dusk.\nBatteries last nine days."
FORMATS = "We train in fp16.\nThe loss is scaled."
NEW_FORMATS = "We train in bf16.\nThe loss is left alone."
WORDS = ("owl", "dusk", "train", "fp16", "bf16", "secret", "loss", "gone", "xyz")
SECRET = "The owl budget is secret.\nOwls cost money."


class Forgetful(StaleDense):
    """Finds only what it is told of."""

    def search(self, vector: Matrix, k: int, *, only: Sequence[str] | None = None) -> list[tuple[str, float]]:
        return super().search(vector, k, only=only or ())


class Endless(SqlCatalog):
    """So many chunks may be read that they cannot be listed."""

    def allowed_ids(
        self, access: Access, *, filters: Filters | None, as_of: datetime | None, limit: int
    ) -> list[str] | None:
        del access, filters, as_of, limit
        return None


class Crowded(SqlCatalog):
    """So many chunks may be read that they are not listed at once."""

    def allowed_ids(
        self, access: Access, *, filters: Filters | None, as_of: datetime | None, limit: int
    ) -> list[str] | None:
        if limit == FEW:
            return None
        return super().allowed_ids(access, filters=filters, as_of=as_of, limit=limit)


@dataclass(frozen=True)
class Library:
    catalog: SqlCatalog
    clock: Clock
    retriever: HybridRetriever
    owls: str
    formats: str
    secret: str

    @property
    def dense(self) -> StaleDense:
        assert isinstance(self.retriever.dense, StaleDense)
        return self.retriever.dense

    def found(self, text: str, access: Access = ALL, **narrow: object) -> list[str]:
        query = Query(text=text, access=access, **narrow)  # type: ignore[arg-type]
        return [hit.chunk.text.strip() for hit in self.retriever.retrieve(query, 50)]


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    engine = open_database("sqlite://")
    clock = Clock()
    catalog = SqlCatalog(engine, clock)
    texts: dict[str, str] = {}
    docs, money = source(catalog), source(catalog, space="money", root="/money")
    owls = put(catalog, docs, "owls.md", OWLS, authors=("Ruth",), kind="note")
    put(catalog, docs, "gone.md", "Owls that are gone.")
    formats = put(catalog, docs, "formats.md", FORMATS)
    secret = put(catalog, money, "budget.md", SECRET)
    remember(catalog, texts)
    put(catalog, docs, "formats.md", NEW_FORMATS, fingerprint="2")
    remember(catalog, texts)
    catalog.hide(next(info.id for info in catalog.documents(ALL)[0] if info.path == "gone.md"))
    yield Library(catalog, clock, retriever(catalog, texts), owls, formats, secret)
    engine.dispose()


def test_what_was_superseded_or_hidden_is_not_found_though_the_indexes_hold_it(library: Library) -> None:
    assert set(library.found("We train in fp16 owls gone")) == set(
        (OWLS + "\n" + NEW_FORMATS + "\n" + SECRET).splitlines()
    )


def test_the_past_is_found_as_it_was(library: Library) -> None:
    old = library.catalog.versions(library.formats, ALL)[0]
    then = library.found("Which format do we train in?", as_of=old.valid_from + timedelta(milliseconds=1))
    assert "We train in fp16." in then
    assert "We train in bf16." not in then


@pytest.mark.parametrize("kind", [SqlCatalog, Endless], ids=["exactly", "by the join"])
def test_nothing_of_another_space_is_found(library: Library, kind: type[SqlCatalog]) -> None:
    catalog = kind(library.catalog.engine, library.clock)
    query = Query(text="secret owl budget", access=Access(spaces=frozenset({"default"})))
    found = replace(library.retriever, catalog=catalog).retrieve(query, 50)
    assert found
    assert {hit.chunk.document.space for hit in found} == {"default"}


@pytest.mark.parametrize("filters", [Filters(), Filters(kinds=("note",)), Filters(authors=("ruth",))])
@pytest.mark.parametrize("spaces", [{"default"}, {"default", "money"}, {"money"}])
def test_a_wide_reach_finds_what_a_listed_one_finds(library: Library, spaces: set[str], filters: Filters) -> None:
    query = Query(text="secret owl budget train dusk", access=Access(spaces=frozenset(spaces)), filters=filters)
    crowded = Crowded(library.catalog.engine, library.clock)
    wide = replace(library.retriever, catalog=crowded).retrieve(query, 50)
    assert [hit.chunk.id for hit in wide] == [hit.chunk.id for hit in library.retriever.retrieve(query, 50)]


def test_what_is_reachable_is_what_the_join_gives(library: Library) -> None:
    every = ever(library.catalog)
    for access in (ALL, Access(spaces=frozenset({"money"})), Access()):
        for filters in (Filters(), Filters(kinds=("note",)), Filters(authors=("ruth",))):
            joined = library.catalog.chunks(every, access, filters=filters)
            assert library.catalog.reachable(every, access, filters=filters) == list(joined)


@pytest.mark.parametrize("access", [Access(), Access(spaces=frozenset({"nowhere"}))])
def test_who_may_read_nothing_finds_nothing(library: Library, access: Access) -> None:
    assert library.found("owls", access) == []


def test_a_narrow_reach_is_searched_exactly_and_only_there(library: Library) -> None:
    library.dense.only.clear()
    library.found("owls", Access(spaces=frozenset({"money"})))
    assert set(library.dense.only[0] or ()) == {f"{library.secret}:1:0", f"{library.secret}:1:1"}


def test_who_sees_everything_is_not_filtered(library: Library) -> None:
    library.dense.only.clear()
    library.found("owls")
    assert library.dense.only[0] is None


def test_filters_narrow_like_access_does(library: Library) -> None:
    assert set(library.found("train owls", filters=Filters(authors=("ruth",)))) == set(OWLS.splitlines())
    assert library.found("train owls", filters=Filters(kinds=("card",))) == []


@pytest.mark.parametrize("text", ["", "  \n", "the of and", "\x00", "?" * 5000])
def test_a_query_without_words_breaks_nothing(library: Library, text: str) -> None:
    assert library.found(text) == [] or text.strip()


def test_the_parts_sum_to_the_score_and_the_raw_scores_stand_beside_them(library: Library) -> None:
    hits = library.retriever.retrieve(Query(text="When does the owl recorder wake?", access=ALL), 10)
    assert hits[0].chunk.text.strip() == "The owl recorder wakes at dusk."
    for hit in hits:
        assert sum(hit.why.parts.values()) == pytest.approx(hit.score)
        assert -1.0 <= hit.why.raw["cosine"] <= 1.0
        assert all(0 < part <= hit.why.weights[name] for name, part in hit.why.parts.items())
        assert ("bm25" in hit.why.raw) == ("words" in hit.why.parts)


@pytest.mark.parametrize("typed", ["file:owls.md", "file:OWL", "file:*.md file:x", "file:o[vw]ls.*", "file:owl?.md"])
def test_a_named_file_is_found_though_no_index_brings_it(library: Library, typed: str) -> None:
    blind = replace(library.retriever, dense=Forgetful(library.catalog))
    hits = blind.retrieve(Query(text=f"zebra {typed}", access=ALL), 50)
    assert set(OWLS.splitlines()) <= {hit.chunk.text.strip() for hit in hits}
    assert all(hit.chunk.document.path == "owls.md" for hit in hits) or "*.md" in typed


def test_more_files_than_a_database_compares_are_compared_still(library: Library) -> None:
    many = " ".join(f"file:{n}x" for n in range(1_500))
    assert library.found(f"zebra owls {many}") == []
    assert set(library.found(f"zebra owls {many} file:owls.md")) == set(OWLS.splitlines())


def test_a_hit_names_the_conditions_it_fulfils_typed_or_given(library: Library) -> None:
    asked = Query(text="when do owls wake author:Ruth", access=ALL, filters=Filters(spaces=("default",)))
    hits = library.retriever.retrieve(asked, 3)
    assert {hit.why.conditions for hit in hits} == {("space:default", "author:Ruth")}
    assert library.found("owls")
    assert {hit.why.conditions for hit in library.retriever.retrieve(Query(text="owls", access=ALL), 3)} == {()}


def test_only_what_a_question_wishes_for_weighs(library: Library) -> None:
    def weighing(text: str) -> set[str]:
        asked = Query(text=text, access=ALL)
        return {"kind", "people", "period"}.intersection(library.retriever.retrieve(asked, 1)[0].why.weights)

    assert weighing("owls") == set()
    assert weighing("owls in the retro") == {"kind"}
    assert weighing("owls in the retro in March 2024") == {"kind", "period"}


def test_what_only_words_found_gets_its_cosine(library: Library) -> None:
    hits = replace(library.retriever, dense=Forgetful(library.catalog)).retrieve(Query(text="owl dusk", access=ALL), 10)
    assert hits
    assert all("meaning" in hit.why.parts for hit in hits[:2])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    words=st.lists(st.sampled_from(WORDS), max_size=5),
    spaces=st.frozensets(st.sampled_from(["default", "money", "other"])),
    k=st.integers(1, 12),
)
def test_every_hit_is_allowed_unique_and_in_order(
    library: Library, words: list[str], spaces: frozenset[str], k: int
) -> None:
    hits = library.retriever.retrieve(Query(text=" ".join(words), access=Access(spaces=spaces)), k)
    assert len(hits) <= k
    assert len({hit.chunk.id for hit in hits}) == len(hits)
    assert all(hit.chunk.document.space in spaces and hit.chunk.document.valid_to is None for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
