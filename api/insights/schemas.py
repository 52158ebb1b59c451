"""What the insights answer: rows of a mart as they are published, withheld ones included."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from api.wire import WireModel


class Mart(StrEnum):
    """The marts, by their name in the path."""

    TIME_TO_INTERVIEW = "time-to-interview"
    FRAMING_OUTCOMES = "framing-outcomes"
    SALARY_BY_TRAIT = "salary-by-trait"
    FUNNEL = "funnel"
    ENGAGEMENT = "engagement"
    REPORTING_BIAS = "reporting-bias"

    @classmethod
    def _missing_(cls, value: object) -> Mart | None:
        """The name of the table ("framing_outcomes") names the mart as well."""
        return next((mart for mart in cls if mart.table == value), None)

    @property
    def table(self) -> str:
        """The table in schema `marts`."""
        return self.value.replace("-", "_")

    @property
    def is_grouped(self) -> bool:
        """Whether the mart has one row per group of several groupings."""
        return self not in (Mart.FRAMING_OUTCOMES, Mart.SALARY_BY_TRAIT)


class InsightsResponse(WireModel):
    """A mart. `docs/marts.md` says what each column means; figures of withheld rows are null."""

    mart: Mart
    as_of: datetime | None = Field(description="For when the figures are published: the first of a month.")
    source_cut: datetime | None = Field(description="When the sources were read.")
    rows: list[dict[str, str | int | float | bool | None]] = Field(
        description="Columns of the mart in camelCase; `status` is published or withheld."
    )
    truncated: bool = Field(description="Whether there are more rows than `limit`.")
