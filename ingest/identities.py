"""What one identity says of who it is. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag.domain.people import Key, Known, fold_name, is_full, is_role

NO_ACCOUNT = ("name", "git", "mail", "irc")  # one person may have any number of them
ADDRESS = re.compile(r"[^\s@<>,;:\"]{1,64}@[\w.-]{1,190}")
NOREPLY = re.compile(r"(?:\d{1,12}[+-])?([\w.-]{1,64})@users\.noreply\.(github|gitlab)\.com")
MACHINE = re.compile(r".*\.(?:local|localdomain|lan|internal|home|none)|[^.]*")


@dataclass(frozen=True, slots=True)
class Told:
    key: Key
    names: frozenset[str]  # folded
    spoken: frozenset[str]  # of these the full ones
    full: frozenset[str]  # the same, unless they could not be one person's
    addresses: frozenset[str]  # of a person, so far as one address tells
    own: frozenset[str]  # of these: no two people have one, and few people have two
    logins: frozenset[str]  # "github:ada"

    @property
    def account(self) -> str:
        """Where this is one of the accounts of which nobody has two; empty for what is no account."""
        system, id_ = self.key
        realm = id_.rpartition("/")[0]
        return "" if system in NO_ACCOUNT else f"{system} {realm}"

    @property
    def mailboxes(self) -> set[str]:
        return {address.partition("@")[0].partition("+")[0] for address in self.addresses}


def told_by(one: Known) -> Told:
    system, id_ = one.key
    written = {address.casefold() for address in (*one.emails, id_, *one.names) if ADDRESS.fullmatch(address)}
    found = {address: NOREPLY.fullmatch(address) for address in written}
    logins = {f"{login[2]}:{login[1]}" for login in found.values() if login}
    if system in ("github", "gitlab"):
        logins.add(f"{system}:{id_.casefold()}")
    addresses = {address for address, login in found.items() if not login and not is_role(address.partition("@")[0])}
    names = frozenset(fold_name(name) for name in one.names if not ADDRESS.fullmatch(name))
    spoken = (fold_name(name) for name in one.names if len(name.split()) > 1 and not ADDRESS.fullmatch(name))
    full = frozenset(name for name in spoken if is_full(name) and not is_role(name))
    return Told(
        one.key,
        names,
        full,
        full if related(full) else frozenset(),
        frozenset(addresses),
        frozenset(address for address in addresses if not MACHINE.fullmatch(address.partition("@")[2])),
        frozenset(logins),
    )


def without_shared(told: Sequence[Told]) -> Iterator[Told]:
    """Addresses under which people of different names write tell nothing of any of them."""
    names: dict[str, set[str]] = defaultdict(set)
    for one in told:
        for address in one.addresses:
            names[address] |= one.spoken
    shared = {address for address, some in names.items() if not related(some)}
    for one in told:
        yield one if shared.isdisjoint(one.addresses) else _without(one, shared)


def _without(one: Told, shared: set[str]) -> Told:
    return replace(one, addresses=one.addresses - shared, own=one.own - shared)


def related(names: Iterable[str]) -> bool:
    """Each full name shares a word with another: they may be one person's, who has married or goes by a short form."""
    rest = [{word for word in name.split() if len(word) > 1} for name in sorted(names)]
    reached = rest.pop(0) if rest else set()
    while near := [words for words in rest if words & reached]:
        reached |= set().union(*near)
        rest = [words for words in rest if words not in near]
    return not rest
