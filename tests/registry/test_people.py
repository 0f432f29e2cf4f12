"""Persons as they are stored: whatever the order of ingest, taken back, purged, and shown to who may see them."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from ingest.people import match
from rag.domain.errors import BadInput, NotFound
from rag.domain.people import Key, Known, Person, TeamEntry
from rag.domain.records import Identity
from rag.domain.types import Access, Filters, Source
from rag.registry.catalog import SqlCatalog
from rag.registry.database import open_database
from rag.registry.people import SqlPeople
from tests.ingest.test_people import teams
from tests.registry.parts import ALL, put, source
from tests.registry.test_purge import CANARY, bytes_on_disk

TODAY = datetime(2026, 6, 1, tzinfo=UTC)


class Home:
    """A registry that settles people after each document."""

    def __init__(self, engine: Engine) -> None:
        self.catalog = SqlCatalog(engine, match=match)
        self.people = SqlPeople(engine, match, lambda: TODAY)
        self.n = 0

    def put(
        self, *who: Identity, authors: Sequence[str] = (), space: str = "default", path: str = "", date: str = ""
    ) -> str:
        self.n += 1
        of: Source = source(self.catalog, space, f"/{space}")
        key = put(
            self.catalog, of, path or f"{self.n}.md", f"text {self.n}\n", people=who, authors=tuple(authors), date=date
        )
        self.people.settle()
        return key

    def partition(self) -> list[set[Key]]:
        found = self.people.all(ALL)
        return sorted((keys(person) for person in found), key=sorted)

    def authored(self, name: str, access: Access = ALL) -> list[str]:
        found, _ = self.catalog.documents(access, filters=Filters(authors=(name,)))
        return [each.path for each in found]


def keys(person: Person) -> set[Key]:
    return {(one.system, one.id) for one in person.identities}


@pytest.fixture
def home(engine: Engine) -> Home:
    return Home(engine)


GIT = Identity(system="git", id="ada@example.org", name="Ada Lovelace", email="ada@example.org")
SLACK = Identity(system="slack", id="U1", name="ada", full_name="Ada Lovelace", active=True)
BOB = Identity(system="slack", id="U2", name="bob", full_name="Bob Ray")


def test_one_person_stands_behind_all_their_names(home: Home) -> None:
    home.put(SLACK, authors=["ada"], path="chat")
    home.put(authors=["Ada Lovelace"], path="card", date="2026-03-01")
    home.put(GIT, authors=["Ada Lovelace"], path="log")
    (ada,) = home.people.all(ALL)
    assert keys(ada) == {("slack", "U1"), ("git", "ada@example.org"), ("name", "Ada Lovelace")}
    assert (ada.name, ada.documents, ada.last_seen) == ("Ada Lovelace", 3, "2026-03-01")
    for name in ("ada", "Ada Lovelace", "lovelace, ADA"):
        assert home.authored(name) == ["card", "chat", "log"]
    assert home.authored("lovelace") == []


def test_programs_are_nobody(home: Home) -> None:
    home.put(authors=["github-actions[bot]", "root", "The Data Team"])
    assert home.people.all(ALL) == []


def test_those_who_write_as_an_office_are_told_apart_by_their_names(home: Home) -> None:
    for name in ("Ann Lee", "Bob Ray"):
        who = Identity(system="git", id="root@localhost", name=name, email="root@localhost")
        home.put(who, authors=[name], path=name)
    assert home.authored("Ann Lee") == ["Ann Lee"]
    assert len(home.people.all(ALL)) == 2


def test_a_name_is_ambiguous_once_two_have_it_and_whoever_came_first(engine: Engine) -> None:
    home = Home(engine)
    other = Identity(system="git", id="al@other.example", name="Ada Lovelace", email="al@other.example")
    home.put(GIT)
    home.put(authors=["Ada Lovelace"])
    assert len(home.partition()) == 1
    home.put(other)
    assert len(home.partition()) == 3


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(team=teams(), order=st.randoms(use_true_random=False), size=st.integers(1, 4))
def test_batches_and_their_order_do_not_matter_and_what_is_taken_back_leaves_nothing(
    team: list[tuple[str, Known]], order: random.Random, size: int
) -> None:
    who = [
        Identity(system=known.key[0], id=known.key[1], name=name, email=(*known.emails, "")[0])
        for _, known in team
        for name in known.names
    ]
    found = []
    for _ in range(2):
        engine = open_database("sqlite://")
        home = Home(engine)
        order.shuffle(who)
        for first in range(0, len(who), size):
            for one in who[first : first + size]:
                put(home.catalog, source(home.catalog), f"{who.index(one)}-{one.name}", "text\n", people=(one,))
            home.people.settle()
        found.append(home.partition())
        people = home.people.all(ALL)
        if len(people) > 1:
            home.people.merge(people[0].id, people[-1].id)
            merged = keys(people[0]) | keys(people[-1])
            (one,) = (part for part in home.partition() if part & merged)
            assert merged <= one  # and perhaps another, who was ambiguous while they were two
            assert all(part in found[-1] for part in home.partition() if part != one)
            home.people.undo()
        assert home.partition() == found[-1]
        engine.dispose()
    assert found[0] == found[1]


# --- by hand --------------------------------------------------------------------------------------------------------


def test_what_is_done_by_hand_holds_and_is_taken_back_step_by_step(home: Home) -> None:
    home.put(SLACK, authors=["ada"])
    home.put(GIT)
    home.put(BOB)
    before = home.partition()
    ada, bob = home.people.named("Ada Lovelace", ALL), home.people.named("bob", ALL)
    home.people.split(("git", "ada@example.org"))
    home.put(authors=["Ada Lovelace"])
    assert {("git", "ada@example.org")} in home.partition()
    home.people.merge(ada.id, bob.id)
    home.people.put_state(home.people.named("bob", ALL).id, "left")
    assert home.people.named("bob", ALL).state == "left"
    assert [home.people.undo().split()[0] for _ in range(3)] == ["Bob", "merged", "split"]
    assert home.people.undo() == ""
    assert home.partition() == [before[0] | {("name", "Ada Lovelace")}, before[1]]


def test_a_person_keeps_their_id_when_more_is_learned(home: Home) -> None:
    home.put(SLACK)
    before = home.people.named("ada", ALL).id
    home.put(GIT)
    home.put(authors=["Ada Lovelace"])
    assert home.people.named("ada", ALL).id == before


def test_what_cannot_be_done_says_why(home: Home) -> None:
    home.put(SLACK)
    ada = home.people.named("ada", ALL)
    with pytest.raises(BadInput, match="one person already"):
        home.people.merge(ada.id, ada.id)
    with pytest.raises(BadInput, match="all there is"):
        home.people.split(("slack", "U1"))
    with pytest.raises(NotFound):
        home.people.split(("slack", "U9"))
    home.put(authors=["Ada King", "Bo King"])
    with pytest.raises(BadInput, match="could be 2 people"):
        home.people.named("king", ALL)
    with pytest.raises(NotFound, match="Nobody"):
        home.people.named("kin", ALL)


def test_the_file_of_the_team_names_and_settles_until_it_is_gone(home: Home) -> None:
    home.put(Identity(system="mlflow", id="al7", name="al7"), authors=["al7"], path="run")
    home.put(SLACK, authors=["ada"], path="chat")
    before = home.partition()
    entry = TeamEntry(name="Ada King", accounts=(("mlflow", "al7"), ("slack", "U1")), state="left", until="2026-05-01")
    assert home.people.load("file", [entry])
    assert not home.people.load("file", [entry])
    (ada,) = home.people.all(ALL)
    assert (ada.name, ada.state, ada.until) == ("Ada King", "left", "2026-05-01")
    assert {one.evidence for one in ada.identities} == {"people.yaml"}
    assert home.authored("ada king") == ["chat", "run"]
    home.people.undo()
    assert home.partition() == before
    assert not home.people.load("file", [entry])
    assert home.people.load("file", [entry], again=True)
    home.people.load("file", [])
    assert home.partition() == before


def test_who_stays_until_a_day_has_left_after_it(home: Home) -> None:
    home.put(SLACK)
    for until, state in (("2026-05-31", "left"), ("2026-06-01", "active")):
        home.people.load("file", [TeamEntry(name="Ada", accounts=(("slack", "U1"),), until=until)])
        assert home.people.named("ada", ALL).state == state


def test_a_closed_account_says_that_somebody_left_and_changes_no_document(home: Home) -> None:
    of = source(home.catalog)
    for active in (True, False):
        who = Identity(system="slack", id="U1", name="ada", active=active)
        key = put(home.catalog, of, "chat", "text\n", people=(who,))
        home.people.settle()
        assert home.people.named("ada", ALL).state == ("active" if active else "left")
    assert len(home.catalog.versions(key, ALL)) == 1


def test_who_opted_out_is_not_named(home: Home) -> None:
    key = home.put(SLACK, authors=["ada"])
    home.people.put_state(home.people.named("ada", ALL).id, "opted-out")
    (ada,) = home.people.all(ALL)
    assert ada.shown == "somebody who opted out"
    (info,) = [each for each in home.catalog.documents(ALL)[0] if each.id == key]
    assert home.people.authors([info])[key, 1, "ada"].state == "opted-out"
    with pytest.raises(NotFound):
        home.people.named("ada", Access(spaces=frozenset(["default"])))


# --- who sees what --------------------------------------------------------------------------------------------------


def test_nothing_is_shown_of_where_one_may_not_read(home: Home) -> None:
    home.put(SLACK, authors=["ada"], space="open", path="chat")
    home.put(BOB, space="closed")
    home.put(Identity(system="slack", id="U1", name="Countess"), authors=["Countess"], space="closed")
    some = Access(spaces=frozenset(["open"]))
    (ada,) = home.people.all(some)
    assert (ada.name, ada.documents) == ("Ada Lovelace", 1)
    assert ada.identities[0].names == ("Ada Lovelace", "ada")
    assert home.authored("Countess", some) == []
    assert home.authored("Ada Lovelace", some) == ["chat"]
    assert len(home.authored("Countess")) == 2
    with pytest.raises(NotFound):
        home.people.get(home.people.named("bob", ALL).id, some)
    assert home.people.all(Access()) == []


# --- purge ----------------------------------------------------------------------------------------------------------


def test_nothing_personal_stays_of_a_purged_document(disk: Engine, url: str) -> None:
    home = Home(disk)
    address = f"{CANARY}@example.org"
    home.put(Identity(system="mlflow", id=CANARY, name=CANARY), path="run")
    gone = [
        home.put(Identity(system="git", id=address, name="Ada Lovelace", email=address), authors=["Ada Lovelace"]),
        home.put(Identity(system="slack", id="U1", name="ada", full_name=CANARY, email=address)),
    ]
    home.put(Identity(system="slack", id="U1", name="ada"), authors=["ada"])
    home.put(BOB)
    assert len(home.people.all(ALL)) == 2
    for key in gone:
        home.catalog.purge(key)
    assert {person.name for person in home.people.all(ALL)} == {CANARY, "ada", "Bob Ray"}
    assert address.encode() not in bytes_on_disk(url)
    assert keys(home.people.named("ada", ALL)) == {("slack", "U1")}
    assert home.people.named(CANARY, ALL).identities[0].evidence == ""


def test_a_purge_leaves_those_alone_whom_somebody_settled(home: Home) -> None:
    key = home.put(SLACK)
    home.put(BOB)
    ada, bob = (home.people.named(name, ALL).id for name in ("ada", "bob"))
    home.people.merge(ada, bob)
    home.catalog.purge(key)
    assert keys(home.people.named("bob", ALL)) == {("slack", "U1"), ("slack", "U2")}


def test_a_purged_people_yaml_says_nothing_any_more(home: Home) -> None:
    home.put(SLACK)
    key = home.put(path="people.yaml")
    of = source(home.catalog, "default", "/default")
    home.people.load(of.id, [TeamEntry(name="Countess", accounts=(("slack", "U1"),))])
    assert home.people.named("ada", ALL).name == "Countess"
    home.catalog.purge(key)
    assert home.people.named("ada", ALL).name == "Ada Lovelace"
