"""Mailing lists: an mbox, and Mailman's archives of text. A thread is a document.

Threads by the ids that mails name; a reply that names none joins the thread of its subject. Archives only grow, and
none says what it holds: nothing counts as deleted for not being in one. Checked with what Python's own `mailbox`
writes; unverified on the archive of a real list.
"""

import dataclasses
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses
from itertools import pairwise
from pathlib import PurePosixPath

from ingest.readers._builder import one_line
from ingest.readers._chat import ChatMessage, iso, moment, render, shown
from ingest.readers._mail_words import html_words, own_words
from ingest.readers._mbox import begins_mbox, mails
from ingest.readers._posts import Notes
from ingest.readers.base import Candidate, Limits, Reader
from ingest.readers.mail import BROKEN, Mail, mail_of, message_of
from rag.domain.errors import LimitExceeded, UnreadableSource
from rag.domain.records import Identity, Thread
from rag.domain.types import Parsed

SUFFIXES = frozenset({".mbox", ".mbx"})
OTHERS = frozenset({"", ".txt", ".gz"})  # where the first lines must say it
IDS = re.compile(r"<([^<>\s]{1,300})>")
LINK = re.compile(r"<?(https?://[^<>\s]{1,500})>?")
LIST = re.compile(r"<(?:mailto:)?([A-Za-z0-9._+@-]{1,200})[^<>]{0,200}>")
ANSWER = re.compile(r"(?:re|aw|sv|antw)(?:\[[0-9]{1,3}\])?: ?", re.IGNORECASE)
FORWARD = re.compile(r"(?:fwd?|wg): ?", re.IGNORECASE)
TAG = re.compile(r"\[([^\[\]]{1,40})\] ?")
AT = re.compile(rb"^(From: [^\s@]{1,200}) at ([^\s@]{1,200})(?=[ \r\n])", re.MULTILINE)
SENT = re.compile(r"([A-Z][a-z]{2}) {1,2}([0-9]{1,2}) ([0-9]{2}:[0-9]{2}:[0-9]{2})(?: [+-][0-9]{4})? ([0-9]{4})")
COMMENT = re.compile(r"\(([^()]{1,200})\)\s{0,9}$")
VIA = re.compile(r" via [^<>]{1,80}$")
MONTH = re.compile(r"[0-9]{4}(?:-[A-Za-z0-9]{1,12})?")
MOST_REFERENCES = 200
# A signature, and what has no name but its type: the footer of a list, a mail inside the mail.
UNNAMED = ("signature.asc", "smime.p7s", "OpenPGP_signature", "text/", "multipart/", "message/", "application/pgp-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail of the list."""

    message: ChatMessage
    list: str  # address or id of the list; empty where the mail does not name it
    subject: str
    parents: tuple[str, ...]  # ids, the one that began the thread first

    @property
    def bare(self) -> str:
        return bare(self.subject).casefold()


@dataclass(slots=True)
class Threads:
    """Which mail belongs to which thread: named by the id of the first mail that anybody names."""

    parent: dict[str, str] = field(default_factory=dict)
    subjects: dict[str, str] = field(default_factory=dict)  # {subject: id of the last mail under it}

    def add(self, letter: Letter) -> None:
        chain = [*letter.parents, letter.message.id]
        for above, below in pairwise(chain):
            if below not in self.parent and self.root(above) != below:
                self.parent[below] = above

    def by_subject(self, letter: Letter) -> None:
        id, subject = letter.message.id, letter.bare
        above = self.subjects.get(subject, "")
        if subject and above and _is_answer(letter.subject) and not letter.parents and self.root(above) != id:
            self.parent.setdefault(id, above)
        if subject:
            self.subjects[subject] = id

    def root(self, id: str) -> str:
        path = []
        while id in self.parent:
            path.append(id)
            id = self.parent[id]
        for passed in path:
            self.parent[passed] = id
        return id


def claims_mbox(candidate: Candidate) -> bool:
    if candidate.is_dir or candidate.suffix not in SUFFIXES | OTHERS:
        return False
    return begins_mbox(candidate.head)


def read_mbox(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    notes = Notes()
    letters: list[Letter] = []
    for number, (envelope, data, whole) in enumerate(mails(candidate.path, candidate.relative, limits), 1):
        if not whole:
            notes.add(f"mail {number:,} is very long: its end, with what is attached, was not read")
        try:
            letters.append(_letter(data, envelope, limits))
        except (*BROKEN, UnreadableSource, LimitExceeded) as error:
            notes.add(f"mail {number:,} cannot be read: {one_line(str(error))[:100]}")
    found = False
    for parsed in _documents(letters, candidate.relative):
        yield parsed if found else dataclasses.replace(parsed, notes=(*notes.said, *parsed.notes))
        found = True
    if not found:
        why = f" {notes.said[0]}." if notes.said else ""
        raise UnreadableSource(f"{candidate.relative} holds no mail with words.{why}", fix="Export it again as mbox.")


def _letter(data: bytes, envelope: str, limits: Limits) -> Letter:
    """Raises one of BROKEN, UnreadableSource, LimitExceeded."""
    head, blank, body = data.partition(b"\r\n\r\n" if b"\r\n" in data[:200] else b"\n\n")
    parsed = message_of(AT.sub(rb"\1@\2", head, count=1) + blank + body)
    mail = mail_of(parsed)
    time = moment(mail.date) or _sent(envelope)
    if time is None:
        raise UnreadableSource("It has no time", fix="")
    name, address = _author(mail, parsed)
    parents = _parents(parsed, mail.id)
    is_html = not mail.plain.strip() and bool(mail.html.strip())
    written = html_words(mail.html, limits) if is_html else mail.plain
    text, named = own_words(written, answers=_answers(mail.subject, parents))
    digest = hashlib.sha256("\n".join([iso(time), mail.sender, mail.subject, text]).encode("utf-8", "replace"))
    message = ChatMessage(
        id=mail.id or f"{digest.hexdigest()[:24]}@no-id",
        time=time,
        author=name,
        identity=Identity(system="mail", id=address, name=shown(name), email=address) if address else None,
        text=text,
        url=_link(parsed),
        attachments=tuple(name for name in (*mail.attachments, *named) if not name.startswith(UNNAMED)),
        reply_to=parents[-1] if parents else "",
    )
    return Letter(message=message, list=_list(parsed), subject=mail.subject, parents=parents)


def _parents(message: EmailMessage, own: str) -> tuple[str, ...]:
    heads = [str(message.get(name, "")) for name in ("References", "In-Reply-To")]
    found = [id for head in heads for id in IDS.findall(head) if id != own]
    return tuple(dict.fromkeys(found))[-MOST_REFERENCES:]


def _author(mail: Mail, message: EmailMessage) -> tuple[str, str]:
    """Name and address. What a list sends in somebody's name is not from the list's address."""
    name, address = next(iter(getaddresses([mail.sender])), ("", ""))
    name = name or _in_brackets(message)
    if VIA.search(name):
        name = VIA.sub("", name)
        replies = getaddresses([one_line(str(message.get("Reply-To", "")))])
        address = next((reply for called, reply in replies if called == name), "")
    address = address.lower() if "@" in address else ""
    return one_line(name).strip("'\"") or address or mail.sender, address


def _in_brackets(message: EmailMessage) -> str:
    """`ada@example.org (Ada Lovelace)`: the old way to write a name, which the parser takes for a comment."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == "from"), "")
    match = COMMENT.search(raw)
    try:
        return str(make_header(decode_header(match[1]))) if match else ""
    except BROKEN:
        return match[1] if match else ""


def _sent(envelope: str) -> datetime | None:
    match = SENT.search(envelope)
    try:
        return datetime.strptime(" ".join(match.groups()) + " +0000", "%b %d %H:%M:%S %Y %z") if match else None
    except ValueError:
        return None


def _link(message: EmailMessage) -> str:
    """Where the mail stands in the list's archive, or else where the archive is."""
    heads = (LINK.search(str(message.get(name, ""))) for name in ("Archived-At", "List-Archive"))
    return next((match[1] for match in heads if match), "")


def _list(message: EmailMessage) -> str:
    heads = (LIST.search(str(message.get(name, ""))) for name in ("List-Id", "List-Post"))
    return next((match[1].replace("@", ".").lower() for match in heads if match), "")


def bare(subject: str) -> str:
    """Without "Re:"; the list's tag stays in front."""
    rest = _without_answer(subject)
    tag = TAG.match(rest)
    return tag[0] + _without_answer(rest[tag.end() :]) if tag else rest


def _without_answer(subject: str) -> str:
    while match := ANSWER.match(subject):
        subject = subject[match.end() :]
    return subject.strip()


def _is_answer(subject: str) -> bool:
    tag = TAG.match(subject)
    return ANSWER.match(subject, tag.end() if tag else 0) is not None


def _answers(subject: str, parents: Sequence[str]) -> bool:
    """Whoever passes a mail on quotes what the list has not seen."""
    tag = TAG.match(subject)
    passed_on = FORWARD.match(subject, tag.end() if tag else 0) is not None
    return not passed_on and (bool(parents) or _is_answer(subject))


def _documents(letters: Sequence[Letter], relative: str) -> Iterator[Parsed]:
    """Threads by the time of their first mail; those without words are left out."""
    ordered = sorted(letters, key=lambda letter: (letter.message.time, letter.message.id))
    threads = Threads()
    for letter in ordered:
        threads.add(letter)
    for letter in ordered:
        threads.by_subject(letter)
    groups: dict[str, list[Letter]] = {}
    for letter in ordered:
        groups.setdefault(threads.root(letter.message.id), []).append(letter)
    usual = _usual_list(letters, relative)
    newest = iso(ordered[-1].message.time) if ordered else ""
    for root, group in groups.items():
        list_ = next((letter.list for letter in group if letter.list), usual)
        parsed = render(
            Thread(key=f"mail:{list_}/{root}", channel=f"mail:{list_}", name=list_.partition(".")[0], exported=newest),
            [letter.message for letter in group],
            title=bare(group[0].subject),
        )
        if parsed.text:
            yield dataclasses.replace(parsed, kind="mail")


def _usual_list(letters: Sequence[Letter], relative: str) -> str:
    """The list of mails that name none: the only one that most others name, else by tag, folder or file."""
    named = Counter(letter.list for letter in letters if letter.list)
    if len(named) == 1 and 2 * named.total() >= len(letters):
        return next(iter(named))
    tags = Counter(match[1].lower() for letter in letters if (match := TAG.match(letter.bare)))
    tag, often = next(iter(tags.most_common(1)), ("", 0))
    if 2 * often > len(letters):
        return tag
    path = PurePosixPath(relative)
    stem = path.name.removesuffix(".gz").rpartition(".")[0] or path.name
    return path.parent.name or ("list" if MONTH.fullmatch(stem) else stem)


READER: Reader = Reader(name="mbox", version=2, large=True, claims=claims_mbox, read=read_mbox, suffixes=SUFFIXES)
