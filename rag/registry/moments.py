"""Points in time: always with a zone inside, microseconds since 1970 in the database."""

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


def parse_moment(text: str) -> datetime | None:
    """An ISO 8601 date or time, UTC where it names no zone; a year or a month alone is its first day.

    None when it is empty or says something else.
    """
    written = text.strip()
    if re.fullmatch(r"\d{4}(-\d{2})?", written):
        written = f"{written}-01" if "-" in written else f"{written}-01-01"
    try:
        moment = datetime.fromisoformat(written)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def parse_day(text: str) -> str | None:
    """The calendar day as the source wrote it (not moved to UTC), for filters: YYYY-MM-DD."""
    if parse_moment(text) is None:
        return None
    written = text.strip()
    if len(written) in (4, 7):
        written = f"{written}-01" if len(written) == 7 else f"{written}-01-01"
    return datetime.fromisoformat(written).date().isoformat()


class Moment(TypeDecorator[datetime]):
    """A datetime with a zone, as an integer: exact, ordered, the same on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        del dialect
        if value is None:
            return None
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        since = moment - EPOCH
        return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else from_micros(value)


def from_micros(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)
