"""Check-ins: made for every application, sent through the outbox, answered by signed links."""

from __future__ import annotations

import uuid
from datetime import timedelta

from api.db.tables import OutboxMessage
from api.outbox.mail import Mail, Sender
from api.outbox.repository import OutboxRepository
from api.outcomes.check_in_repository import CheckInRepository, Question
from api.outcomes.repository import OutcomeRepository
from api.outcomes.rules.events import current_state, time_zero
from api.outcomes.rules.links import SignedLink, read_link, sign_link
from api.outcomes.schemas import ReportOutcomeRequest, ThankYou
from api.outcomes.service import record_report
from api.outcomes.thanks import THANKS
from api.resources import Resources

KIND = "check_in_mail"
BATCH = 200
LINK_LIFETIME = timedelta(days=30)
STOP = "stop_check_ins"

ANSWERS: dict[str, tuple[str, ReportOutcomeRequest]] = {
    "interview": ("I was invited to an interview", ReportOutcomeRequest(interview_received=True)),
    "offer": ("I got an offer", ReportOutcomeRequest(job_offer_received=True)),
    "rejected": ("I was rejected", ReportOutcomeRequest(rejected=True)),
    "no_answer": ("I have heard nothing yet", ReportOutcomeRequest(no_answer_yet=True)),
    "withdrawn": ("I withdrew my application", ReportOutcomeRequest(withdrawn=True)),
}


class CheckInService:
    """Asks everybody what became of an application, and takes the answers."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._secret = resources.settings.link_signing_key.get_secret_value()

    async def fill(self, *, batches: int = 50) -> int:
        """Make missing check-ins and queue those that are due; return how many were queued."""
        queued = 0
        for _ in range(batches):
            made, sent = await self._make(), await self._queue()
            queued += sent
            if made < BATCH and sent < BATCH:
                break
        return queued

    async def _make(self) -> int:
        async with self._resources.database.transaction() as session:
            repository = CheckInRepository(session)
            resumes = await repository.resumes_without(BATCH)
            histories = await OutcomeRepository(session).histories([resume.id for resume in resumes])
            zeros = []
            for resume in resumes:
                state = current_state(histories[resume.id])
                zeros.append((resume.id, time_zero(state, resume.first_downloaded_at, resume.created_at)[0]))
            await repository.create(zeros, self._resources.clock())
        return len(resumes)

    async def _queue(self) -> int:
        now = self._resources.clock()
        queued = 0
        async with self._resources.database.transaction() as session:
            repository, outbox = CheckInRepository(session), OutboxRepository(session)
            questions = await repository.to_ask(now, BATCH)
            histories = await OutcomeRepository(session).histories([question.resume.id for question in questions])
            for question in questions:
                check_in, resume = question.check_in, question.resume
                state = current_state(histories[resume.id])
                zero, _ = time_zero(state, resume.first_downloaded_at, resume.created_at)
                if zero + timedelta(days=check_in.day) > now:
                    # The first download came after the check-ins were made: waiting begins there.
                    await repository.move(resume.id, zero)
                    continue
                check_in.sent_at = now
                key = f"{KIND}:{check_in.id}"
                payload = {"checkInId": str(check_in.id)}
                await outbox.put(KIND, key, payload, user_id=question.user.id, available_at=now, now=now)
                queued += 1
            await session.flush()
        return queued

    async def send(self, message: OutboxMessage, sender: Sender) -> None:
        """Send one check-in, unless it has been answered, stopped or deleted since it was queued."""
        async with self._resources.database.transaction() as session:
            question = await CheckInRepository(session).question(uuid.UUID(message.payload["checkInId"]))
        if question is None or question.check_in.answered_at or question.user.checkins_stopped_at:
            return
        await sender.send(self.mail(question))

    def mail(self, question: Question) -> Mail:
        """The mail of a check-in: one link an answer, one to stop."""
        until = self._resources.clock() + LINK_LIFETIME
        base = self._resources.settings.public_base_url.rstrip("/")

        def url(subject_id: uuid.UUID, purpose: str) -> str:
            return f"{base}/c/{sign_link(self._secret, SignedLink(subject_id, purpose, until))}"

        stop_url = url(question.user.id, STOP)
        title = " ".join(question.resume.title.split())
        lines = [
            f"{question.check_in.day} days ago you applied with “{title}”. What became of it?",
            "One click is enough, also when nothing happened: silence and bad news teach as much as good news.",
            "",
            *(f"{label}:\n{url(question.check_in.id, f'answer:{name}')}\n" for name, (label, _) in ANSWERS.items()),
            f"No more questions like this:\n{stop_url}",
        ]
        return Mail(question.user.email, f"What became of “{title}”?", "\n".join(lines), stop_url)

    def read(self, token: str) -> SignedLink:
        """What a link says. Raises LinkError."""
        return read_link(self._secret, token, self._resources.clock())

    async def find(self, check_in_id: uuid.UUID) -> Question | None:
        """The question behind a link."""
        async with self._resources.database.transaction() as session:
            return await CheckInRepository(session).question(check_in_id)

    async def answer(self, check_in_id: uuid.UUID, answer: str) -> ThankYou | None:
        """Record an answer as one that came from a check-in; None when the question is gone."""
        async with self._resources.database.transaction() as session:
            question = await CheckInRepository(session).question(check_in_id, for_update=True)
            if question is None:
                return None
            _, body = ANSWERS[answer]
            await record_report(session, question.resume, body, self._resources.clock(), question.check_in)
            return await THANKS.thank(session, await OutcomeRepository(session).job_family(question.resume))

    async def stop(self, user_id: uuid.UUID) -> bool:
        """Ask this person nothing more."""
        async with self._resources.database.transaction() as session:
            return await CheckInRepository(session).stop(user_id, self._resources.clock())
