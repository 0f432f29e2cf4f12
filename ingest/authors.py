"""Authors of whom a header says more than a name: "Ada Lovelace <ada at example.org>". Pure."""

import re
from collections.abc import Iterator
from dataclasses import replace

from rag.domain.records import Identity
from rag.domain.types import Parsed

KEYS = frozenset({"author", "authors", "owner", "owners", "maintainer", "maintainers"})
LONGEST = 5_000  # characters of a list of people
HEAD = 2_000  # characters of a mail, in which From stands
BETWEEN = re.compile(r"[,;]| and | & ")
NAMED = re.compile(r"[\"']?([^<>()\"]{1,100}?)[\"']?\s?[<(]([^<>()]{3,200})[>)]")
ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
AT = re.compile(r" ?(?:\(at\)|\[at\]| at ) ?", re.I)
FROM = re.compile(r"^From: ([^\n]{1,400})", re.M)


def with_people(parsed: Parsed) -> Parsed:
    """Its authors' addresses as identities; what the reader knows of people stays first."""
    known = {one.name.casefold() for one in parsed.people}
    wanted = {name.casefold() for name in parsed.authors} - known
    if not wanted:
        return parsed
    told = {name.casefold(): _identity(name, address) for name, address in _said(parsed) if name.casefold() in wanted}
    return replace(parsed, people=(*parsed.people, *told.values())) if told else parsed


def _identity(name: str, address: str) -> Identity:
    """Its id says both: one name may have several addresses, and one address several names."""
    return Identity(system="mail", id=f"{name} <{address}>", name=name, email=address)


def _said(parsed: Parsed) -> Iterator[tuple[str, str]]:
    if parsed.kind == "mail" and (sender := FROM.search(parsed.text[:HEAD])):
        yield from _pairs(sender[1])
    name = ""
    for fact in parsed.facts:
        key, _, part = fact.key.casefold().partition(".")
        if key not in KEYS or not isinstance(fact.value, str):
            continue
        if part == "name":
            name = " ".join(fact.value.split())
        elif part in ("email", "mail") and name and (address := address_of(fact.value)):
            yield name, address
        elif not part:
            yield from _pairs(fact.value)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for piece in BETWEEN.split(" ".join(text[:LONGEST].split())):
        found = NAMED.fullmatch(piece.strip())
        if found and (address := address_of(found[2])):
            yield found[1].strip(), address


def address_of(written: str) -> str:
    """`ada at example.org` and `ADA@Example.org` are ada@example.org; empty for what is none."""
    address = AT.sub("@", written.strip()).casefold().removeprefix("mailto:")
    return address if ADDRESS.fullmatch(address) else ""
