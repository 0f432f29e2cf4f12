"""Issues and pull requests as `gh ... --json` and the REST API write them: what each says, and who said it. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingest.readers._builder import one_line
from ingest.readers._chat import ChatMessage, iso, moment, shown
from ingest.readers._loose import Record, dig, first, records, string
from ingest.text.frontmatter import MOST_FACTS
from rag.domain.records import Identity
from rag.domain.types import Fact

PLACE = re.compile(
    r"https?://([\w.:-]{1,200})/(?:api/v3/)?(?:repos/)?([\w.-]{1,100}/[\w.-]{1,100})/(issues|pulls?)/(\d{1,9})"
)
ANCHOR = re.compile(r"#(?:issuecomment-|discussion_r|pullrequestreview-)(\d{1,20})$")
MENTIONED = re.compile(r"(?<![\w/#&])(?:([\w.-]{1,100}/[\w.-]{1,100}))?#(\d{1,9})\b")
LINKED = re.compile(r"https?://[\w.:-]{1,200}/([\w.-]{1,100}/[\w.-]{1,100})/(?:issues|pull)/(\d{1,9})")
OF_PULLS = ("headRefName", "baseRefName", "mergedAt", "mergeable", "isDraft", "pull_request", "merged_at", "diff_url")
BY_KEY = (("closed-at", ("closedAt", "closed_at")), ("merged-at", ("mergedAt", "merged_at")))
UNDATED = datetime(1, 1, 1, tzinfo=UTC)  # the dump was made without the field
LONGEST_SEARCHED = 200_000  # characters of a body that are looked through for links


@dataclass(slots=True)
class Discussion:
    """One issue or pull request, filled from all that tells of it."""

    repository: str  # owner/name; empty when nothing says it
    number: str
    title: str = ""
    pull: bool = False
    url: str = ""
    opened: ChatMessage | None = None
    replies: list[ChatMessage] = field(default_factory=list)
    facts: dict[tuple[str, str], Fact] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.repository}#{self.number}"

    def say(self, key: str, value: str) -> None:
        value = one_line(value)
        if value and len(self.facts) < MOST_FACTS:
            self.facts.setdefault((key, value), Fact(key=key, value=value))


def is_issue(item: object) -> bool:
    """A number and a title, and one more key of those that only such items have."""
    if not isinstance(item, dict) or not string(item, "number").isdigit() or not string(item, "title"):
        return False
    return bool({"body", "state", "author", "user", "html_url", "comments", "labels"} & item.keys())


def is_comment(item: object) -> bool:
    """Of a dump of its own: it says which issue it belongs to."""
    return isinstance(item, dict) and bool(place_of(first(item, "issue_url", "pull_request_url"))[1]) and "body" in item


def place_of(url: str) -> tuple[str, str]:
    """(owner/name, number); empty strings when the address is no issue's."""
    found = PLACE.match(url)
    return (found[2], found[4]) if found else ("", "")


def take_issue(item: Record, found: Discussion) -> None:
    """Adds what `item` says. Of two dumps the first names what both know; their comments are united."""
    url = first(item, "html_url", "url")
    if url.startswith(("https://", "http://")) and "//api." not in url:
        found.url = found.url or url
    found.title = found.title or one_line(string(item, "title"))
    found.pull = found.pull or "/pull/" in url or any(item.get(key) for key in OF_PULLS) or "isDraft" in item
    body, time = string(item, "body"), moment(first(item, "createdAt", "created_at", "updatedAt", "updated_at"))
    if found.opened is None:
        words = body if body.strip() else found.title
        found.opened = _message(item, f"#{found.number}", words, time or UNDATED, found.url)
    for reply in (*records(item, "comments"), *records(item, "reviews")):
        take_comment(reply, found)
    _tell(item, found, body)


def take_comment(item: Record, found: Discussion) -> None:
    """One without words is left out; of a review without words its verdict stays, as a fact."""
    if string(item, "state").upper() == "APPROVED":
        found.say("approved-by", _login(item))
    url = first(item, "html_url", "url")
    anchor = ANCHOR.search(url)
    id_, words, path = anchor[1] if anchor else first(item, "id", "node_id"), string(item, "body"), string(item, "path")
    time = moment(first(item, "createdAt", "created_at", "submittedAt", "submitted_at"))
    if id_ and words.strip() and time:
        said = f"On {one_line(path)}:\n{words}" if path else words
        found.replies.append(_message(item, id_, said, time, url if anchor else ""))
        _links(words, found)


def _message(item: Record, id_: str, text: str, time: datetime, url: str) -> ChatMessage:
    login, edited = _login(item), moment(string(item, "updated_at"))
    bot = login.endswith("[bot]") or dig(item, "author", "is_bot") is True or string(item, "user", "type") == "Bot"
    return ChatMessage(
        id=id_,
        time=time,
        author=login,
        text=text,
        identity=Identity(system="github", id=login, name=shown(login)) if login and not bot else None,
        url=url,
        edited=edited if edited and edited > time else None,
    )


def _login(item: Record) -> str:
    return first(dig(item, "author"), "login") or first(dig(item, "user"), "login")


def _tell(item: Record, found: Discussion, body: str) -> None:
    state = string(item, "state").lower()
    merged = first(item, "mergedAt", "merged_at") or string(item, "pull_request", "merged_at")
    found.say("state", "merged" if merged else state)
    found.say("reason", first(item, "stateReason", "state_reason").lower())
    found.say("repository", found.repository)
    found.say("number", f"#{found.number}")
    found.say("author", _login(item))
    for key, names in BY_KEY:
        time = moment(first(item, *names) or (merged if key == "merged-at" else ""))
        found.say(key, iso(time) if time else "")
    for label in records(item, "labels"):
        found.say("label", string(label, "name"))
    for who in records(item, "assignees"):
        found.say("assignee", string(who, "login"))
    found.say("milestone", string(item, "milestone", "title"))
    found.say("branch", string(item, "headRefName") or string(item, "head", "ref"))
    for other in (*records(item, "closingIssuesReferences"), *records(item, "closedByPullRequestsReferences")):
        found.say("links-to", f"#{string(other, 'number')}" if string(other, "number") else "")
    _links(body, found)


def _links(text: str, found: Discussion) -> None:
    for repository, number in _mentioned(text[:LONGEST_SEARCHED]):
        name = f"#{number}" if repository in ("", found.repository) else f"{repository}#{number}"
        if name != f"#{found.number}":
            found.say("links-to", name)


def _mentioned(text: str) -> Iterator[tuple[str, str]]:
    for pattern in (MENTIONED, LINKED):
        yield from ((match[1] or "", match[2]) for match in pattern.finditer(text))
