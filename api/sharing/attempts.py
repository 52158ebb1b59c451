"""A bound on guessing the password of a link."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

from api.errors import TooManyRequestsError

WINDOW = timedelta(minutes=15)
MAX_ATTEMPTS = 10
MAX_LINKS = 10_000


class PasswordAttempts:
    """Counts wrong guesses per link in this process; the oldest link is forgotten when there are too many."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, list[datetime]] = OrderedDict()

    def check(self, token_sha256: str, now: datetime) -> None:
        """Raise TooManyRequestsError, with the time to wait, when a link has had its guesses."""
        recent = [moment for moment in self._failures.get(token_sha256, []) if now - moment < WINDOW]
        if len(recent) >= MAX_ATTEMPTS:
            wait = int((recent[0] + WINDOW - now).total_seconds()) + 1
            raise TooManyRequestsError("Too many wrong passwords for this link. Try again later.", retry_after=wait)

    def failed(self, token_sha256: str, now: datetime) -> None:
        """Remember a wrong guess."""
        recent = [moment for moment in self._failures.pop(token_sha256, []) if now - moment < WINDOW]
        self._failures[token_sha256] = [*recent, now]
        while len(self._failures) > MAX_LINKS:
            self._failures.popitem(last=False)
