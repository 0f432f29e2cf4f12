"""YAML that is loaded only where its nesting is bearable."""

from typing import Any

import yaml

DEEPEST = 500
OPENERS = "[{-?:"  # each nested collection has one of them


def load_yaml(text: str, loader: type[Any]) -> object:
    """Raises yaml.YAMLError, ValueError; RecursionError beyond DEEPEST: libyaml would end the process."""
    if sum(map(text.count, OPENERS)) > DEEPEST:
        _check_depth(text, loader)
    return yaml.load(text, Loader=loader)


def _check_depth(text: str, loader: type[Any]) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise RecursionError(f"more than {DEEPEST} levels")
