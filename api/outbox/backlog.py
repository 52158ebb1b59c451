"""What only the database knows about the work that waits: looked up by the worker, sent as measures."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from api.errors import UnavailableError
from api.outbox.repository import OutboxRepository
from api.outcomes.check_in_repository import CheckInRepository
from api.resources import Resources
from api.telemetry.measures import Measures

log = structlog.get_logger(__name__)


async def measure_backlog(resources: Resources, measures: Measures, kinds: Iterable[str]) -> None:
    """Send the age and number of waiting messages of these kinds, and the share of check-ins that were answered.

    Every kind is sent, also when nothing waits: an alarm can then tell a quiet worker from one that does not run.
    A database that does not answer in time costs this measurement only.
    """
    now = resources.clock()
    try:
        async with resources.database.transaction() as session:
            backlog = await OutboxRepository(session).backlog(now)
        for kind in kinds:
            count, oldest = backlog.get(kind, (0, now))
            measures.gauge("cvstomize_outbox_waiting", count, {"kind": kind})
            measures.gauge("cvstomize_outbox_age_seconds", max(0.0, (now - oldest).total_seconds()), {"kind": kind})
        async with resources.database.transaction() as session:
            ratio = await CheckInRepository(session).response_ratio(now)
    except UnavailableError as error:
        log.warning("backlog_not_measured", error_code=error.code)
        return
    if ratio is not None:
        measures.gauge("cvstomize_check_in_response_ratio", ratio)
