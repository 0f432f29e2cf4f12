"""What a part holds beside its text: names, titles, facts, a run, people. Secrets are masked there too."""

import itertools
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ingest.secrets.detect import Detector
from ingest.secrets.masking import masked
from ingest.secrets.rules import Span
from rag.domain.records import Identity, RunRecord
from rag.domain.types import Locator, Message, Page, Parsed, Run, Section

Words = Callable[[str], str]
Named = Callable[[str, str], str]  # (key, value): the key may make the value a secret
SHORTEST, LONG, LONGEST = 8, 12, 500  # characters of a value that is masked wherever else it stands
DIGIT = re.compile(r"\d")
ADDRESS = re.compile(r" ?[<(]?\[masked:email\][>)]?")


@dataclass(slots=True)
class Beside:
    """Masks strings, remembers what it masked: rules for the report, values to look for in the text."""

    known: dict[str, str] = field(default_factory=dict)  # strings that change
    rules: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)  # {value: rule}

    @classmethod
    def of(cls, parsed: Parsed, detector: Detector) -> "Beside":
        strings = list(dict.fromkeys(_strings(parsed)))
        starts = [0, *itertools.accumulate(len(words) + 1 for words in strings)]
        found: dict[int, list[Span]] = defaultdict(list)
        for span in detector.find_in("\n".join(strings), starts[:-1]):
            n = bisect_right(starts, span.start) - 1
            found[n].append(Span(span.start - starts[n], span.end - starts[n], span.rule))
        beside = cls()
        for n, spans in sorted(found.items()):
            clean = masked(strings[n], spans)
            beside.known[strings[n]] = clean.text
            beside.rules += [span.rule for span in clean.spans]
            beside.values |= {strings[n][span.start : span.end]: span.rule for span in clean.spans}
        return beside

    def plain(self, words: str) -> str:
        return self.known.get(words, words)

    def named(self, key: str, words: str) -> str:
        clean = self.known.get(f'{key}="{words}"', "")
        told = clean.startswith(f'{key}="') and clean.endswith('"')
        return clean[len(key) + 2 : -1] if told else self.plain(words)


def _strings(parsed: Parsed) -> list[str]:
    """As they stand, a named value as `key="value"`."""
    strings: list[str] = []

    def collect(words: str) -> str:
        strings.append(words)
        return words

    def collect_named(key: str, words: str) -> str:
        strings.append(f'{key}="{words}"')
        return words

    each_string(parsed, collect, collect_named)
    return strings


def each_string(parsed: Parsed, words: Words, named: Named) -> Parsed:
    """`words` of everything that is shown or searched; ids, dates and numbers stay."""
    return replace(
        parsed,
        marks=tuple(replace(mark, locator=_locator(mark.locator, words)) for mark in parsed.marks),
        facts=tuple(
            replace(fact, value=named(fact.key, fact.value)) if isinstance(fact.value, str) else fact
            for fact in parsed.facts
        ),
        title=words(parsed.title),
        authors=tuple(map(words, parsed.authors)),
        url=words(parsed.url),
        part=words(parsed.part),
        files=tuple(map(words, parsed.files)),
        notes=tuple(map(words, parsed.notes)),
        run=None if parsed.run is None else _run(parsed.run, words, named),
        people=tuple(
            replace(
                one,
                name=words(one.name),
                email=words(one.email) if one.email else "",
                full_name=words(one.full_name) if one.full_name else "",
            )
            for one in parsed.people
        ),
        thread=None if parsed.thread is None else replace(parsed.thread, name=words(parsed.thread.name)),
        revision=None
        if parsed.revision is None
        else replace(parsed.revision, by=words(parsed.revision.by), reason=words(parsed.revision.reason)),
    )


def _locator(locator: Locator, words: Words) -> Locator:
    match locator:
        case Section():
            return Section(tuple(map(words, locator.path)))
        case Message():
            return replace(locator, author=words(locator.author), url=words(locator.url))
        case Page(name=name) if name:
            return replace(locator, name=words(name))
        case Run():
            return replace(locator, key=words(locator.key))
    return locator


def _run(run: RunRecord, words: Words, named: Named) -> RunRecord:
    return replace(
        run,
        name=words(run.name),
        experiment=words(run.experiment),
        user=words(run.user),
        note=words(run.note),
        params=tuple((words(key), named(key, value)) for key, value in run.params),
        tags=tuple((words(key), named(key, value)) for key, value in run.tags),
        datasets=tuple(map(words, run.datasets)),
        artifacts=tuple(map(words, run.artifacts)),
    )


def repeated(parsed: Parsed, spans: Sequence[Span], beside: dict[str, str]) -> list[Span]:
    """What was known for a secret in one place is one wherever it stands. Not from one message to another."""
    if any(isinstance(mark.locator, Message) for mark in parsed.marks):
        return []
    values = beside | {parsed.text[span.start : span.end]: span.rule for span in spans}
    found = []
    for value, rule in values.items():
        at = parsed.text.find(value) if _telling(value) else -1
        while at >= 0:
            found.append(Span(at, at + len(value), rule))
            at = parsed.text.find(value, at + len(value))
    return found


def _telling(value: str) -> bool:
    """Not a mere word that stands for other things as well, as the password `postgres` does."""
    return (DIGIT.search(value) is not None or len(value) >= LONG) and SHORTEST <= len(value) <= LONGEST


def nameless(parsed: Parsed) -> Parsed:
    """Without addresses: of people only names stay."""
    people = dict.fromkeys(_named_only(one) for one in parsed.people if one.name or "@" not in one.id)
    authors = tuple(ADDRESS.sub("", author).strip() or author for author in parsed.authors)
    return replace(parsed, people=tuple(people), authors=authors)


def _named_only(one: Identity) -> Identity:
    name, full = (ADDRESS.sub("", written).strip() for written in (one.name, one.full_name))
    return (
        Identity(system="name", id=name, name=name)
        if "@" in one.id
        else replace(one, name=name, full_name=full, email="")
    )
