"""Judging candidates one by one: what is asked of a person, and what their answers do to the file."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from pathlib import Path
from typing import Protocol

from eval.golden.check import KNOWN, LASTING, Flagged
from rag.domain.errors import BadInput, Conflict, NotFound
from rag.domain.golden import GoldenItem, Review
from rag.knowledge.golden import Edit, decide, find, load_golden, put
from rag.knowledge.golden_rows import etag

NO_ANSWER = "-"  # typed as an answer: the documents do not say
HELP = "a accept   e edit, then accept   r reject   s skip   b back   q quit"


class Hand(Protocol):
    """How a person is asked."""

    def key(self) -> str:
        """The next key, small; "q" at the end of the input."""
        ...

    def line(self, prompt: str, given: str = "") -> str:
        """A line of text; `given` stands there to be changed, or is what an empty line means."""
        ...


class Screen(Protocol):
    def show(self, item: GoldenItem, where: str, flags: Sequence[Flagged]) -> None: ...
    def say(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    accepted: int
    rejected: int
    left: int


@dataclass(slots=True, kw_only=True)
class Reviewing:
    """One sitting. Every decision is in the file before the next question is shown."""

    path: Path
    queue: Sequence[str]  # ids
    by: str
    clock: Callable[[], str]  # ISO 8601
    flags: Mapping[str, Sequence[Flagged]] = field(default_factory=dict)
    at: int = 0
    decided: dict[str, Review] = field(default_factory=dict)

    def run(self, hand: Hand, screen: Screen) -> Tally:
        """To the end of the queue, or until the person stops."""
        while self.at < len(self.queue):
            try:
                item = find(load_golden(self.path), self.queue[self.at])
            except NotFound:
                screen.say(f"{self.queue[self.at]} is gone from the file.")
                self.at += 1
                continue
            screen.show(item, self.where, self.flags.get(item.id, ()))
            if not self._asked(item, hand, screen):
                break
        return self.tally

    @property
    def where(self) -> str:
        tally = self.tally
        rejected = f", {tally.rejected} rejected" if tally.rejected else ""
        return f"{self.at + 1} of {len(self.queue)}, {tally.accepted} accepted{rejected}"

    @property
    def tally(self) -> Tally:
        said = list(self.decided.values())
        return Tally(accepted=said.count("accepted"), rejected=said.count("rejected"), left=len(self.queue) - len(said))

    def _asked(self, item: GoldenItem, hand: Hand, screen: Screen) -> bool:
        """Until a key moves on; False when the person stops."""
        while True:
            match hand.key():
                case "a":
                    done = self._judge(self._knowing(item), item, "accepted", Edit(), screen)
                case "e":
                    done = self._judge(item, item, "accepted", _edited(item, hand), screen)
                case "r":
                    note = hand.line("Why? (Enter: no note) ", item.note)
                    done = self._judge(item, item, "rejected", Edit(note=note), screen)
                case "s":
                    self.at += 1
                    return True
                case "b":
                    self.at = max(0, self.at - 1)
                    return True
                case "q":
                    return False
                case _:
                    screen.say(HELP)
                    continue
            self.at += done
            return True

    def _judge(self, changed: GoldenItem, seen: GoldenItem, review: Review, edit: Edit, screen: Screen) -> bool:
        """Whether it is written."""
        try:
            put(self.path, decide(changed, review, by=self.by, at=self.clock(), edit=edit), seen=etag(seen))
        except (BadInput, Conflict) as error:
            screen.say(str(error))
            return False
        self.decided[seen.id] = review
        return True

    def _knowing(self, item: GoldenItem) -> GoldenItem:
        """Accepted with its flags in view: those that can be set aside are."""
        known = {str(one.flag) for one in self.flags.get(item.id, ())} - LASTING
        told = sorted(known | {str(one) for one in item.rest.get(KNOWN, ())})
        return replace(item, rest={**item.rest, KNOWN: told}) if known else item


def _edited(item: GoldenItem, hand: Hand) -> Edit:
    question = hand.line("Question: ", item.question)
    answer = hand.line(f"Answer ({NO_ANSWER} when the documents do not say): ", item.answer or NO_ANSWER)
    silent = answer.strip() in ("", NO_ANSWER)
    return Edit(question=question, answer="" if silent else answer, answerable=not silent)


def waiting(items: Sequence[GoldenItem], kind: str, flagged: Sequence[str] | None = None) -> list[str]:
    """Whom to ask about: candidates, or the `flagged` ones. In turn one of each kind, so that who stops early has seen
    every kind.
    """
    wanted = [item for item in items if (item.review == "candidate" if flagged is None else item.id in flagged)]
    turns, seen = list[tuple[int, str]](), Counter[str]()
    for item in wanted:
        if kind in ("", item.kind):
            turns.append((seen[item.kind], item.id))
            seen[item.kind] += 1
    return [one for _, one in sorted(turns, key=itemgetter(0))]
