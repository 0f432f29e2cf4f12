"""Persons behind names: what documents say of each identity, what was settled by hand, and the port that knows."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal, Protocol

from rag.domain.types import Access, DocumentInfo

PersonState = Literal["active", "left", "opted-out"]
Key = tuple[str, str]  # system and id of an Identity
TEAM_FILE = "people.yaml"  # at the root of a source
OPTED_OUT = "somebody who opted out"
LONGEST_NAME = 200  # characters of a name that are compared
BARE = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "'": "", "’": ""}
)
ASIDE = re.compile(r"\([^()]{0,100}\)|\[[^\[\]]{0,100}\]|<[^<>]{0,200}>")
NO_LETTER = re.compile(r"[\W_]+")
ROLE_WORDS = (
    "admin administrator all anonymous bot build builder ci contact daemon dependabot deploy dev developer developers "
    "devnull devops donotreply everyone everybody github gitlab guest hello help hr info infra it jenkins jupyter list "
    "lists localhost mail mailer mailing me ml mlops moderator nobody none noreply notification notifications null "
    "office ops owner postmaster research robot root runner security service slackbot staff support sysadmin system "
    "team teams test tests ubuntu unknown user users web webmaster actions ec2 vagrant docker azureuser colab"
)
ROLES = frozenset(ROLE_WORDS.split())


# --- what matching works on -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that documents have ever said of one identity."""

    key: Key
    names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamEntry:
    """One person of a people.yaml. `accounts` are (system, id)."""

    name: str
    emails: tuple[str, ...] = ()
    accounts: tuple[Key, ...] = ()
    names: tuple[str, ...] = ()
    state: PersonState | None = None
    until: str = ""  # YYYY-MM-DD


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What people have said; it wins over matching, and what was said by hand over the rest."""

    entries: tuple[TeamEntry, ...] = ()
    merged: tuple[tuple[Key, ...], ...] = ()  # each one person
    apart: frozenset[Key] = frozenset()  # each alone, unless merged after


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One person: identities in order, the evidence of each ("same e-mail: ada@x.org"; "" when there is only one)."""

    evidence: Mapping[Key, str]
    entry: int | None = None  # of Settled.entries


Match = Callable[[Sequence[Known], Settled], list[Group]]


# --- what is asked and shown ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonIdentity:
    system: str
    id: str
    names: tuple[str, ...]  # that the caller may see
    emails: tuple[str, ...]
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """As one caller may see them: by documents, names and identities of the spaces they may read."""

    id: str
    name: str
    state: PersonState
    until: str = ""
    identities: tuple[PersonIdentity, ...] = ()
    documents: int = 0  # current ones
    last_seen: str = ""  # day of the newest dated document, YYYY-MM-DD

    @property
    def shown(self) -> str:
        return OPTED_OUT if self.state == "opted-out" else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who stands behind a name in a document. `name` is empty unless people.yaml gives one."""

    person: str
    name: str
    state: PersonState


class People(Protocol):
    """Thread-safe. Changes by hand are for administrators: the caller has checked."""

    def settle(self) -> None:
        """Match what is new. Does nothing where nothing is."""
        ...

    def all(self, access: Access) -> list[Person]:
        """Persons of current documents the caller may read, by name. Without e-mails."""
        ...

    def get(self, person: str, access: Access) -> Person:
        """By id. Raises NotFound, also when not allowed."""
        ...

    def named(self, name: str, access: Access) -> Person:
        """By id, name or part of a name that only one has. Raises NotFound, BadInput (several)."""
        ...

    def authors(self, documents: Sequence[DocumentInfo]) -> dict[tuple[str, int, str], Author]:
        """{(document, version, name as its authors have it, casefolded): who}."""
        ...

    def merge(self, one: str, other: str) -> Person:
        """Persons by id: they are one. Raises NotFound, BadInput (the same)."""
        ...

    def split(self, identity: Key) -> Person:
        """It is somebody else; returns who. Raises NotFound, BadInput (it is alone)."""
        ...

    def put_state(self, person: str, state: PersonState) -> Person:
        """Raises NotFound."""
        ...

    def load(self, origin: str, entries: Sequence[TeamEntry], *, again: bool = False) -> bool:
        """What the people.yaml of that origin says now; False when that is known already.

        What was undone counts as known, unless it is to be done `again`.
        """
        ...

    def undo(self) -> str:
        """Take the last action back; what it was, "" when there is none."""
        ...


# --- names ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=20_000)  # a search folds the authors of all that it compares
def fold_name(name: str) -> str:
    """For comparing: no case, accents, punctuation, asides; "Lovelace, Ada" is "ada lovelace"."""
    bare = ASIDE.sub(" ", name[:LONGEST_NAME])
    last, comma, first = bare.partition(",")
    if comma and first.strip() and "," not in first:
        bare = f"{first} {last}"
    plain = unicodedata.normalize("NFKD", bare.casefold().translate(BARE))
    kept = "".join(char for char in plain if not unicodedata.combining(char))
    return NO_LETTER.sub(" ", kept).strip() or " ".join(name[:LONGEST_NAME].casefold().split())


def is_full(folded: str) -> bool:
    """First and last name at least; an initial does not tell who."""
    return sum(len(word) > 1 and not word.isdigit() for word in folded.split()) > 1


def is_role(word: str) -> bool:
    """Of a mailbox, login or name: an office or a program, nobody in person."""
    parts = NO_LETTER.sub(" ", word.casefold().partition("+")[0]).split()
    said = " ".join(parts)
    return (
        all(part in ROLES or part.isdigit() for part in parts)
        or parts[-1] in ("bot", "team")
        or said.startswith(("noreply", "no reply", "do not reply"))
    )


def best_name(names: Iterable[str]) -> str:
    """The one to show: a full name before a handle, written with capitals and accents, the shortest such."""
    return min(names, key=_rank, default="")


def _rank(name: str) -> tuple[bool, bool, bool, bool, int, str]:
    folded = fold_name(name)
    capital = name[:1].isupper() and not name.isupper()
    return "@" in name, not is_full(folded), not capital, name.isascii(), len(name), name


def state_on(state: PersonState, until: str, today: date) -> PersonState:
    """Who stays until a day has left after it."""
    return "left" if state == "active" and until and until < today.isoformat() else state
