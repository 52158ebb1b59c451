"""What a report adds, said with figures that give nobody away.

The count is live but coarse: floored to a multiple of five, silent below the publication limit, remembered for an hour
so that a single report never moves it visibly.
"""

from __future__ import annotations

import csv
import time
from functools import lru_cache
from importlib import resources

from sqlalchemy.ext.asyncio import AsyncSession

from api.outcomes.repository import OutcomeRepository
from api.outcomes.schemas import ThankYou

PUBLICATION_LIMIT = 10
STEP = 5
REMEMBERED_SECONDS = 3600.0
MAX_FAMILIES = 1_000

PLAIN = "Thank you. What you report helps the next person word the same facts better."


@lru_cache(maxsize=1)
def family_phrases() -> dict[str, str]:
    """How to say where the people of a job family work; other families are not named."""
    text = (resources.files("api.outcomes") / "data" / "job_family_names.csv").read_text("utf-8")
    return {row["job_family"]: row["phrase"] for row in csv.DictReader(text.splitlines())}


def published_people(count: int) -> int | None:
    """The largest multiple of five below `count`, so that "more than" is true, or None under the limit of ten."""
    people = (count - 1) // STEP * STEP
    return people if people >= PUBLICATION_LIMIT else None


class ThankYouCounter:
    """Remembers counts per job family. One per process."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[float, int]] = {}

    async def thank(self, session: AsyncSession, job_family: str | None) -> ThankYou:
        """The words for a report. A count that cannot be had costs the figure, never the report."""
        people = published_people(await self._count(session, job_family)) if job_family else None
        if job_family is None or people is None:
            return ThankYou(message=PLAIN, job_family=job_family, people=None)
        phrase = family_phrases().get(job_family)
        where = f" {phrase}" if phrase else ""
        message = f"Thank you. More than {people} people{where} have told us what happened; you are one more."
        return ThankYou(message=message, job_family=job_family, people=people)

    async def _count(self, session: AsyncSession, job_family: str) -> int:
        known = self._counts.get(job_family)
        if known is not None and time.monotonic() - known[0] < REMEMBERED_SECONDS:
            return known[1]
        count = await OutcomeRepository(session).people_who_reported(job_family)
        if count is None:
            count = known[1] if known is not None else 0
        if len(self._counts) >= MAX_FAMILIES:
            self._counts.clear()
        self._counts[job_family] = (time.monotonic(), count)
        return count


THANKS = ThankYouCounter()
