"""The outbox worker: which handler does which kind of work, and housekeeping between rounds."""

from __future__ import annotations

from dataclasses import dataclass

from api.clock import Clock, utc_now
from api.db.database import Database
from api.db.tables import OutboxMessage
from api.idempotency.repository import IdempotencyRepository
from api.idempotency.service import RETENTION
from api.outbox.backlog import measure_backlog
from api.outbox.drain import Handler, drain
from api.outbox.mail import Sender, sender_for
from api.outbox.settings import MailSettings
from api.outcomes.check_ins import KIND as CHECK_IN_KIND
from api.outcomes.check_ins import CheckInService
from api.privacy.audit import record
from api.privacy.erasure import SWEEP_KIND, ErasureService
from api.privacy.repository import PrivacyRepository
from api.privacy.restored import RestoredPeople
from api.privacy.service import ERASURE_KIND
from api.profile.originals import OriginalStore
from api.resources import Resources
from api.settings import Settings
from api.telemetry.measures import Measures

MAIL_ATTEMPTS = 8
KINDS = (CHECK_IN_KIND, ERASURE_KIND, SWEEP_KIND)


@dataclass(frozen=True, slots=True)
class Worker:
    """Owns its connections; made once per process. Without an eraser's address, erasures wait in the outbox."""

    resources: Resources
    eraser: Database | None
    sender: Sender
    measures: Measures

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        clock: Clock = utc_now,
        sender: Sender | None = None,
        measures: Measures | None = None,
    ) -> Worker:
        """Make everything; connections start on first use."""
        address = settings.eraser_database_url
        return cls(
            resources=Resources.open(settings, clock=clock),
            eraser=Database(address.get_secret_value(), pool_size=1) if address else None,
            sender=sender or sender_for(MailSettings()),
            measures=measures or Measures(),
        )

    async def fill(self) -> int:
        """Queue check-ins that are due and forget old idempotency keys; return how many were queued."""
        async with self.resources.database.transaction() as session:
            await IdempotencyRepository(session).delete_older_than(self.resources.clock() - RETENTION)
        return await CheckInService(self.resources).fill()

    async def drain(self) -> int:
        """Do the work that is due; return how much was finished.

        Expired originals come last: while storage is away, mail still goes out. Raises UnavailableError.
        """
        finished = await drain(self.resources, self._handlers())
        return finished + await OriginalStore(self.resources).delete_expired()

    async def measure(self) -> None:
        """Say what still waits after a round: what failed, and what nobody here may do."""
        await measure_backlog(self.resources, self.measures, KINDS)

    async def erase(self) -> int:
        """Carry out the erasures that are due, and nothing else; return how many steps were finished.

        An operator's run, so the log says that there was one. Raises UnavailableError.
        """
        async with self.resources.database.transaction() as session:
            await record(session, "erasure.run", self.resources.clock(), actor="operator")
        return await drain(self.resources, self._erasure_handlers())

    async def erase_again_after_restore(self) -> int:
        """Ask anew for every erasure that a restored backup has undone; return how many. Raises UnavailableError."""
        return await RestoredPeople(self.resources).erase_again()

    async def erasure_counts(self) -> dict[str, int]:
        """How many erasures are in which state."""
        async with self.resources.database.transaction() as session:
            return await PrivacyRepository(session).erasure_counts()

    def _handlers(self) -> dict[str, Handler]:
        async def send_check_in(message: OutboxMessage) -> None:
            await CheckInService(self.resources).send(message, self.sender)

        return {CHECK_IN_KIND: Handler(send_check_in, MAIL_ATTEMPTS), **self._erasure_handlers()}

    def _erasure_handlers(self) -> dict[str, Handler]:
        if self.eraser is None:
            return {}
        erasure = ErasureService(self.resources, self.eraser)
        return {ERASURE_KIND: Handler(erasure.erase), SWEEP_KIND: Handler(erasure.sweep)}

    async def close(self) -> None:
        """Close connections."""
        await self.resources.close()
        if self.eraser is not None:
            await self.eraser.close()
