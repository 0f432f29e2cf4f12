"""A log of a chat in arrays: who says what, and to whom, where people call each other by their nicknames. Pure."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

NEVER = 10**6  # further away than anything
WORD = re.compile(r"[a-z0-9](?:[a-z0-9_.+/-]{0,60}[a-z0-9])?")
EDGES = ".,:;!?()[]{}<>'\"*~@+-_^`|\\/"
CALLS = ":,;>"  # what follows a name that is called
MOST_WORDS = 60  # of a message, in which names are looked for
RECENT = 200  # messages; who was silent for longer is not meant by a shortened name
LONGEST_SHORT = 12  # characters of a shortened name


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OPENERS = _words(
    "hi hello hey hiya yo morning evening greetings re howdy thanks thx thank ty tnx cheers yes yeah yep no nope ok "
    "okay sure right true ah oh hmm lol haha"
)
WORDS = OPENERS | _words(
    "and but or also then so because which it that its it's the to with like just i how what why where when who is are "
    "can does do anyone anybody has should could would any what's how's someone me you we he she they this"
)
ASKS = _words("how what why where when who which is are can does do anyone anybody has should could would")
GREETS = _words("hi hello hey hiya yo morning evening greetings re howdy")
THANKS = _words("thanks thx thank ty tnx cheers")
AGREES = _words(
    "yes yeah yep yea no nope ok okay sure right true ah oh hmm k nah yup exactly correct indeed cool great lol haha "
    "heh"
)
GOES_ON = _words("and but or also then so because which it that its it's the to with like just i")
SEEKS = _words("anyone anybody someone somebody everyone everybody guys people all")
SIGNS = (
    "asks", "wonders", "links", "greets", "thanks", "agrees", "goes_on", "seeks", "commands", "is_bot", "is_short",
    "is_long", "is_capital", "trails",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of a log. `minute` counts from anywhere, the same for a whole log, and never falls."""

    author: str  # the name it was said under
    minute: int
    text: str
    person: str = ""  # the same under every name; empty: the name

    @property
    def who(self) -> str:
        return (self.person or self.author).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """Of each message: who says it, to whom (-1: to nobody by name), whom else it names. People are numbers from 0."""

    authors: list[int]
    targets: list[int]
    mentions: list[frozenset[int]]
    names: frozenset[str]  # lower case, shortened forms included


def addressed(log: Sequence[Said]) -> Addressed:
    people: dict[str, int] = {}
    authors = [people.setdefault(said.who, len(people)) for said in log]
    names = _names(log, authors)
    shortened = _shortened(names)
    heard: dict[int, int] = {}
    targets, mentions = [], []
    for at, (said, author) in enumerate(zip(log, authors, strict=True)):
        caller = _Caller(names=names, shortened=shortened, heard=heard, author=author, at=at)
        target, named = caller.reads(said.text.lower().split()[:MOST_WORDS])
        targets.append(target)
        mentions.append(named)
        heard[author] = at
    return Addressed(authors=authors, targets=targets, mentions=mentions, names=frozenset(names))


def _names(log: Sequence[Said], authors: Sequence[int]) -> dict[str, int]:
    """Every name and its plain core (`|trey|`: trey, `fader|away`: fader); a whole name goes before a core."""
    names: dict[str, int] = {}
    written = list(dict.fromkeys((said.author.lower(), author) for said, author in zip(log, authors, strict=True)))
    for name, person in written:
        names.setdefault(name, person)
    for name, person in written:
        core = name.strip(EDGES)
        if len(core) >= 2:
            names.setdefault(core, person)
        stem = re.split(r"[|`\[]", core, maxsplit=1)[0].rstrip("0123456789" + EDGES)
        if len(stem) >= 4:
            names.setdefault(stem, person)
    return names


def _shortened(names: Mapping[str, int]) -> dict[str, set[int]]:
    """{the first 3 to 11 letters of a name: whose names begin so}"""
    starts: dict[str, set[int]] = defaultdict(set)
    for name, person in names.items():
        for length in range(3, min(len(name), LONGEST_SHORT)):
            starts[name[:length]].add(person)
    return starts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Caller:
    """The author of one message, with whom it may call."""

    names: Mapping[str, int]
    shortened: Mapping[str, set[int]]
    heard: Mapping[int, int]  # when each person spoke last
    author: int
    at: int  # number of the message

    def reads(self, words: Sequence[str]) -> tuple[int, frozenset[int]]:
        """(whom it is for, everybody it names)"""
        target, named = -1, []
        for n, word in enumerate(words):
            person = self._meant(word, leads=_leads(words, n))
            if person < 0 or person == self.author:
                continue
            named.append(person)
            if target < 0 and (_leads(words, n) or (n == len(words) - 1 and len(word.strip(EDGES)) > 3)):
                target = person
        if target < 0 and len(set(named)) == 1:
            target = named[0]
        return target, frozenset(named)

    def _meant(self, word: str, *, leads: bool) -> int:
        """Whom a word names, -1 when nobody."""
        bare = word.strip(EDGES)
        called = word[-1] in CALLS or word[0] == "@"
        if not called and (len(bare) < 3 or bare in WORDS):
            return -1
        for form in (word, word.rstrip(":,;>.!?'\"()"), bare if len(word) > 2 else ""):
            if form in self.names:
                return self.names[form]
        if leads and called and len(bare) >= 3:
            close = [
                person for person in self.shortened.get(bare, ()) if self.heard.get(person, -RECENT) > self.at - RECENT
            ]
            return max(close, key=lambda person: self.heard[person], default=-1)
        return -1


def _leads(words: Sequence[str], n: int) -> bool:
    """At the beginning, or behind a first word like `hi`."""
    return n == 0 or (n == 1 and words[0].strip(EDGES) in OPENERS)


# --- in arrays --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log in arrays, one entry a message. `NEVER` and -1 stand for what is not there."""

    authors: Ints
    minutes: Ints
    targets: Ints
    named: Bools  # whether it names anybody
    previous: Ints  # of the same author, -1
    following: Ints  # of the same author, NEVER
    last_partner: Ints  # whom the author spoke to last before, -1
    next_partner: Ints  # whom the author speaks to next, -1
    signs: Floats  # shape (n, len(SIGNS))
    lengths: Floats  # log(1 + words)
    by_author: Ints  # author * n + message, sorted
    calls: Ints  # (author * people + named) * n + message, sorted
    called: Ints  # named * n + message, sorted
    people: int
    words: tuple[frozenset[str], ...]
    weights: dict[str, float]  # {word: inverse document frequency}

    def __len__(self) -> int:
        return len(self.authors)


def to_log(said: Sequence[Said]) -> Log:
    about = addressed(said)
    n, people = len(said), max(about.authors, default=0) + 1
    authors = np.array(about.authors, dtype=np.int64)
    words = tuple(
        frozenset(word for word in WORD.findall(one.text.lower()) if len(word) > 1 and word not in about.names)
        for one in said
    )
    counts = Counter(word for each in words for word in each)
    calls = [(a * people + b, i) for i, a in enumerate(about.authors) for b in about.mentions[i]]
    called = [(b, i) for i in range(n) for b in about.mentions[i]]
    previous, last_partner = _before(about.authors, about.targets)
    following, next_partner = _before(about.authors[::-1], about.targets[::-1])
    return Log(
        authors=authors,
        minutes=np.array([one.minute for one in said], dtype=np.int64),
        targets=np.array(about.targets, dtype=np.int64),
        named=np.array([bool(each) for each in about.mentions], dtype=bool),
        previous=previous,
        following=np.where(following[::-1] < 0, NEVER, n - 1 - following[::-1]),
        last_partner=last_partner,
        next_partner=next_partner[::-1],
        signs=np.array([_signs(one, about) for one in said], dtype=np.float32).reshape(n, len(SIGNS)),
        lengths=np.log1p(np.array([len(one.text.split()) for one in said], dtype=np.float32)),
        by_author=np.sort(authors * n + np.arange(n)),
        calls=_keys(calls, n),
        called=_keys(called, n),
        people=people,
        words=words,
        weights={word: math.log((n + 1) / (count + 0.5)) for word, count in counts.items()},
    )


def _keys(pairs: Sequence[tuple[int, int]], n: int) -> Ints:
    """Sorted, and closed by one that is larger than any that is looked for."""
    return np.sort(np.array([a * n + i for a, i in pairs] + [np.iinfo(np.int64).max], dtype=np.int64))


def _before(authors: Sequence[int], targets: Sequence[int]) -> tuple[Ints, Ints]:
    """(the author's message before, whom the author addressed last before), each -1 when there is none"""
    messages: dict[int, int] = {}
    partners: dict[int, int] = {}
    found = np.full((2, len(authors)), -1, dtype=np.int64)
    for i, (author, target) in enumerate(zip(authors, targets, strict=True)):
        found[0, i], found[1, i] = messages.get(author, -1), partners.get(author, -1)
        messages[author] = i
        if target >= 0:
            partners[author] = target
    return found[0], found[1]


def _signs(said: Said, about: Addressed) -> tuple[bool, ...]:
    """As SIGNS names them; the first word is the first that is no name."""
    text, name = said.text.lower(), said.author.lower()
    tokens = text.split()
    bare = [token.strip(EDGES) for token in tokens]
    first = next((word for word in bare if word not in about.names), "")
    return (
        "?" in text, first in ASKS, "http" in text or "www." in text, first in GREETS, not THANKS.isdisjoint(bare),
        first in AGREES, first in GOES_ON, not SEEKS.isdisjoint(bare), text.startswith(("!", "@")) and len(tokens) <= 5,
        "bot" in name or name.endswith("serv"), len(tokens) <= 2, len(tokens) >= 12, said.text[:1].isupper(),
        text.endswith(("..", ",")),
    )  # fmt: skip
