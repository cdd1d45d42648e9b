"""Bases and types of REST schemas."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from invex.kernel.errors import NotFound
from invex.kernel.sent import sent_whole

# A database cannot keep the NUL character, so no text has one.
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]


def _iso_8601(value: Any) -> Any:
    # Pydantic would also take "0", as seconds since 1970.
    if isinstance(value, str) and "T" not in value.upper():
        raise ValueError("give date, time and offset, for example 2026-11-21T08:00:00Z")
    return value


def _iso_day(value: Any) -> Any:
    # Strict, pydantic takes a date alone; lax, also 0, as a day of 1970.
    try:
        return datetime.date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("give a day, for example 2026-11-21") from None


def _in_utc(value: datetime.datetime) -> datetime.datetime:
    try:
        return value.astimezone(datetime.UTC)
    except OverflowError as e:
        raise ValueError("the time lies outside of the calendar") from e


def _whole(value: Any) -> Any:
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


Timestamp = Annotated[AwareDatetime, BeforeValidator(_iso_8601), AfterValidator(_in_utc)]
Day = Annotated[datetime.date, BeforeValidator(_iso_day)]


class Body(BaseModel):
    """A request body: what its schema does not allow is refused, also unknown keys and numbers as text.

    No ninja.Schema, which takes any object for one that has the attributes, a list for one that has none of them.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _whole_numbers(cls, data: Any) -> Any:
        """JSON knows one kind of number: 5.0 is the whole number 5."""
        return {key: _whole(value) for key, value in data.items()} if isinstance(data, dict) else data


def row_id(text: str, *, what: str) -> int:
    """Return the primary key that an id of the interface stands for. Raises NotFound when it cannot be one."""
    found = sent_whole(text)
    if found is None:
        raise NotFound(f"There is no {what} {text[:40]!r} in this project.")
    return found
