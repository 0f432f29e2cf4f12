"""Sound exports of wikis, trackers and chats to spoil, as their readers' own tests make them."""

import gzip
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.ingest import test_readers_chats2 as chats
from tests.ingest import test_readers_wikis as wikis

Folder = dict[str, bytes]

VAULT = f"{wikis.NOTE_OF_A_VAULT}\n> [!note] Mind\n> It is [[Run 7|so]].^block-1\n\n- [ ] Retrain\n"
TEAM = """# who is who
- {name: Ada Lovelace, emails: [ada@example.org], slack: U01, git: [ada@x.example, "\\u00e1da"], state: active}
- name: Bo Li
  emails: [bo@example.org]
  mlflow: bo
  state: left
  until: 2026-05-18
"""


def files() -> dict[str, bytes]:
    """{name: bytes}, in a fixed order."""
    conversation = chats.chat(chats.SAID)
    account = {"about": "Here is the data", "personal_information": {"user_id": 7}, "chats": {"list": [conversation]}}
    return {
        "import.jsonl": _made("import.jsonl", lambda path: chats.bulk(path, chats.BULK)),
        "page-of-teams.json": _made("page.json", lambda path: chats.page(path, chats.TALK)),
        "result.json": json.dumps(conversation, indent=1).encode(),
        "result-of-an-account.json": json.dumps(account, indent=1).encode(),
        "dev.mbox": _made("dev.mbox", lambda path: chats.box(path, _mails())),
        "2026-May.txt": chats.PIPERMAIL,
        "2026-June.txt.gz": gzip.compress(chats.PIPERMAIL, mtime=0),
        "issues-and-pulls.json": json.dumps([wikis.ISSUE, wikis.PULL], indent=1).encode(),
        "issues-of-the-api.json": json.dumps([wikis.REST_ISSUE]).encode(),
        "comments-of-the-api.json": json.dumps([wikis.REST_COMMENT]).encode(),
        "Ideas.json": json.dumps(wikis.NOTE, indent=1).encode(),
        "vault-note.md": VAULT.encode(),
        "people.yaml": TEAM.encode(),
    }


def folders() -> dict[str, Folder]:
    """{name: its files}, each read as one thing."""
    return {
        "Takeout": _filled(wikis.takeout),
        "confluence-html": {
            "index.html": b"<html><body>Available Pages</body></html>",
            "NaN-loss_1002.html": wikis.CONFLUENCE_HTML.encode(),
            "Home_1001.html": wikis.CONFLUENCE_HTML.replace("NaN loss", "Home").encode(),
            "styles/site.css": b"body {}",
        },
        "confluence-xml": _filled(wikis.entities),
        "github-dump": {
            "issues.json": json.dumps([wikis.REST_ISSUE, wikis.PULL], indent=1).encode(),
            "issue_comments.json": json.dumps([wikis.REST_COMMENT], indent=1).encode(),
        },
        "notion": _filled(wikis.notion),
        "notion-html": {
            f"Team {wikis.TEAM}.html": b"<html><head><title>Team</title></head><body><p>x</p></body></html>",
            f"Team/Fix NaN {wikis.NAN}.html": wikis.NOTION_HTML.encode(),
        },
        "teams": _dump_of_powershell(),
        "vault": {".obsidian/app.json": b"{}", "notes/NaN loss.md": VAULT.encode(), "Run 7.md": b"Run #seven\n"},
    }


def _mails() -> list[chats.EmailMessage]:
    first = chats.mail(1, "[dev] NaN at 40k", "The loss is NaN.\n-- \nAda", List_Id=chats.LIST)
    second = chats.mail(2, "Re: [dev] NaN at 40k", "Ada Lovelace wrote:\n\n> The loss is NaN.\n\nUse bf16.\n", 1)
    second.add_attachment(b"x", maintype="image", subtype="png", filename="../../loss.png")
    return [first, second]


def _dump_of_powershell() -> Folder:
    found: dict[str, object] = {
        "users/usersList.json": [{"Id": "id-ada", "DisplayName": "Ada Lovelace", "Mail": "ada@x.example"}],
        "teams/teamsList.json": [{"GroupsId": "T", "Name": "Lab"}],
        "teams/T/channels_T.json": {"Id": chats.PLACE["channelId"], "DisplayName": "General"},
        "teams/T/messages_T.json": chats.capital(chats.TALK),
        "users/id-ada/messages_id-ada.json": chats.capital(
            [chats.message(9, "Hi", chatId="19:c@thread.v2", channelIdentity=None)]
        ),
    }
    return {
        name: json.dumps(value, indent=1).encode("utf-16" if "messages_T" in name else "utf-8")
        for name, value in found.items()
    }


def _filled(fill: Callable[[Path], object]) -> Folder:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "export")
        fill(folder)
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


def _made(name: str, make: Callable[[Path], object]) -> bytes:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, name)
        make(path)
        return path.read_bytes()
