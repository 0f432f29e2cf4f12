"""Nouns beside a document's text: an experiment run, who stands behind a name, a thread of a chat, what made a version.

All of it is read from the source, stored with the version that says so, and looked up by code.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

RunStatus = Literal["running", "scheduled", "finished", "failed", "killed", "unknown"]
FileState = Literal["indexed", "skipped", "failed", "parked"]


# --- experiment runs --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric's history. `last` is the value of the largest (step, time), as the source writes it."""

    key: str
    last: str
    step: int | None = None  # of `last`
    lowest: float | None = None  # finite values only; None when there is none
    lowest_step: int | None = None
    highest: float | None = None
    highest_step: int | None = None
    history: tuple[tuple[int, float | None], ...] = ()  # (step, value), ascending; None: not finite

    @property
    def number(self) -> float | None:
        """None for NaN, an infinity, or what is no number."""
        return finite(self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run as its tracker kept it. Values stay as written; times are ISO 8601 in UTC, empty when not known.

    In the text, `Mark(at, Run(id, "params.lr"))` stands where a value is written. Keys carry MLflow's own prefixes:
    `params.`, `metrics.`, `tags.`, `attributes.` (status, user, start_time, end_time, experiment, run_name ...).
    """

    tool: str  # mlflow, wandb, tensorboard, table
    id: str
    name: str = ""
    experiment: str = ""  # MLflow's experiment, W&B's project
    status: RunStatus = "unknown"
    user: str = ""
    started: str = ""
    ended: str = ""
    parent: str = ""  # id of the run it is nested in
    note: str = ""  # what a human wrote about it
    params: tuple[tuple[str, str], ...] = ()
    metrics: tuple[Metric, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    datasets: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()  # names only


def finite(text: str) -> float | None:
    """The number a value says, None when it says none or one that cannot be compared."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) != float("inf") and value == value else None


# --- people -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody as one system knows them: a Slack id, a git e-mail, an MLflow user, a name on a card."""

    system: str  # slack, discord, zulip, mattermost, teams, irc, git, mail, mlflow, wandb, name ...
    id: str  # unique in the system; of `name` the name itself
    name: str = ""  # as shown: what stands in a document's `authors`
    email: str = ""
    full_name: str = ""  # where the system knows more than what it shows
    active: bool | None = None  # False: their account is closed; None: nobody says


# --- chats ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Which conversation a part is, the same in every export of it. Times are ISO 8601 in UTC.

    Each message of the part's text begins at its Message mark and ends where the next one begins, and reads the same
    wherever it stands: so the threads of two exports merge by message id. A message that a later export of the time
    does not hold was deleted.
    """

    key: str  # slack:T01/C01/1718000000.000100
    channel: str  # slack:T01/C01
    name: str  # of the channel, as shown now: help
    first: str = ""  # the export holds all messages of the channel from here ...
    last: str = ""  # ... to here; both empty: nobody can say
    exported: str = ""  # when it was made; else the time of its newest message


# --- versions ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What made a version, where the source says it: a commit, an edit of a wiki page."""

    id: str = ""
    at: str = ""  # ISO 8601: the version is valid from then
    by: str = ""  # who
    reason: str = ""  # the commit's message


# --- the ledger of files ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome:
    """What became of one path of a source the last time it was looked at."""

    path: str
    fingerprint: str  # of what was looked at; empty when it could not be
    state: FileState  # parked: failed too often, left alone until it changes or is asked for
    reason: str = ""
    reader: str = ""
    seconds: float = 0.0  # of reading
    documents: int = 0
    chunks: int = 0
    tries: int = 1
    stamp: str = ""  # of its size and times when it was looked at: the same one needs no second look
    at: datetime
    next_try: datetime | None = None
