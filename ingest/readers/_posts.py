"""From the messages of a channel to its documents: a thread each, and a day each of what began none. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ingest.readers._chat import ChatMessage, iso, render, titled
from rag.domain.records import Thread
from rag.domain.types import Parsed

MOST_NOTES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message and where it belongs."""

    message: ChatMessage
    thread: str = ""  # id of the message that began it; its own id for one that begins a thread by itself
    title: str = ""  # of the thread it begins, where somebody gave it one
    file: str = ""  # relative to the claimed folder


@dataclass(slots=True)
class Room:
    """A channel while it is read. Times are ISO 8601 in UTC; `first` and `last` as in `Thread`."""

    key: str
    name: str
    sign: str = "#"  # empty for a conversation that has no name of its own
    posts: list[Post] = field(default_factory=list)
    first: str = ""
    last: str = ""
    exported: str = ""

    def documents(self) -> Iterator[Parsed]:
        """By the time of their first message; those without words are left out."""
        answered = {post.thread for post in self.posts if post.thread}
        groups: dict[str, list[Post]] = {}
        for post in sorted(self.posts, key=lambda post: (post.message.time, post.message.id)):
            thread = post.thread or (post.message.id if post.message.id in answered else "")
            groups.setdefault(thread or f"day/{iso(post.message.time)[:10]}", []).append(post)
        for key, group in groups.items():
            parsed = self._document(key, group)
            if parsed.text:
                yield parsed

    def _document(self, key: str, group: Sequence[Post]) -> Parsed:
        day = key.removeprefix("day/")
        return render(
            Thread(
                key=f"{self.key}/{key}",
                channel=self.key,
                name=self.name,
                first=self.first,
                last=self.last,
                exported=self.exported,
            ),
            [post.message for post in group],
            title=titled(self.sign + self.name, day if day != key else _title(group)),
            files=[post.file for post in group if post.file],
        )


@dataclass(slots=True)
class Notes:
    """What could not be read; a hostile file does not fill the memory with complaints."""

    said: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        if len(self.said) < MOST_NOTES:
            self.said.append(text)


def newest(posts: Iterable[Post]) -> str:
    """ISO 8601 of the last message or edit; empty where there is none."""
    return max((iso(post.message.edited or post.message.time) for post in posts), default="")


def spanned(posts: Iterable[Post]) -> tuple[str, str]:
    """ISO 8601 of the first and the last message; empty where there is none."""
    times = [iso(post.message.time) for post in posts]
    return min(times, default=""), max(times, default="")


def _title(group: Iterable[Post]) -> str:
    told = [(post.title, post.message.text) for post in group]
    return next((title for title, _ in told if title), "") or next((text for _, text in told if text.strip()), "")
