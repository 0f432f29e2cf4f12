"""Rows of the ledger: what became of a file, and when it is tried again. Pure."""

from datetime import datetime, timedelta

from ingest.origins import Reading
from ingest.sync import Seen
from rag.domain.errors import UnreadableSource
from rag.domain.records import FileOutcome

PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))  # after the first failure, the second ...
MOST_TRIES = 3


def indexed(reading: Reading, seen: Seen, *, now: datetime) -> FileOutcome:
    """Documents and chunks are counted by who writes them."""
    return FileOutcome(
        path=reading.candidate.relative,
        fingerprint=seen.fingerprint,
        state="indexed",
        reader=seen.reader,
        seconds=reading.seconds,
        stamp=seen.stamp,
        at=now,
    )


def left_out(path: str, seen: Seen, before: FileOutcome | None, *, now: datetime) -> FileOutcome:
    """Skipped, or failed where that is a failure; then what was read before is still there."""
    kept = before if seen.failed else None
    return FileOutcome(
        path=path,
        fingerprint="",
        state="failed" if seen.failed else "skipped",
        reason=seen.reason,
        documents=kept.documents if kept else 0,
        chunks=kept.chunks if kept else 0,
        stamp=seen.stamp,
        at=now,
    )


def failed(
    reading: Reading, seen: Seen, before: FileOutcome | None, *, error: UnreadableSource, now: datetime
) -> FileOutcome:
    """Tried again later when its reader was stopped (it may do better), parked after the last try.

    A file that is simply unreadable stays so until it changes or is asked for.
    """
    same = before is not None and before.fingerprint == seen.fingerprint and before.state != "indexed"
    tries = before.tries + 1 if before is not None and same else 1
    parked = error.retryable and tries >= MOST_TRIES
    again = now + PAUSES[min(tries, len(PAUSES)) - 1] if error.retryable and not parked else None
    return FileOutcome(
        path=reading.candidate.relative,
        fingerprint=seen.fingerprint,
        state="parked" if parked else "failed",
        reason=str(error),
        reader=seen.reader,
        seconds=reading.seconds,
        documents=before.documents if before else 0,
        chunks=before.chunks if before else 0,
        tries=tries,
        stamp=seen.stamp,
        at=now,
        next_try=again,
    )


def same(row: FileOutcome, before: FileOutcome | None) -> bool:
    """Nothing new to write down."""
    return before is not None and (row.state, row.reason, row.stamp) == (before.state, before.reason, before.stamp)


def told(row: FileOutcome) -> str:
    """The reason as a report gives it, with what happens next."""
    if row.state == "parked":
        return f"parked after {row.tries} tries: {row.reason} `teamlore ingest FILE --retry` tries again."
    if row.next_try is not None:
        return f"{row.reason} It is tried again from {row.next_try:%Y-%m-%d %H:%M} UTC on."
    return row.reason
