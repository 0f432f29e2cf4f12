"""Who is one person: what tells, what does not, and that the order of things never matters."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.authors import address_of, with_people
from ingest.identities import related
from ingest.people import match
from rag.domain.people import Key, Known, Settled, TeamEntry, fold_name
from rag.domain.records import Identity
from rag.domain.types import Fact, Parsed

NOTHING = Settled()


def one(system: str, id: str, *names: str, emails: Sequence[str] = ()) -> Known:
    return Known(key=(system, id), names=names, emails=tuple(emails))


def git(email: str, *names: str) -> Known:
    return one("git", email, *names, emails=[email])


def card(name: str) -> Known:
    return one("name", name, name)


def persons(*known: Known, settled: Settled = NOTHING) -> list[set[Key]]:
    return [set(group.evidence) for group in match(known, settled)]


def together(*known: Known, settled: Settled = NOTHING) -> bool:
    return len(persons(*known, settled=settled)) == 1


ADA = git("ada@example.org", "Ada Lovelace")


@pytest.mark.parametrize(
    "other",
    [
        one("slack", "U1", "ada", emails=["Ada@Example.org"]),
        card("ADA  Lovelace"),
        card("Lovelace, Ada"),
        card("Ada Lovelace (she/her)"),
        one("slack", "U1", "ada", "Ada Lovelace"),
        one("mlflow", "ada", "ada"),
        one("mlflow", "ada@example.org", "ada@example.org"),
        git("ada@laptop.local", "Ada Lovelace"),
        git("ada@elsewhere.example", "Ada Lovelace"),
        git("17+ada-l@users.noreply.github.com", "Ada Lovelace"),
    ],
)
def test_what_tells_who_it_is(other: Known) -> None:
    assert together(ADA, other)
    assert together(other, ADA)


@pytest.mark.parametrize(
    "other",
    [
        card("Ada"),
        one("slack", "U1", "ada"),
        one("irc", "ada_lovelace", "ada_lovelace"),
        card("A. Lovelace"),
        git("lovelace@elsewhere.example", "Ada Lovelace"),
        git("ada@elsewhere.example", "Ada King"),
        one("mlflow", "lovelace", "lovelace"),
        one("discord", "17", "ada#0001"),
    ],
)
def test_what_does_not_tell_enough(other: Known) -> None:
    assert not together(ADA, other)


def test_accents_and_order_of_a_name_do_not_count() -> None:
    assert together(card("Tomás Herrera"), one("slack", "U4", "tomas", "Herrera, Tomas"))
    assert fold_name("Łukasz Ørsted-O’Neil") == "lukasz orsted oneil"


@pytest.mark.parametrize("office", ["root@localhost", "noreply@github.com", "ci@example.org", "ml-team@example.org"])
def test_an_address_of_nobody_in_person_joins_nobody(office: str) -> None:
    assert not together(one("git", "1", "Ann Lee", emails=[office]), one("git", "2", "Ann Leeds", emails=[office]))


def test_an_address_that_people_of_other_names_share_joins_nobody() -> None:
    shared = "lab@example.org"
    some = [one("mail", name, name, emails=[shared]) for name in ("Ann Lee", "Bob Ray", "Cy Dun")]
    assert len(persons(*some)) == 3
    assert together(*(one("mail", name, name, emails=[shared]) for name in ("Nick Coghlan", "Alyssa Coghlan")))


def test_a_name_that_two_people_have_joins_nobody() -> None:
    smiths = [git("john@a.example", "John Smith"), git("smith@b.example", "John Smith"), card("John Smith")]
    assert len(persons(*smiths)) == 3
    assert len(persons(one("slack", "U1", "John Smith"), one("slack", "U2", "John Smith"), card("John Smith"))) == 3


def test_a_mailbox_reads_as_a_name_where_only_one_does() -> None:
    box = one("git", "ada.lovelace@example.org", "al", emails=["ada.lovelace@example.org"])
    assert together(box, card("Ada Lovelace"))
    assert together(card("Ada Lovelace"), one("wandb", "ada.lovelace", "ada.lovelace"))
    assert not together(git("ada.lovelace@example.org", "Bob Ray"), card("Ada Lovelace"))
    two = [one("git", f"x{n}", "al", emails=[f"ada.lovelace@{n}.example"]) for n in (1, 2)]
    assert len(persons(*two, card("Ada Lovelace"))) == 3


def test_a_user_with_a_mailbox_at_two_places_is_nobody_yet() -> None:
    two = [git("ada@a.example", "Ada Lovelace"), git("ada@b.example", "Ada King")]
    assert len(persons(*two, one("mlflow", "ada", "ada"))) == 3


def test_each_identity_says_why() -> None:
    groups = match([ADA, one("slack", "U1", "ada", emails=["ada@example.org"]), card("Ada Lovelace")], NOTHING)
    assert groups[0].evidence == {
        ("git", "ada@example.org"): "same e-mail: ada@example.org",
        ("name", "Ada Lovelace"): "same name: ada lovelace",
        ("slack", "U1"): "same e-mail: ada@example.org",
    }


# --- what people say wins -------------------------------------------------------------------------------------------


def test_a_file_of_the_team_settles_what_matching_may_not() -> None:
    john = [git("john@a.example", "John Smith"), git("smith@b.example", "John Smith"), one("slack", "U1", "johnny")]
    entry = TeamEntry(name="John Smith", emails=("john@a.example", "smith@b.example"), accounts=(("slack", "U1"),))
    groups = match(john, Settled(entries=(entry,)))
    assert [set(group.evidence.values()) for group in groups] == [{"people.yaml"}]
    assert groups[0].entry == 0


def test_two_of_a_file_are_never_joined() -> None:
    known = [ADA, card("Ada Lovelace"), one("slack", "U1", "ada", emails=["ada@example.org"])]
    file = (TeamEntry(name="Ada L.", emails=("ada@example.org",)), TeamEntry(name="Other", accounts=(("slack", "U1"),)))
    found = persons(*known, settled=Settled(entries=file))
    assert {("slack", "U1")} in found


def test_who_is_set_apart_by_hand_stays_alone_until_merged_by_hand() -> None:
    known = [ADA, card("Ada Lovelace"), card("Bob Ray")]
    apart = Settled(apart=frozenset([("name", "Ada Lovelace")]))
    assert len(persons(*known, settled=apart)) == 3
    merged = Settled(apart=apart.apart, merged=((("name", "Ada Lovelace"), ("name", "Bob Ray")),))
    assert {("name", "Ada Lovelace"), ("name", "Bob Ray")} in persons(*known, settled=merged)


# --- a team at random -----------------------------------------------------------------------------------------------

FIRST = ("Ada", "Bob", "Cleo", "Dai", "Eva", "Finn")
LAST = ("Lovelace", "Ray", "Dunn", "Okafor", "Li-Wu", "Herrera")


@st.composite
def teams(draw: st.DrawFn) -> list[tuple[str, Known]]:
    """(full name, identity): who people of one e-mail each are in the systems, some of the same name."""
    names = draw(st.lists(st.sampled_from([f"{a} {b}" for a in FIRST for b in LAST]), min_size=2, max_size=6))
    found: dict[Key, tuple[str, Known]] = {}
    for n, name in enumerate(names):
        first, last = name.lower().split()
        address = draw(st.sampled_from([f"{first}.{last}", first, f"{first[0]}{last}"])) + f"@{n}.example"
        each = [
            git(address, draw(st.sampled_from([name, first, name.upper()]))),
            one(
                "slack",
                f"U{n}",
                first,
                *draw(st.sampled_from([(), (name,)])),
                emails=draw(st.sampled_from([(), (address,)])),
            ),
            card(draw(st.sampled_from([name, first.title()]))),
            one("mlflow", address.partition("@")[0], address.partition("@")[0]),
        ]
        for identity in draw(st.lists(st.sampled_from(each), min_size=1, unique=True)):
            found.setdefault(identity.key, (name, identity))
    return [*found.values()]


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(team=teams(), seed=st.integers(0, 1000))
def test_the_order_does_not_matter_and_different_names_are_never_joined(
    team: list[tuple[str, Known]], seed: int
) -> None:
    known = [identity for _, identity in team]
    expected = persons(*known)
    random.Random(seed).shuffle(known)
    assert persons(*known) == expected
    for group in expected:
        full = {fold_name(name) for each in known if each.key in group for name in each.names if " " in name}
        assert len(full) <= 1


@given(names=st.lists(st.text("ab ", max_size=5), max_size=5))
def test_whether_names_are_related_is_the_same_in_any_order(names: list[str]) -> None:
    assert related(names) == related(reversed(names))


# --- authors of headers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("ncoghlan at gmail.com", "ncoghlan@gmail.com"),
        ("NCoghlan@Gmail.com", "ncoghlan@gmail.com"),
        ("ncoghlan (at) gmail.com", "ncoghlan@gmail.com"),
        ("she/her", ""),
        ("meet me at home", ""),
    ],
)
def test_an_address_is_read_however_it_is_spelt(written: str, address: str) -> None:
    assert address_of(written) == address


def test_the_authors_of_a_header_come_with_their_addresses() -> None:
    line = "Nick Coghlan <ncoghlan at gmail.com>, Donald Stufft <donald@stufft.io>, Ann Lee (she/her)"
    parsed = Parsed(
        text="", authors=("Nick Coghlan", "Donald Stufft", "Ann Lee"), facts=(Fact(key="Author", value=line),)
    )
    assert with_people(parsed).people == (
        Identity(
            system="mail", id="Nick Coghlan <ncoghlan@gmail.com>", name="Nick Coghlan", email="ncoghlan@gmail.com"
        ),
        Identity(system="mail", id="Donald Stufft <donald@stufft.io>", name="Donald Stufft", email="donald@stufft.io"),
    )


def test_a_mail_comes_with_its_sender_and_front_matter_with_its_pairs() -> None:
    mail = Parsed(text="Subject: x\nFrom: Ruth Adair <ruth@creek.example>\n", kind="mail", authors=("Ruth Adair",))
    assert with_people(mail).people[0].email == "ruth@creek.example"
    facts = (Fact(key="authors.name", value="Ada Lovelace"), Fact(key="authors.email", value="ada@example.org"))
    assert with_people(Parsed(text="", authors=("Ada Lovelace",), facts=facts)).people[0].email == "ada@example.org"
