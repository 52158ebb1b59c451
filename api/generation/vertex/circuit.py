"""A circuit breaker: after enough faults in a row, people stop waiting for a service that is down."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class CircuitBreaker:
    """Opens after `threshold` faults in a row for `open_seconds`, then lets one probe through.

    The probe decides: success closes it, a fault opens it again. A probe that never reports back (its request was
    cancelled) frees its place after another `open_seconds`. One per process, used from one event loop.
    """

    threshold: int = 5
    open_seconds: float = 30.0
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    _faults: int = 0
    _blocked_until: float = 0.0

    def seconds_until_allowed(self) -> float:
        """0 when a call may start now (and the call is then the probe), else how long to stay away."""
        if self._faults < self.threshold:
            return 0.0
        now = self.clock()
        if now < self._blocked_until:
            return self._blocked_until - now
        self._blocked_until = now + self.open_seconds
        return 0.0

    def record_success(self) -> None:
        """The service answered: closed."""
        self._faults = 0

    def record_fault(self) -> None:
        """The service did not answer as it should."""
        self._faults += 1
        if self._faults >= self.threshold:
            self._blocked_until = self.clock() + self.open_seconds

    @property
    def is_open(self) -> bool:
        """Whether calls are being refused now."""
        return self._faults >= self.threshold and self.clock() < self._blocked_until
