"""E-mail: EML by the standard library, Outlook's MSG by python-oxmsg; attachments are named, never opened."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from functools import lru_cache

from ingest.readers._builder import Builder, one_line, tidy
from ingest.readers._hidden import Hidden
from ingest.readers._markup import write_markup
from ingest.readers._zip import OLE_HEAD
from ingest.readers.base import Candidate, Limits, Reader, read_bytes
from ingest.readers.html import parse_html
from rag.domain.errors import UnreadableSource
from rag.domain.types import Message, Parsed

SUFFIXES = frozenset({".eml", ".msg"})
MOST_NAMED = 20
MOST_LINES = 2_000  # of headers in front of the text
LONGEST_HEAD = 10_000  # characters: the library's parser takes four minutes for a From of 100,000 quotation marks
HEADERS = HeaderRegistry()
# The library's own raises OverflowError for the year 99999999999.
HEADERS.map_to_type("date", UnstructuredHeader)  # type: ignore[arg-type]


@lru_cache(maxsize=512)  # without it every look at a header parses it again, some twenty times for each mail
def _header(name: str, value: str) -> BaseHeader:
    return HEADERS(name, value[:LONGEST_HEAD])


POLICY = policy.default.clone(header_factory=_header)
BROKEN = (MessageError, ValueError, LookupError, TypeError, AttributeError, OSError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What both formats hold. Addresses as `Name <address>`; `html` is used where there is no plain text."""

    id: str
    subject: str
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    date: str  # ISO 8601, or empty
    plain: str
    html: str
    attachments: tuple[str, ...]


def claims_mail(candidate: Candidate) -> bool:
    return not candidate.is_dir and candidate.suffix in SUFFIXES


def read_mail(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    data = read_bytes(candidate, limits)
    try:
        mail = _msg(candidate) if data.startswith(OLE_HEAD) else _eml(data)
    except BROKEN as error:
        raise UnreadableSource(
            f"{candidate.relative} is no e-mail that can be read: {one_line(str(error))[:200]}.",
            fix="Export it again as .eml.",
        ) from error
    if not (mail.sender or mail.subject or mail.plain or mail.html):
        raise UnreadableSource(f"{candidate.relative} holds no e-mail.", fix="Export it again as .eml.")
    builder = Builder(limits)
    builder.place(Message(id=mail.id, author=_name(mail.sender), time=mail.date))
    _write(mail, builder, candidate.relative, limits)
    yield Parsed(
        text=builder.text,
        marks=tuple(builder.marks),
        title=mail.subject,
        kind="mail",
        authors=(_name(mail.sender),) if mail.sender else (),
        date=mail.date,
        notes=(*_attachment_note(mail.attachments), *builder.notes),
    )


def _write(mail: Mail, builder: Builder, name: str, limits: Limits) -> None:
    heads = {"Subject": mail.subject, "From": mail.sender, "To": ", ".join(mail.to), "Cc": ", ".join(mail.cc)}
    builder.block("\n".join(f"{key}: {value}" for key, value in {**heads, "Date": mail.date}.items() if value))
    if mail.plain.strip():
        for paragraph in tidy(mail.plain).split("\n\n"):
            builder.block(paragraph)
    elif mail.html.strip():
        root = parse_html(mail.html, name, limits)
        hidden = Hidden(root)
        write_markup(root, builder, hidden)
        if hidden.count:
            builder.notes.append(f"{hidden.count} hidden passages were left out.")


def _eml(data: bytes) -> Mail:
    return mail_of(message_of(data))


def message_of(data: bytes) -> EmailMessage:
    """Raises one of BROKEN for what the parser cannot stand; so do the functions that ask the message."""
    return BytesParser(policy=POLICY).parsebytes(data)


def mail_of(message: EmailMessage) -> Mail:
    plain, html = (message.get_body(preferencelist=(kind,)) for kind in ("plain", "html"))
    names = (part.get_filename() or part.get_content_type() for part in message.iter_attachments())
    return Mail(
        id=_head(message, "Message-ID").strip("<> "),
        subject=_head(message, "Subject"),
        sender=next(iter(_people(message, "From")), ""),
        to=_people(message, "To"),
        cc=_people(message, "Cc"),
        date=_date(_head(message, "Date")),
        plain=_content(plain),
        html=_content(html),
        attachments=tuple(one_line(name) for name in names) if message.is_multipart() else (),
    )


def _msg(candidate: Candidate) -> Mail:
    from oxmsg import Message as Outlook

    message = Outlook.load(str(candidate.path))
    headers = {key.lower(): value for key, value in message.message_headers.items()}
    sent = message.sent_date
    return Mail(
        id=one_line(headers.get("message-id", "")).strip("<> "),
        subject=one_line(message.subject or ""),
        sender=_person(headers.get("from", "") or message.sender or ""),
        to=_listed([headers["to"]]) if headers.get("to") else tuple(one_line(r.name) for r in message.recipients),
        cc=_listed([headers.get("cc", "")]),
        date=sent.isoformat() if isinstance(sent, datetime) else _date(headers.get("date", "")),
        plain=message.body or "",
        html=message.html_body or "",
        attachments=tuple(one_line(attachment.file_name or "unnamed") for attachment in message.attachments),
    )


def _content(part: MIMEPart | None) -> str:
    """The characters of a text part, whatever its declared encoding is worth."""
    if part is None:
        return ""
    raw = part.get_payload(decode=True)
    if isinstance(raw, bytes) and not raw.isascii():
        try:
            return raw.decode("utf-8")  # what happens to be UTF-8 is UTF-8: many mails declare another
        except UnicodeDecodeError:
            pass
    try:
        content = part.get_content()
    except LookupError:  # an encoding that nobody knows
        content = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
    return content if isinstance(content, str) else ""


def _head(message: EmailMessage, name: str) -> str:
    return one_line(str(message.get(name, "")))[:MOST_LINES]


def _people(message: EmailMessage, name: str) -> tuple[str, ...]:
    return _listed([str(value) for value in message.get_all(name, [])])


def _listed(values: Iterable[str]) -> tuple[str, ...]:
    pairs = getaddresses([one_line(value) for value in values if value])
    return tuple(_named(name, address) for name, address in pairs if name or address)


def _person(value: str) -> str:
    return next(iter(_listed([value])), one_line(value))


def _name(person: str) -> str:
    return person.partition(" <")[0].strip("'\" ") or person


def _named(name: str, address: str) -> str:
    return f"{name} <{address}>" if name and address and name != address else name or address


def _date(value: str) -> str:
    try:
        return parsedate_to_datetime(value).isoformat() if value else ""
    except (ValueError, TypeError, OverflowError):
        return ""


def _attachment_note(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        return ()
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return (f"Attachments were not read: {', '.join(names[:MOST_NAMED])}{more}.",)


READER = Reader(name="mail", version=2, claims=claims_mail, read=read_mail, suffixes=SUFFIXES)
