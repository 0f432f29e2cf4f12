"""Which identities are one person: exact evidence first, then careful matching. Pure.

The outcome depends on the set of identities alone, never on the order in which they came: what is ambiguous in the
home as it is now stays apart, and is looked at again when more is known.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ingest.identities import Told, related, told_by, without_shared
from rag.domain.people import Group, Key, Known, Settled, TeamEntry, fold_name, is_full, is_role

BY_HAND = "by hand"
BY_FILE = "people.yaml"
USERS = ("mlflow", "wandb")  # an id there is what somebody signs in with
SHORTEST_USER = 3
Proposal = tuple[str, list[Key]]  # evidence, and who it says are one


def match(known: Sequence[Known], settled: Settled) -> list[Group]:
    """Persons in the order of their first identity. Every identity is in exactly one."""
    in_order = sorted(known, key=lambda one: one.key)
    told = {one.key: one for one in without_shared([told_by(one) for one in in_order])}
    matching = _Matching(told, settled)
    matching.pin(_Claims(settled.entries))
    for keys in settled.merged:
        matching.join_by_hand([key for key in keys if key in told])
    matching.join(_by_address(matching.free()), several=True)
    matching.join(_by_login(matching.free()), several=True)
    matching.join(_by_name_and_mailbox(matching.free()), several=True)
    matching.join(_by_name(matching.free()))
    matching.join(_by_mailbox(matching))
    return matching.groups()


# --- what people.yaml says ------------------------------------------------------------------------------------------


class _Claims:
    """An account counts before an e-mail, that before a name; what two entries claim alike is neither's."""

    def __init__(self, entries: Sequence[TeamEntry]) -> None:
        self.entries = entries
        self.by: tuple[defaultdict[str, set[int]], ...] = (defaultdict(set), defaultdict(set), defaultdict(set))
        for n, entry in enumerate(entries):
            for account, id_ in entry.accounts:
                self.by[0][f"{account}:{id_.casefold()}"].add(n)
            for address in entry.emails:
                self.by[1][address.casefold()].add(n)
            for name in (entry.name, *entry.names):
                self.by[2][fold_name(name)].add(n)

    def owner(self, one: Told) -> int | None:
        system, id_ = one.key
        accounts = [f"{system}:{id_.casefold()}", *(f"git:{name}" for name in one.names if system == "git")]
        for found, said in zip(self.by, (accounts, [*one.addresses, id_.casefold()], one.names), strict=True):
            owners = {n for value in said for n in found.get(value, ())}
            if found is self.by[2] and one.own:  # another address, and so perhaps another of that name
                owners = {n for n in owners if not self.entries[n].emails}
            if owners:
                return min(owners) if len(owners) == 1 else None
        return None


# --- evidence -------------------------------------------------------------------------------------------------------


def _by_address(told: Sequence[Told]) -> Iterator[Proposal]:
    found = _gather((address, one) for one in told for address in one.addresses)
    yield from ((f"same e-mail: {address}", keys) for address, keys in found)


def _by_login(told: Sequence[Told]) -> Iterator[Proposal]:
    found = _gather((login, one) for one in told for login in one.logins if not is_role(login.partition(":")[2]))
    yield from ((f"same login: {login}", keys) for login, keys in found)


def _by_name_and_mailbox(told: Sequence[Told]) -> Iterator[Proposal]:
    """One name and one mailbox at two places: who moved, or writes from home too."""
    found = _gather((f"{name}, {box}", one) for one in told for name in one.full for box in one.mailboxes)
    yield from ((f"same name and mailbox: {both}", keys) for both, keys in found)


def _by_name(told: Sequence[Told]) -> Iterator[Proposal]:
    found = _gather((name, one) for one in told for name in one.full)
    yield from ((f"same name: {name}", keys) for name, keys in found)


def _by_mailbox(matching: "_Matching") -> Iterator[Proposal]:
    """`ada.lovelace@` reads as a name; what somebody signs in with is their mailbox, their login or their name."""
    told = matching.free()
    called = defaultdict(list, dict(_gather((name, one) for one in told for name in one.full)))
    signed: dict[str, list[Key]] = defaultdict(list)
    boxes: dict[str, list[Key]] = defaultdict(list)
    logins: dict[str, list[Key]] = defaultdict(list)
    for one in told:
        if one.key[0] in USERS and len(one.key[1]) >= SHORTEST_USER and not is_role(one.key[1]):
            signed[one.key[1].casefold()].append(one.key)
        for box in one.mailboxes:
            boxes[box].append(one.key)
        for login in one.logins:
            logins[login.partition(":")[2]].append(one.key)
    for box, keys in sorted(boxes.items()):
        name = fold_name(box)
        if is_full(name) and called[name] and related([name, *matching.full_names(keys)]):
            yield f"mailbox reads as the name: {box}", [*keys, *called[name]]
    for user, keys in sorted(signed.items()):
        for says, others in (("mailbox", boxes[user]), ("login", logins[user]), ("name", called[fold_name(user)])):
            if others and (says != "name" or is_full(fold_name(user))):
                yield f"user is the {says}: {user}", [*keys, *others]


def _gather(pairs: Iterable[tuple[str, Told]]) -> list[tuple[str, list[Key]]]:
    """Who shares each value, in order."""
    found: dict[str, list[Key]] = defaultdict(list)
    for value, one in pairs:
        found[value].append(one.key)
    return sorted(found.items())


# --- putting them together ------------------------------------------------------------------------------------------


class _Matching:
    """Groups that grow. What stays apart by hand takes no part in matching."""

    def __init__(self, told: dict[Key, Told], settled: Settled) -> None:
        self.told = told  # in order
        self.apart = settled.apart
        self.above: dict[Key, Key] = {key: key for key in told}
        self.evidence: dict[Key, str] = {}
        self.pins: dict[Key, frozenset[int]] = {}  # entries of people.yaml, by root

    def free(self) -> list[Told]:
        return [one for key, one in self.told.items() if key not in self.apart]

    def full_names(self, keys: Iterable[Key]) -> set[str]:
        return {name for key in keys for name in self.told[key].full}

    def root(self, key: Key) -> Key:
        while self.above[key] != key:
            self.above[key] = key = self.above[self.above[key]]
        return key

    def pin(self, claims: _Claims) -> None:
        claimed: dict[int, list[Key]] = defaultdict(list)
        for one in self.free():
            if (owner := claims.owner(one)) is not None:
                claimed[owner].append(one.key)
        for owner, keys in sorted(claimed.items()):
            self.evidence.update(dict.fromkeys(keys, BY_FILE))
            self._unite(keys, BY_FILE)
            self.pins[self.root(keys[0])] = frozenset([owner])

    def join_by_hand(self, keys: Sequence[Key]) -> None:
        self.evidence.update(dict.fromkeys(keys, BY_HAND))
        self._unite(keys, BY_HAND)

    def join(self, proposals: Iterable[Proposal], *, several: bool = False) -> None:
        """Whatever hangs together is one person, or, where that cannot be, stays as it was: all of it.

        `several`: the evidence tells, even of one who has two addresses or accounts.
        """
        made = [(evidence, keys) for evidence, keys in proposals if len(keys) > 1]
        trial = _Trial()
        for _, keys in made:
            trial.unite([self.root(key) for key in keys])
        members: dict[Key, list[Key]] = defaultdict(list)
        for key in self.told:
            if (root := self.root(key)) in trial.above:
                members[trial.root(root)].append(key)
        possible = {top: self._one_person(keys, several=several) for top, keys in members.items()}
        for evidence, keys in made:
            if possible[trial.root(self.root(keys[0]))]:
                self._unite(keys, evidence)

    def _one_person(self, keys: Sequence[Key], *, several: bool) -> bool:
        roots = {self.root(key) for key in keys}
        if len({self.pins[root] for root in roots if root in self.pins}) > 1:
            return False
        if several:
            return True
        holders: dict[str, set[Key]] = defaultdict(set)
        for key in keys:
            one = self.told[key]
            held = ["address"] if one.own else []
            held += [one.account] if one.account else []
            held += [login.partition(":")[0] for login in one.logins]
            for what in held:
                holders[what].add(self.root(key))
        return all(len(some) == 1 for some in holders.values())

    def _unite(self, keys: Sequence[Key], evidence: str) -> None:
        roots = sorted({self.root(key) for key in keys})
        if len(roots) < 2:
            return
        for key in keys:
            self.evidence.setdefault(key, evidence)
        pins = frozenset().union(*(self.pins.pop(root, frozenset()) for root in roots))
        for root in roots[1:]:
            self.above[root] = roots[0]
        if pins:
            self.pins[roots[0]] = pins

    def groups(self) -> list[Group]:
        found: dict[Key, dict[Key, str]] = defaultdict(dict)
        for key in self.told:
            found[self.root(key)][key] = self.evidence.get(key, "")
        return [Group(evidence=found[root], entry=min(self.pins.get(root, ()), default=None)) for root in found]


class _Trial:
    """What would hang together if every proposal were followed."""

    def __init__(self) -> None:
        self.above: dict[Key, Key] = {}

    def root(self, key: Key) -> Key:
        self.above.setdefault(key, key)
        while self.above[key] != key:
            self.above[key] = key = self.above[self.above[key]]
        return key

    def unite(self, keys: Sequence[Key]) -> None:
        first = self.root(keys[0])
        for key in keys[1:]:
            self.above[self.root(key)] = first
