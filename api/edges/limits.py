"""How often one address and one account may ask, by the `limits` library.

Every request is counted in this process, which costs microseconds. What costs a core, a model call or a mail is also
counted in the database, so that the limit holds however many workers and instances serve. Numbers are per window, at
RATE_LIMIT_SCALE 1; 0 switches all limits off.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from dataclasses import dataclass
from typing import Literal

import structlog
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from sqlalchemy.exc import ProgrammingError

from api.db.database import Database
from api.edges.counters import ProcessCounters, SharedCounters
from api.errors import TooManyRequestsError

log = structlog.get_logger(__name__)

PerWhat = Literal["address", "account"]


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `amount` in a minute and, for what costs money, `daily` in a day."""

    amount: int
    daily: int | None = None

    def items(self, scale: float) -> tuple[RateLimitItem, ...]:
        """The windows of this rule, in the words of the library."""
        windows: list[RateLimitItem] = [RateLimitItemPerMinute(math.ceil(self.amount * scale))]
        if self.daily is not None:
            windows.append(RateLimitItemPerDay(math.ceil(self.daily * scale)))
        return tuple(windows)


EVERY_REQUEST: dict[PerWhat, Rule] = {"address": Rule(12_000), "account": Rule(3_000)}
"""Against floods: one person with a busy front end stays far below, an office behind one address as well."""

COSTLY: dict[tuple[PerWhat, str, str], Rule] = {
    ("address", "POST", "/api/auth/register"): Rule(120, daily=5_000),
    ("address", "POST", "/api/auth/login"): Rule(60, daily=5_000),
    ("address", "POST", "/r/{token}"): Rule(60, daily=5_000),
    ("account", "POST", "/api/resume/generate"): Rule(20, daily=300),
    ("account", "POST", "/api/profile/import"): Rule(30, daily=300),
    ("account", "POST", "/api/profile/import/{import_id}/confirm"): Rule(60),
    ("account", "POST", "/api/job/analyze"): Rule(60, daily=3_000),
    ("account", "GET", "/api/privacy/export"): Rule(10, daily=50),
    ("account", "DELETE", "/api/me"): Rule(10),
}
"""By method and route template: password hashes, model calls, document parsing, archives."""


class RequestLimits:
    """Counts requests and refuses those past a limit."""

    def __init__(self, database: Database, *, secret: str, scale: float) -> None:
        self._secret = secret.encode()
        self._scale = scale
        self._process = FixedWindowRateLimiter(ProcessCounters())
        self._shared = FixedWindowRateLimiter(SharedCounters(database))

    async def spend(self, per: PerWhat, who: str) -> None:
        """Count one request of an address or account. Raises TooManyRequestsError."""
        if self._scale > 0:
            await self._spend(self._process, EVERY_REQUEST[per], per, "every", who)

    async def spend_costly(self, per: PerWhat, method: str, path_template: str, who: str) -> None:
        """Count one costly request; others pass. Raises TooManyRequestsError and UnavailableError."""
        rule = COSTLY.get((per, method, path_template))
        if rule is None or self._scale <= 0:
            return
        what = f"{method} {path_template}"
        try:
            await self._spend(self._shared, rule, per, what, who)
        except ProgrammingError:
            # The database is one revision behind, as it can be while a new version is rolled out.
            log.warning("shared_limits_unavailable", reason_code="migration_pending")
            await self._spend(self._process, rule, per, what, who)

    async def _spend(self, limiter: FixedWindowRateLimiter, rule: Rule, per: PerWhat, what: str, who: str) -> None:
        # Keyed: whoever reads the table learns neither addresses nor accounts.
        name = hmac.new(self._secret, f"{per}|{what}|{who}".encode(), hashlib.sha256).hexdigest()
        for item in rule.items(self._scale):
            if not await limiter.hit(item, name):
                raise TooManyRequestsError(
                    f"At most {item.amount} of these requests {_window(item)}. Wait, then try again.",
                    code=f"too_many_requests_per_{per}",
                    retry_after=await _seconds_left(limiter.storage, item, name),
                )


async def _seconds_left(storage: Storage, item: RateLimitItem, name: str) -> int:
    until = await storage.get_expiry(item.key_for(name))
    return max(1, min(math.ceil(until - time.time()), item.get_expiry()))


def _window(item: RateLimitItem) -> str:
    return "a day" if isinstance(item, RateLimitItemPerDay) else "a minute"
