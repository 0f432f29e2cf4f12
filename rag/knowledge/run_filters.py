"""Filters and orders of runs as people write them: MLflow's search syntax, joined by AND.

    metrics.val_loss < 0.02 and params.optimizer = 'Adam' and attributes.status = 'failed'
    tags.`team name` LIKE '%vision%' and start_time >= '2026-03-01' and params.depth IN ('18', '34')

Beyond MLflow: numbers compare with params and tags that are numbers; min(metrics.x) and max(metrics.x) are the extremes
of a history; duration is in seconds; times may be ISO 8601 as well as milliseconds since 1970.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, NoReturn, cast, get_args

from rag.domain.errors import BadInput
from rag.domain.records import RunStatus, finite
from rag.domain.runs import ATTRIBUTES, Comparison, RunCondition, RunKey, RunOrder, RunSection, RunSide

LONGEST = 4_000  # characters
SECTIONS: dict[str, RunSection] = {
    "metric": "metrics", "metrics": "metrics", "param": "params", "params": "params", "parameter": "params",
    "parameters": "params", "tag": "tags", "tags": "tags", "attr": "attributes", "attribute": "attributes",
    "attributes": "attributes", "run": "attributes", "dataset": "datasets", "datasets": "datasets",
    "artifact": "artifacts", "artifacts": "artifacts",
}  # fmt: skip
SAME = {
    "id": "run_id", "run_uuid": "run_id", "name": "run_name", "user_id": "user", "created": "start_time",
    "started": "start_time", "ended": "end_time", "experiment_name": "experiment", "run name": "run_name",
}  # fmt: skip
SIDES: dict[str, RunSide] = {"min": "lowest", "max": "highest"}
TIMES = ("start_time", "end_time")
SIGNS: dict[str, Comparison] = {
    "=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
}  # fmt: skip
WORDS: dict[str, Comparison] = {"like": "LIKE", "ilike": "ILIKE", "in": "IN"}
NEGATED: dict[str, Comparison] = {"like": "NOT LIKE", "ilike": "NOT ILIKE", "in": "NOT IN"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EXAMPLE = "Write it as: metrics.val_loss < 0.02 and params.optimizer = 'Adam'."
_TOKEN = re.compile(
    r"(?P<text>'[^']*'|\"[^\"]*\")|(?P<key>`[^`]*`)|(?P<sign><=|>=|!=|<>|==|[=<>(),])"
    r"|(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))|(?P<word>[\w./:@%+-]+)"
)


class Token(NamedTuple):
    kind: str  # text, key, sign, number, word, end
    text: str  # without quotes
    at: int  # from 0


def parse_filter(text: str) -> tuple[RunCondition, ...]:
    """All of them hold. Empty for an empty text. Raises BadInput that says where and what to write instead."""
    parser = _Parser(_tokens(text, "filter"), "filter")
    conditions: list[RunCondition] = []
    while parser.seen.kind != "end":
        if conditions:
            parser.join()
        conditions.append(parser.condition())
    return tuple(conditions)


def parse_order(text: str) -> RunOrder | None:
    """`metrics.val_loss ASC`; None for an empty text. Raises BadInput."""
    parser = _Parser(_tokens(text, "order"), "order")
    if parser.seen.kind == "end":
        return None
    by = parser.column()
    direction = parser.take() if parser.seen.kind == "word" else None
    if direction is not None and direction.text.lower() not in ("asc", "desc"):
        parser.fail(direction, "is no direction", "Write ASC or DESC after the key.")
    if parser.seen.kind != "end":
        parser.fail(parser.seen, "is too much", "Order by one key: metrics.val_loss ASC.")
    return RunOrder(by=by, descending=direction is not None and direction.text.lower() == "desc")


def _tokens(text: str, what: str) -> list[Token]:
    if len(text) > LONGEST:
        raise BadInput(f"This {what} is longer than {LONGEST} characters.", fix="Ask for less at once.")
    found: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            hint = "Close the quotes." if text[at] in "'\"`" else EXAMPLE
            _fail(what, Token("sign", text[at], at), "cannot be read", hint)
        kind, said = str(match.lastgroup), match.group()
        found.append(Token(kind, said[1:-1] if kind in ("text", "key") else said, at))
        at = match.end()
    return [*found, Token("end", "", len(text))]


def _fail(what: str, token: Token, why: str, fix: str) -> NoReturn:
    place = f"at character {token.at + 1}" if token.kind != "end" else "at its end"
    shown = f" “{token.text[:60]}”" if token.text else ""
    raise BadInput(f"The {what}, {place}:{shown} {why}.", fix=fix)


@dataclass(slots=True)
class _Parser:
    tokens: Sequence[Token]
    what: str
    at: int = 0

    @property
    def seen(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.seen
        self.at += token.kind != "end"
        return token

    def fail(self, token: Token, why: str, fix: str) -> NoReturn:
        _fail(self.what, token, why, fix)

    def join(self) -> None:
        token = self.take()
        if token.kind == "word" and token.text.lower() == "or":
            self.fail(token, "cannot join conditions", "All conditions hold together; for one of several use IN (…).")
        if token.kind != "word" or token.text.lower() != "and":
            self.fail(token, "stands where AND should", "Join conditions with AND, and put words in quotes.")

    def column(self) -> RunKey:
        token = self.take()
        if token.kind == "word" and token.text.lower() in SIDES and self.seen.text == "(":
            self.take()
            inner = self.seen
            key = self.column()
            self.expect(")")
            if key.section != "metrics":
                self.fail(inner, "has no history", "min(…) and max(…) take a metric: min(metrics.val_loss).")
            return RunKey(section="metrics", key=key.key, side=SIDES[token.text.lower()])
        if token.kind not in ("word", "key", "text"):
            self.fail(token, "is no key" if token.text else "a key is missing", EXAMPLE)
        return self._key(token)

    def _key(self, token: Token) -> RunKey:
        head, dot, rest = token.text.partition(".")
        section = SECTIONS.get(head.lower()) if dot and token.kind == "word" else None
        if section is not None and not rest and self.seen.kind in ("key", "text"):
            rest = self.take().text  # metrics.`val loss`
        if section in (None, "attributes"):
            name = rest if section else token.text
            known = SAME.get(name.lower(), name.lower())
            if known not in ATTRIBUTES:
                fix = f"Say metrics.{name}, params.{name} or tags.{name}; attributes are {', '.join(ATTRIBUTES)}."
                self.fail(token, "is no attribute of a run", fix)
            return RunKey(section="attributes", key=known)
        if not rest:
            self.fail(token, "names no key", EXAMPLE)
        return RunKey(section=section, key=rest)

    def expect(self, sign: str) -> None:
        token = self.take()
        if token.text != sign:
            self.fail(token, f"stands where {sign} should", EXAMPLE)

    def condition(self) -> RunCondition:
        on = self.column()
        token = self.seen
        is_ = self.operator()
        if is_ in ("IN", "NOT IN"):
            self.expect("(")
            values = [self.value(on, is_)]
            while self.seen.text == ",":
                self.take()
                values.append(self.value(on, is_))
            self.expect(")")
        else:
            values = [self.value(on, is_)]
        if is_.endswith("LIKE") and not isinstance(values[0], str):
            self.fail(token, "compares words, not numbers or times", "Use =, <, >, <= or >=.")
        return RunCondition(on=on, is_=is_, values=tuple(values))

    def operator(self) -> Comparison:
        token = self.take()
        if token.kind == "sign" and token.text in SIGNS:
            return SIGNS[token.text]
        word = token.text.lower()
        if token.kind == "word" and word in WORDS:
            return WORDS[word]
        if token.kind == "word" and word == "not" and self.seen.text.lower() in NEGATED:
            return NEGATED[self.take().text.lower()]
        self.fail(token, "is no comparison" if token.text else "a comparison is missing",
                  "Compare with =, !=, <, <=, >, >=, LIKE, ILIKE, IN or NOT IN.")  # fmt: skip

    def value(self, on: RunKey, is_: Comparison) -> str | float | datetime:
        token = self.take()
        if token.kind == "word" and _kind(on) == "number":
            _number(self, token, is_)
        if token.kind not in ("text", "number"):
            why = "must stand in quotes" if token.kind == "word" else "a value is missing"
            self.fail(token, why, f"Put words in quotes: {on.name} {is_} '{token.text or 'value'}'.")
        if is_.endswith("LIKE"):
            return token.text if _words_of(on) else 0.0
        return READ.get(_kind(on), _either)(self, token, is_)


def _words_of(on: RunKey) -> bool:
    return _kind(on) in ("words", "either", "status")


def _kind(on: RunKey) -> str:
    if on.section == "metrics" or (on.key == "duration" and on.section == "attributes"):
        return "number"
    if on.section == "attributes":
        return "time" if on.key in TIMES else "status" if on.key == "status" else "words"
    return "either" if on.section in ("params", "tags") else "words"


def _number(parser: _Parser, token: Token, is_: Comparison) -> float:
    del is_
    number = finite(token.text)
    if number is None:
        parser.fail(token, "is no number", "Metrics and durations compare with numbers: metrics.val_loss < 0.02.")
    return number


def _time(parser: _Parser, token: Token, is_: Comparison) -> datetime:
    del is_
    try:
        if token.kind == "number":
            return EPOCH + timedelta(milliseconds=float(token.text))
        moment = datetime.fromisoformat(token.text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        parser.fail(token, "is no time", "Write '2026-03-31' or '2026-03-31T12:00', or milliseconds since 1970.")


def _status(parser: _Parser, token: Token, is_: Comparison) -> str:
    del is_
    known = get_args(RunStatus)
    if token.text.lower() not in known:
        parser.fail(token, "is no status", f"It is one of {', '.join(known)}.")
    return token.text.lower()


def _either(parser: _Parser, token: Token, is_: Comparison) -> str | float:
    """What is written without quotes, or is asked to be more or less, compares as a number where it is one."""
    del parser
    number = finite(token.text)
    as_number = number is not None and (token.kind == "number" or is_ in ("<", "<=", ">", ">="))
    return cast(float, number) if as_number and is_ not in ("IN", "NOT IN") else token.text


def _words(parser: _Parser, token: Token, is_: Comparison) -> str:
    del parser, is_
    return token.text


READ: dict[str, Callable[[_Parser, Token, Comparison], str | float | datetime]] = {
    "number": _number, "time": _time, "status": _status, "either": _either, "words": _words,
}  # fmt: skip
