"""The readers. The first one that claims a candidate reads it, so the narrow ones stand before the wide ones."""

from ingest.readers import (
    archive,
    code,
    confluence,
    data,
    discord,
    epub,
    github,
    html,
    irc,
    mail,
    markdown,
    mattermost,
    mbox,
    mlflow_db,
    mlflow_export,
    mlflow_store,
    notebook,
    notion,
    office,
    pdf,
    plain,
    rst,
    runs_table,
    sheets,
    slack,
    table,
    takeout,
    teams,
    telegram,
    tensorboard,
    transcript,
    wandb,
    wandb_export,
    zulip,
)
from ingest.readers.base import Candidate, Reader, unsupported
from rag.domain.errors import UnsupportedFormat

READERS: tuple[Reader, ...] = (
    markdown.READER,
    rst.READER,
    notebook.READER,
    mlflow_store.READER,
    wandb.READER,
    slack.READER,
    discord.READER,
    zulip.READER,
    mattermost.READER,
    telegram.READER,
    teams.READER,
    mbox.READER,
    github.READER,
    notion.READER,
    confluence.READER,
    takeout.READER,
    mlflow_db.READER,
    mlflow_export.READER,
    tensorboard.READER,
    wandb_export.READER,
    runs_table.READER,
    table.READER,
    data.READER,
    code.READER,
    pdf.READER,
    html.READER,
    office.READER,
    sheets.READER,
    mail.READER,
    epub.READER,
    archive.READER,  # after the readers of exports that are archives
    irc.READER,
    transcript.READER,
    plain.READER,  # the last: it claims whatever is text
)


def find_reader(candidate: Candidate) -> Reader | None:
    """None: nothing here reads it; `no_reader` says so in words."""
    return next((reader for reader in READERS if reader.claims(candidate)), None)


def no_reader(candidate: Candidate) -> UnsupportedFormat:
    return unsupported(candidate, READERS)
