"""people.yaml: what a team says of its own people, read with the line of everything that is wrong in it."""

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date

import yaml

from rag.domain.errors import BadInput
from rag.domain.people import TEAM_FILE, Key, PersonState, TeamEntry

LONGEST = 500_000  # characters
DEEPEST = 20
MOST_VALUES = 50  # of one key
LONGEST_VALUE = 300  # characters
STATES: tuple[PersonState, ...] = ("active", "left", "opted-out")
SYSTEMS = (
    "slack",
    "git",
    "mlflow",
    "wandb",
    "discord",
    "zulip",
    "mattermost",
    "teams",
    "telegram",
    "irc",
    "github",
    "gitlab",
)
KEYS = ("name", "emails", "names", *SYSTEMS, "state", "until")
NO_CHARACTER = re.compile("[\0\ud800-\udfff]")  # no database keeps it
EXAMPLE = "- {name: Ada Lovelace, emails: [ada@example.org], slack: U01, state: active}"


def read_team(text: str) -> tuple[TeamEntry, ...]:
    """Raises BadInput for the first thing that is wrong, by its line."""
    root = _composed(text)
    if root is None:
        return ()
    if not isinstance(root, yaml.SequenceNode):
        raise _wrong(root, "this is no list of people", f"Write a person a line: {EXAMPLE}")
    owners: dict[Key, str] = {}
    return tuple(_entry(node, owners) for node in root.value)


def _composed(text: str) -> yaml.Node | None:
    if len(text) > LONGEST:
        raise BadInput(f"{TEAM_FILE} is longer than {LONGEST:,} characters.", fix="Name only people in it.")
    if _depth(text) > DEEPEST:
        raise BadInput(f"{TEAM_FILE} has lists in lists in lists.", fix=f"Write a person a line: {EXAMPLE}")
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadInput(f"{TEAM_FILE} line {line}: {error.problem}.", fix="Mend it there; it is YAML.") from error
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:  # a \U beyond the last character
        raise BadInput(f"{TEAM_FILE} is no YAML.", fix=f"Write a person a line: {EXAMPLE}") from error
    return node


def _depth(text: str) -> int:
    """Of brackets in brackets: the parser is called again for each."""
    depth = deepest = 0
    for sign in re.findall(r"[\[{\]}]", text):
        depth = max(0, depth + (1 if sign in "[{" else -1))
        deepest = max(deepest, depth)
    return deepest


def _entry(node: yaml.Node, owners: dict[Key, str]) -> TeamEntry:
    if not isinstance(node, yaml.MappingNode):
        raise _wrong(node, "this is no person", f"Write {EXAMPLE}")
    values: dict[str, tuple[str, ...]] = {}
    nodes: dict[str, yaml.Node] = {}
    for key_node, value_node in node.value:
        key = _key(key_node)
        if key in values:
            raise _wrong(key_node, f"{key} stands here twice", "Put both into one list.")
        values[key], nodes[key] = tuple(_strings(key, value_node)), value_node
    name = "".join(_single(nodes, values, "name"))
    if not name:
        raise _wrong(node, "this person has no name", "Add `name:`, as it is to be shown.")
    entry = TeamEntry(
        name=name,
        emails=tuple(_each(nodes, values, "emails", _address)),
        accounts=tuple((system, id_) for system in SYSTEMS for id_ in values.get(system, ())),
        names=values.get("names", ()),
        state=next((_state(nodes["state"], word) for word in _single(nodes, values, "state")), None),
        until="".join(_day(nodes["until"], word) for word in _single(nodes, values, "until")),
    )
    _claim(entry, node, owners)
    return entry


def _claim(entry: TeamEntry, node: yaml.Node, owners: dict[Key, str]) -> None:
    """An e-mail or account is one person's."""
    for claim in (*(("e-mail", address.casefold()) for address in entry.emails), *entry.accounts):
        owner = owners.setdefault(claim, entry.name)
        if owner != entry.name:
            raise _wrong(node, f"{claim[0]} {claim[1]} is {owner}'s already", "Leave it with one of them.")


def _key(node: yaml.Node) -> str:
    key = str(node.value)[:LONGEST_VALUE] if isinstance(node, yaml.ScalarNode) else ""
    key = {"email": "emails", "name": "name", "mail": "emails", "aliases": "names"}.get(key, key)
    if key in KEYS:
        return key
    near = difflib.get_close_matches(key, KEYS, n=1)
    raise _wrong(
        node,
        f"{key or 'this'} is nothing known of a person",
        f"Did you mean {near[0]}?" if near else f"Known are {', '.join(KEYS)}.",
    )


def _strings(key: str, node: yaml.Node) -> Iterator[str]:
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if len(items) > MOST_VALUES:
        raise _wrong(node, f"{key} has more than {MOST_VALUES} values", "Is it one person?")
    for item in items:
        if not isinstance(item, yaml.ScalarNode):
            raise _wrong(item, f"{key} is neither a word nor a list of words", f"Write `{key}: [one, two]`.")
        if len(item.value) > LONGEST_VALUE:
            raise _wrong(item, f"{key} is longer than {LONGEST_VALUE} characters", "Shorten it.")
        if NO_CHARACTER.search(item.value):
            raise _wrong(item, f"{key} holds what is no character", "Write it without \\u and \\x.")
        if item.value.strip():
            yield " ".join(item.value.split())


def _single(nodes: dict[str, yaml.Node], values: dict[str, tuple[str, ...]], key: str) -> Sequence[str]:
    found = values.get(key, ())
    if len(found) > 1:
        raise _wrong(
            nodes[key], f"{key} has {len(found)} values", "Give one." if key != "name" else "Others go to `names:`."
        )
    return found


def _each(
    nodes: dict[str, yaml.Node], values: dict[str, tuple[str, ...]], key: str, check: Callable[[yaml.Node, str], str]
) -> Iterator[str]:
    return (check(nodes[key], value) for value in values.get(key, ()))


def _address(node: yaml.Node, word: str) -> str:
    if word.count("@") != 1 or " " in word or word.startswith("@") or word.endswith("@"):
        raise _wrong(node, f"{word} is no e-mail address", "Write it as ada@example.org.")
    return word


def _state(node: yaml.Node, word: str) -> PersonState:
    for state in STATES:
        if word == state:
            return state
    raise _wrong(node, f"{word} is no state", f"Known are {', '.join(STATES)}.")


def _day(node: yaml.Node, word: str) -> str:
    try:
        return date.fromisoformat(word).isoformat()
    except ValueError:
        raise _wrong(node, f"{word} is no day", "Write it as 2026-03-31.") from None


def _wrong(node: yaml.Node, what: str, fix: str) -> BadInput:
    return BadInput(f"{TEAM_FILE} line {node.start_mark.line + 1}: {what}.", fix=fix)
