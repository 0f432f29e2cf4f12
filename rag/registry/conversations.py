"""Conversations, the answers in them, and what people thought of those."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, func, insert, or_, select, tuple_, update

from rag.domain.errors import NotFound
from rag.domain.types import Access, Answer
from rag.domain.wire import answer_json
from rag.registry.database import reading, writing
from rag.registry.erasing import erase, quoted_documents, readable, shown_to
from rag.registry.moments import now
from rag.registry.reading import bad_cursor, read_cursor, write_cursor
from rag.registry.schema import conversations, documents, feedback, shares, turn_documents, turns

TITLE = 120  # characters of the first question
EVALUATION = "eval"  # who asks for `teamlore eval`


@dataclass(frozen=True, slots=True)
class SqlConversations:
    engine: Engine

    def start(self, owner: str) -> str:
        conversation, at = secrets.token_urlsafe(12), now()
        row = {"id": conversation, "owner": owner, "title": "", "created_at": at, "updated_at": at}
        with writing(self.engine) as connection:
            connection.execute(insert(conversations).values(row))
        return conversation

    def record(self, conversation: str, owner: str, answer: Answer, *, state: str) -> None:
        """The same answer id again replaces what was recorded (incomplete, then complete).

        What was purged while the answer was made is erased from it first.
        """
        at, wire = now(), answer_json(answer)
        with writing(self.engine) as connection:
            cited = quoted_documents(wire)
            kept = set(connection.execute(select(documents.c.id).where(documents.c.id.in_(cited))).scalars())
            for gone in cited - kept:
                wire = erase(wire, gone)
            values = {"question": answer.question, "answer": wire, "state": state}
            title = _title(connection, conversation, owner)
            turn = _turn(connection, answer.id, owner)
            if turn is None:
                row = {**values, "conversation": conversation, "answer_id": answer.id, "created_at": at}
                turn = connection.execute(insert(turns).values(row).returning(turns.c.id)).scalar_one()
            else:
                connection.execute(update(turns).where(turns.c.id == turn).values(values))
            _note_documents(connection, turn, kept)
            changed = {"updated_at": at, "title": title or answer.question[:TITLE]}
            connection.execute(update(conversations).where(conversations.c.id == conversation).values(changed))

    def of(self, owner: str, *, limit: int = 50, cursor: str = "") -> tuple[list[dict[str, Any]], str]:
        """{"id", "title", "created_at", "updated_at", "turns", "shared"} each, the last one used first; times ISO 8601.

        `shared`: the token of its link, "" without one.
        """
        count = select(func.count()).where(turns.c.conversation == conversations.c.id).scalar_subquery()
        token = select(shares.c.token).where(shares.c.conversation == conversations.c.id).scalar_subquery()
        place = tuple_(conversations.c.updated_at, conversations.c.id)
        statement = select(conversations, count.label("turns"), token.label("token"))
        statement = statement.where(conversations.c.owner == owner)
        if cursor:
            updated, last_id = read_cursor(cursor, 2)
            statement = statement.where(place < (_moment(updated), last_id))
        latest_first = statement.order_by(conversations.c.updated_at.desc(), conversations.c.id.desc())
        size = max(1, limit)
        with reading(self.engine) as connection:
            rows = connection.execute(latest_first.limit(size + 1)).all()
        found = [
            {
                "id": row.id,
                "title": row.title,
                "created_at": row.created_at.isoformat(),
                "updated_at": row.updated_at.isoformat(),
                "turns": row.turns,
                "shared": row.token or "",
            }
            for row in rows[:size]
        ]
        more = len(rows) > size
        return found, write_cursor(found[-1]["updated_at"], found[-1]["id"]) if more else ""

    def turns(self, conversation: str, owner: str) -> list[dict[str, Any]]:
        """{"answer_id", "question", "answer", "state", "created_at", "feedback"}, oldest first.

        `answer` is wire JSON; `feedback` the owner's own value, None without. Raises NotFound, also when not theirs.
        """
        own = and_(feedback.c.turn == turns.c.id, feedback.c.owner == owner)
        statement = select(turns, feedback.c.value).outerjoin(feedback, own)
        with reading(self.engine) as connection:
            _title(connection, conversation, owner)
            rows = connection.execute(statement.where(turns.c.conversation == conversation).order_by(turns.c.id)).all()
        return [
            {
                "answer_id": row.answer_id,
                "question": row.question,
                "answer": row.answer,
                "state": row.state,
                "created_at": row.created_at.isoformat(),
                "feedback": row.value,
            }
            for row in rows
        ]

    def readable(self, conversation: str, owner: str, access: Access) -> list[dict[str, Any]]:
        """`turns` as their owner may read them today."""
        return [{**turn, "answer": readable(turn["answer"], access)} for turn in self.turns(conversation, owner)]

    def delete(self, conversation: str, owner: str) -> None:
        """Raises NotFound, also when it is somebody else's."""
        own = select(turns.c.id).where(turns.c.conversation == conversation)
        with writing(self.engine) as connection:
            _title(connection, conversation, owner)
            for table in (feedback, turn_documents):
                connection.execute(delete(table).where(table.c.turn.in_(own)))
            connection.execute(delete(turns).where(turns.c.conversation == conversation))
            connection.execute(delete(shares).where(shares.c.conversation == conversation))
            connection.execute(delete(conversations).where(conversations.c.id == conversation))

    def share(self, conversation: str, owner: str) -> str:
        """The token of its link, the same again while it is shared. Raises NotFound."""
        with writing(self.engine) as connection:
            _title(connection, conversation, owner)
            known = connection.execute(select(shares.c.token).where(shares.c.conversation == conversation)).scalar()
            if known:
                return str(known)
            token = secrets.token_urlsafe(24)
            row = {"token": token, "conversation": conversation, "created_at": now()}
            connection.execute(insert(shares).values(row))
        return token

    def unshare(self, conversation: str, owner: str) -> None:
        """The link leads nowhere from now on. Raises NotFound."""
        with writing(self.engine) as connection:
            _title(connection, conversation, owner)
            connection.execute(delete(shares).where(shares.c.conversation == conversation))

    def shared(self, token: str, access: Access) -> dict[str, Any]:
        """{"title", "owner", "turns"} as far as the reader may read it today. Raises NotFound."""
        with reading(self.engine) as connection:
            own = select(conversations).join(shares, shares.c.conversation == conversations.c.id)
            row = connection.execute(own.where(shares.c.token == token)).one_or_none()
        if row is None:
            raise NotFound("There is no such shared conversation.", fix="It is gone, or no longer shared.")
        whole = [turn for turn in self.turns(row.id, row.owner) if turn["state"] == "complete"]
        shown = shown_to(whole, access)
        titled = bool(shown) and shown[0] is whole[0]
        told = ("answer_id", "question", "answer", "created_at")
        return {
            "title": row.title if titled else "",
            "owner": row.owner,
            "turns": [{name: turn[name] for name in told} for turn in shown],
        }

    def feedback(self, answer_id: str, owner: str, *, value: int, comment: str) -> None:
        """Again: the last one counts. Raises NotFound, also for an answer given to somebody else."""
        with writing(self.engine) as connection:
            turn = _turn(connection, answer_id, owner)
            if turn is None:
                raise NotFound(f"There is no answer {answer_id}.", fix="Use the answer_id of an answer given to you.")
            mine = (feedback.c.turn == turn, feedback.c.owner == owner)
            connection.execute(delete(feedback).where(*mine))
            row = {"turn": turn, "owner": owner, "value": value, "comment": comment, "created_at": now()}
            connection.execute(insert(feedback).values(row))

    def wanting(self, *, limit: int = 1_000) -> list[dict[str, Any]]:
        """Of every conversation but those of evaluations; what was broken off is no refusal."""
        refused = turns.c.answer["status"].as_string() == "refused"
        disliked = select(feedback.c.turn).where(feedback.c.value < 0)
        statement = (
            select(turns.c.id, turns.c.question, turns.c.answer)
            .join(conversations, conversations.c.id == turns.c.conversation)
            .where(conversations.c.owner != EVALUATION, or_(refused, turns.c.id.in_(disliked)))
            .where(turns.c.state == "complete")
            .order_by(turns.c.id.desc())
            .limit(limit)
        )
        with reading(self.engine) as connection:
            rows = connection.execute(statement).all()
            votes = (
                select(feedback.c.turn, feedback.c.comment).where(feedback.c.value < 0).order_by(feedback.c.created_at)
            )
            said: dict[int, list[str]] = {}
            for turn, comment in connection.execute(votes):
                said.setdefault(turn, []).append(comment)
        return [
            {
                "question": row.question,
                "answer": row.answer,
                "liked": False if row.id in said else None,
                "comments": [comment for comment in said.get(row.id, []) if comment],
            }
            for row in rows
        ]


def _title(connection: Connection, conversation: str, owner: str) -> str:
    """Of a conversation of this owner. Raises NotFound."""
    own = (conversations.c.id == conversation, conversations.c.owner == owner)
    title = connection.execute(select(conversations.c.title).where(*own)).scalar()
    if title is None:
        raise NotFound(f"There is no conversation {conversation}.", fix="Leave conversation_id out to start one.")
    return str(title)


def _turn(connection: Connection, answer_id: str, owner: str) -> int | None:
    statement = select(turns.c.id).join(conversations, conversations.c.id == turns.c.conversation)
    return connection.execute(statement.where(turns.c.answer_id == answer_id, conversations.c.owner == owner)).scalar()


def _note_documents(connection: Connection, turn: int, ids: set[str]) -> None:
    connection.execute(delete(turn_documents).where(turn_documents.c.turn == turn))
    if ids:
        connection.execute(insert(turn_documents), [{"turn": turn, "document": each} for each in sorted(ids)])


def _moment(written: str) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except ValueError as error:
        raise bad_cursor() from error
