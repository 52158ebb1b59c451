"""Queries on conversations, answers and trait scores of one person."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.conversation.rules.traits import TraitScore
from api.db.base import new_id
from api.db.tables import Conversation, ConversationAnswer, PersonalityScore, User
from api.errors import NotFoundError

THOUSANDTH = Decimal("0.001")


def conversations_readable_by(subject: Subject) -> Select[Conversation]:
    """The one statement every read of a conversation starts from."""
    return select(Conversation).where(Conversation.user_id == subject.user_id)


def scores_readable_by(subject: Subject) -> Select[PersonalityScore]:
    """The one statement every read of trait scores starts from."""
    return select(PersonalityScore).where(PersonalityScore.user_id == subject.user_id)


class ConversationRepository:
    """Reads and writes answers and scores in the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock_person(self, subject: Subject) -> None:
        """Make rivals of the same person wait until this transaction ends; other people are not affected."""
        await self._session.execute(select(User.id).where(User.id == subject.user_id).with_for_update(key_share=True))

    async def get(self, subject: Subject, conversation_id: uuid.UUID, *, for_update: bool = False) -> Conversation:
        """One conversation of this person. Raises NotFoundError."""
        statement = conversations_readable_by(subject).where(Conversation.id == conversation_id)
        if for_update:
            statement = statement.with_for_update()
        found = await self._session.scalar(statement)
        if found is None:
            raise NotFoundError("There is no such conversation.")
        return found

    async def latest(self, subject: Subject, *, only_open: bool = False) -> Conversation | None:
        """The newest conversation, or the newest open one."""
        statement = conversations_readable_by(subject).order_by(Conversation.created_at.desc(), Conversation.id.desc())
        if only_open:
            statement = statement.where(Conversation.status == "open")
        return await self._session.scalar(statement.limit(1))

    async def add(self, conversation: Conversation) -> None:
        """Insert a conversation."""
        self._session.add(conversation)
        await self._session.flush()

    async def answers(self, conversation: Conversation) -> dict[str, ConversationAnswer]:
        """Current answers by question id."""
        statement = select(ConversationAnswer).where(ConversationAnswer.conversation_id == conversation.id)
        # A save goes past the session's objects; what was read before it must not be given back after it.
        statement = statement.execution_options(populate_existing=True)
        return {answer.question_id: answer for answer in await self._session.scalars(statement)}

    async def save_answer(
        self,
        conversation: Conversation,
        question_id: str,
        *,
        text: str,
        item_scores: dict[str, int],
        skipped: bool,
        now: datetime,
    ) -> None:
        """Insert or replace the answer to one question."""
        values = {"answer_text": text, "item_scores": item_scores, "skipped": skipped, "answered_at": now}
        statement = insert(ConversationAnswer).values(
            id=new_id(), conversation_id=conversation.id, question_id=question_id, **values
        )
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=[ConversationAnswer.conversation_id, ConversationAnswer.question_id], set_=values
            )
        )

    async def add_scores(self, subject: Subject, scores: list[TraitScore], source: str, now: datetime) -> None:
        """Append trait scores to the history."""
        for score in scores:
            self._session.add(
                PersonalityScore(
                    user_id=subject.user_id,
                    trait=score.trait,
                    score=Decimal(score.score).quantize(THOUSANDTH),
                    standard_error=Decimal(score.standard_error).quantize(THOUSANDTH) if score.item_count else None,
                    item_count=score.item_count,
                    source=source,
                    recorded_at=now,
                )
            )
        await self._session.flush()

    async def score_history(self, subject: Subject, limit: int = 200) -> list[PersonalityScore]:
        """Trait scores, newest first."""
        statement = (
            scores_readable_by(subject)
            .order_by(PersonalityScore.recorded_at.desc(), PersonalityScore.id.desc())
            .limit(limit)
        )
        return list(await self._session.scalars(statement))

    async def current_scores(self, subject: Subject) -> dict[str, PersonalityScore]:
        """The score in force for each trait."""
        current: dict[str, PersonalityScore] = {}
        for score in await self.score_history(subject):
            current.setdefault(score.trait, score)
        return current
