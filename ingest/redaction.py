"""Between reading and storing: what must not be kept is masked here, before anything is written anywhere."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from ingest.secrets import Detector, Rule, masked, rules_of
from ingest.secrets.beside import Beside, each_string, nameless, repeated
from rag.domain.errors import BadSetting
from rag.domain.types import Message, Parsed

KINDS = ("secrets", "email", "phone")
VERSION = "1"  # of what is masked where; the rules themselves count by their patterns
BESIDE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that was masked: which rule, and where in the text it gave (BESIDE: in a title, a name, a fact ...).

    Never the words themselves.
    """

    rule: str
    at: int


class Redaction(Protocol):
    @property
    def version(self) -> str:
        """Of the rules: another one means that every file is read again."""
        ...

    def redact(self, parsed: Parsed) -> tuple[Parsed, tuple[Finding, ...]]:
        """The same with secrets masked; marks and facts still point to where they did."""
        ...

    def words(self, text: str) -> tuple[str, tuple[Finding, ...]]:
        """The same of a file's name, or of why it failed."""
        ...


def kinds_of(setting: str) -> frozenset[str]:
    """Of "secrets, email"; "none" is nothing. Raises BadSetting."""
    named = {name.strip().lower() for name in setting.split(",") if name.strip()} - {"none"}
    unknown = sorted(named - set(KINDS))
    if unknown:
        raise BadSetting(
            f"TEAMLORE_REDACT={setting}: {unknown[0]} is nothing that can be masked.",
            fix=f"Name any of {', '.join(KINDS)} with commas between, or none.",
        )
    return frozenset(named)


@dataclass(frozen=True)
class Redactor:
    """Thread-safe. The same input gives the same output; a message of a chat is masked by its own words alone."""

    kinds: frozenset[str] = frozenset({"secrets"})
    rules: tuple[Rule, ...] | None = None  # None: those of `kinds`

    @cached_property
    def _rules(self) -> tuple[Rule, ...]:
        return rules_of(self.kinds) if self.rules is None else self.rules

    @cached_property
    def _detector(self) -> Detector:
        return Detector(self._rules)

    @cached_property
    def version(self) -> str:
        told = "\n".join([VERSION, *sorted(self.kinds), *(rule.identity for rule in self._rules)])
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def redact(self, parsed: Parsed) -> tuple[Parsed, tuple[Finding, ...]]:
        """The same with secrets masked; marks and facts still point to where they did."""
        if not self._rules:
            return parsed, ()
        messages = {mark.at for mark in parsed.marks if isinstance(mark.locator, Message)}
        spans = self._detector.find_in(parsed.text, messages)
        beside = Beside.of(parsed, self._detector)
        clean = each_string(parsed, beside.plain, beside.named) if beside.known else parsed
        if beside.values or spans:
            spans += repeated(parsed, spans, beside.values)
        text = masked(parsed.text, spans)
        clean = replace(
            clean,
            text=text.text,
            marks=tuple(replace(mark, at=text.place(mark.at)) for mark in clean.marks),
            facts=tuple(fact if fact.at is None else replace(fact, at=text.place(fact.at)) for fact in clean.facts),
        )
        if "email" in self.kinds:
            clean = nameless(clean)
        here = [Finding(rule=span.rule, at=text.place(span.start)) for span in text.spans]
        return clean, (*here, *(Finding(rule=rule, at=BESIDE) for rule in beside.rules))

    def words(self, text: str) -> tuple[str, tuple[Finding, ...]]:
        """The same of a file's name, or of why it failed."""
        clean = masked(text, self._detector.find(text))
        return clean.text, tuple(Finding(rule=span.rule, at=BESIDE) for span in clean.spans)
