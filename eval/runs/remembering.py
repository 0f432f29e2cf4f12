"""Conversations of an evaluation on a home where nothing may be kept: they last as long as the run."""

from dataclasses import dataclass, field, replace
from typing import Any

from rag.answering.answerer import EvidenceAnswerer
from rag.domain.errors import NotFound
from rag.domain.ports import Remembered
from rag.domain.services import Services
from rag.domain.types import Access, Answer
from rag.domain.wire import answer_json
from rag.registry.erasing import readable


@dataclass(slots=True)
class Memory:
    """As far as an answerer asks for it; one asker."""

    talks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def start(self, owner: str) -> str:
        conversation = f"{owner}-{len(self.talks)}"
        self.talks[conversation] = []
        return conversation

    def record(self, conversation: str, owner: str, answer: Answer, *, state: str) -> None:
        del owner
        self._of(conversation).append({"question": answer.question, "answer": answer_json(answer), "state": state})

    def readable(self, conversation: str, owner: str, access: Access) -> list[dict[str, Any]]:
        del owner
        return [{**turn, "answer": readable(turn["answer"], access)} for turn in self._of(conversation)]

    def _of(self, conversation: str) -> list[dict[str, Any]]:
        if conversation not in self.talks:
            raise NotFound(f"There is no conversation {conversation}.")
        return self.talks[conversation]


def remembering(services: Services, memory: Remembered) -> Services:
    """The same service with conversations there: earlier turns of a follow-up are asked, and leave no trace."""
    if not isinstance(services.answerer, EvidenceAnswerer):
        return services
    return replace(services, answerer=replace(services.answerer, conversations=memory))
