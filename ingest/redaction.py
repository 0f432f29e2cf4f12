"""Between reading and storing: what must not be kept is masked here, before anything is written anywhere."""

from dataclasses import dataclass
from typing import Protocol

from rag.domain.types import Parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that was masked: which rule, and where in the text it gave. Never the words themselves."""

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


class Redactor:
    """No rules yet: everything passes as it is."""

    version = "0"

    def redact(self, parsed: Parsed) -> tuple[Parsed, tuple[Finding, ...]]:
        return parsed, ()
