"""What a run is told: the moment it builds for. Nothing downstream reads a clock."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
from pydantic import Field


class RunMoment(dg.ConfigurableResource[None]):
    """The moment up to which marts and datasets read history. Ask for it as the resource `moment`."""

    as_of: str = Field(
        description="RFC 3339 with offset, for example 2026-12-01T00:00:00+00:00. Marts are published for the first"
        " of the month it falls in."
    )

    @property
    def moment(self) -> datetime:
        """The moment in UTC. Raises dg.Failure when it is not RFC 3339 with an offset."""
        return parse_moment(self.as_of)


def parse_moment(text: str) -> datetime:
    """An RFC 3339 date-time in UTC. Raises dg.Failure, which no retry repeats."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise dg.Failure(
            f"as_of must be RFC 3339 with an offset, for example 2026-12-01T00:00:00+00:00; got {text!r}",
            allow_retries=False,
        )
    return moment.astimezone(UTC)


def moment_config(as_of: datetime) -> dict[str, object]:
    """The run config that tells a run its moment."""
    return {"resources": {"moment": {"config": {"as_of": as_of.astimezone(UTC).isoformat()}}}}
