"""What comes together while Zulip's files are read: the messages of each topic. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.readers._chat import ChatMessage, in_order, iso, render, titled
from rag.domain.records import Thread
from rag.domain.types import Parsed

BEGINNING = "1970-01-01T00:00:00+00:00"  # an export has all there is
RESOLVED = "✔ "
BOTS = frozenset({"notification bot", "welcome bot"})  # they say what was moved, made, resolved
MOST_NOTES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a topic stands; a direct conversation has no topic and no sign."""

    channel: str  # zulip:acme/12
    name: str
    topic: str = ""
    sign: str = "#"

    @property
    def key(self) -> str:
        """The same when it is marked as resolved; Zulip's topics differ by more than case."""
        return f"{self.channel}/{self.bare.casefold()}" if self.topic else self.channel

    @property
    def bare(self) -> str:
        return self.topic.removeprefix(RESOLVED).strip()


@dataclass(slots=True)
class Topics:
    exported: str = ""  # ISO 8601; empty: the time of the newest message or edit
    notes: list[str] = field(default_factory=list)
    whole: bool = True  # else that a message is not there says nothing
    _said: dict[str, list[ChatMessage]] = field(default_factory=dict)
    _places: dict[str, Place] = field(default_factory=dict)
    _files: dict[str, list[str]] = field(default_factory=dict)

    def add(self, place: Place, message: ChatMessage, file: str) -> None:
        self._places.setdefault(place.key, place)
        self._said.setdefault(place.key, []).append(message)
        self._files.setdefault(place.key, []).append(file)

    def note(self, text: str) -> None:
        if len(self.notes) < MOST_NOTES:
            self.notes.append(text)

    def damage(self, text: str) -> None:
        self.whole = False
        self.note(text)

    def documents(self, notes: Sequence[str]) -> list[Parsed]:
        """By key, those without words left out; `notes` go with the first."""
        times = (message.edited or message.time for said in self._said.values() for message in said)
        newest = max(times, default=None)
        exported = self.exported or (iso(newest) if newest else "")
        found: list[Parsed] = []
        for key in sorted(self._said):
            parsed = self._document(key, exported, () if found else notes)
            if parsed.text:
                found.append(parsed)
        return found

    def _document(self, key: str, exported: str, notes: Sequence[str]) -> Parsed:
        place = self._places[key]
        said = in_order(self._said[key])
        return render(
            Thread(
                key=key,
                channel=place.channel,
                name=place.name,
                first=BEGINNING if self.whole else "",
                last=max(exported, iso(said[-1].time)) if self.whole else "",
                exported=exported,
            ),
            said,
            title=titled(place.sign + place.name, place.bare or said[0].text),
            files=self._files[key],
            notes=notes,
        )
