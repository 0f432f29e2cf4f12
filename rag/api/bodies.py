"""What callers may send: limits, and text that every store below can hold."""

from datetime import UTC, date, datetime
from typing import Annotated, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from rag.domain.types import Access, Filters, Query

MAX_QUESTION = 8_000  # characters
MAX_K = 50
MAX_INT = 2**53

B = TypeVar("B", bound=BaseModel)


def clean(value: object) -> object:
    """NUL dropped and lone surrogates replaced: Chroma and PostgreSQL refuse both."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value


def _aware(value: datetime) -> datetime:
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is outside the calendar") from None


Clean = Annotated[str, BeforeValidator(clean)]
Name = Annotated[Clean, Field(min_length=1, max_length=200)]
Names = Annotated[list[Name], Field(max_length=100)]
QuestionText = Annotated[Clean, Field(min_length=1, max_length=MAX_QUESTION), AfterValidator(_not_blank)]
Moment = Annotated[datetime, AfterValidator(_aware)]
Fact = Annotated[Clean, Field(max_length=500, pattern=r"^[^=]+=")]
Facts = Annotated[list[Fact], Field(max_length=20, description="`status=accepted`: all of them hold, without case")]
Id = Annotated[Clean, Field(min_length=1, max_length=300)]
Cursor = Annotated[Clean, Field(max_length=500)]
Limit = Annotated[int, Field(ge=1, le=200)]


class Body(BaseModel):
    """A misspelt field is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid")


class FiltersBody(Body):
    spaces: Names = []
    kinds: Names = []
    authors: Names = []
    after: date | None = Field(None, description="that day or later")
    before: date | None = Field(None, description="earlier than that day")
    facts: Facts = []

    def filters(self) -> Filters:
        return Filters(
            spaces=tuple(self.spaces),
            kinds=tuple(self.kinds),
            authors=tuple(self.authors),
            after=self.after,
            before=self.before,
            facts=tuple(fact_of(fact) for fact in self.facts),
        )


def fact_of(written: str) -> tuple[str, str]:
    key, _, value = written.partition("=")
    return key.strip(), value.strip()


def query_of(text: str, access: Access, *, filters: FiltersBody | None, as_of: datetime | None) -> Query:
    return Query(text=text, access=access, filters=filters.filters() if filters else Filters(), as_of=as_of)


def checked(model: type[B], given: object) -> B:
    """For bodies that FastAPI does not read itself: its own error, so that callers see one shape."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in error.errors()]) from error
