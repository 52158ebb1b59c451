"""The 11 questions: start, answer, resume, complete; and the trait scores that come of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.conversation.repository import ConversationRepository
from api.conversation.rules.answer_notes import note_answers
from api.conversation.rules.questions import QuestionSet, UnknownLanguage, load_questions
from api.conversation.rules.traits import (
    LIMITS_OF_THE_INSTRUMENT,
    Z_95,
    InvalidAnswers,
    TraitScore,
    score_traits,
    shown_trait,
    stored_trait,
    trait_norms,
)
from api.conversation.schemas import (
    AnswerNoteResponse,
    AnswerRequest,
    ConversationResponse,
    ItemResponse,
    PersonalityRequest,
    PersonalityResponse,
    QuestionResponse,
    StartConversationRequest,
    TraitResponse,
)
from api.db.base import new_id
from api.db.tables import Conversation, ConversationAnswer, PersonalityScore
from api.errors import FieldProblem, InvalidInputError, NotFoundError
from api.idempotency.service import run_in_transaction
from api.resources import Resources

OPTIONAL_ID = "optional_items"


class ConversationService:
    """Keeps the answers and scores the traits."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def start(self, subject: Subject, body: StartConversationRequest, key: str | None) -> Response:
        """Start a conversation, or give back the open one. Raises InvalidInputError for an unknown language."""
        try:
            questions = load_questions(body.language)
        except UnknownLanguage as error:
            raise InvalidInputError(str(error), code="unknown_language") from error

        async def work(session: AsyncSession) -> ConversationResponse:
            repository = ConversationRepository(session)
            await repository.lock_person(subject)
            conversation = await repository.latest(subject, only_open=True)
            if conversation is None:
                conversation = Conversation(
                    id=new_id(),
                    user_id=subject.user_id,
                    language=body.language,
                    question_set_version=questions.version,
                    status="open",
                    created_at=self._resources.clock(),
                )
                await repository.add(conversation)
            return self._response(conversation, await repository.answers(conversation))

        return await run_in_transaction(self._resources, subject, "startConversation", key, (body,), work, status=201)

    async def get(self, subject: Subject, conversation_id: uuid.UUID) -> ConversationResponse:
        """A conversation with its answers. Raises NotFoundError."""
        async with self._resources.database.transaction() as session:
            repository = ConversationRepository(session)
            conversation = await repository.get(subject, conversation_id)
            answers = await repository.answers(conversation)
        return self._response(conversation, answers)

    async def answer(
        self, subject: Subject, conversation_id: uuid.UUID, body: AnswerRequest, key: str | None
    ) -> Response:
        """Save an answer; once completed, an edit scores anew. Raises NotFoundError and InvalidInputError."""

        async def work(session: AsyncSession) -> ConversationResponse:
            repository = ConversationRepository(session)
            conversation = await repository.get(subject, conversation_id, for_update=True)
            self._check(load_questions(conversation.language), body)
            before = (await repository.answers(conversation)).get(body.question_id)
            ratings_before = dict(before.item_scores) if before else {}
            ratings: dict[str, int] = {} if body.skipped else dict(body.items)
            await repository.save_answer(
                conversation,
                body.question_id,
                text="" if body.skipped else body.text,
                item_scores=ratings,
                skipped=body.skipped,
                now=self._resources.clock(),
            )
            changed = {item for item, _ in ratings_before.items() ^ ratings.items()}
            if conversation.status == "completed" and changed:
                await self._score(session, subject, conversation, changed)
            return self._response(conversation, await repository.answers(conversation))

        return await run_in_transaction(
            self._resources, subject, "answerQuestion", key, (conversation_id, body), work, status=200
        )

    async def complete(self, subject: Subject, conversation_id: uuid.UUID, key: str | None) -> Response:
        """Finish and score. Unanswered questions count as skipped; completing again changes nothing."""

        async def work(session: AsyncSession) -> ConversationResponse:
            repository = ConversationRepository(session)
            conversation = await repository.get(subject, conversation_id, for_update=True)
            if conversation.status == "open":
                conversation.status = "completed"
                conversation.completed_at = self._resources.clock()
                await self._score(session, subject, conversation)
            return self._response(conversation, await repository.answers(conversation))

        return await run_in_transaction(
            self._resources, subject, "completeConversation", key, (conversation_id,), work, status=200
        )

    async def personality(self, subject: Subject) -> PersonalityResponse:
        """The trait scores in force and their history."""
        async with self._resources.database.transaction() as session:
            repository = ConversationRepository(session)
            history = await repository.score_history(subject)
            ratings = await self._latest_ratings(repository, subject)
        return self._personality(history, ratings)

    async def edit_personality(self, subject: Subject, body: PersonalityRequest) -> PersonalityResponse:
        """Move sliders, or rate optional statements. Raises NotFoundError without a conversation to add items to."""
        now = self._resources.clock()
        async with self._resources.database.transaction() as session:
            repository = ConversationRepository(session)
            if body.items:
                conversation = await repository.latest(subject)
                if conversation is None:
                    raise NotFoundError("Answer the conversation first; the optional statements add to it.")
                self._check(
                    load_questions(conversation.language), AnswerRequest(question_id=OPTIONAL_ID, items=body.items)
                )
                rated = (await repository.answers(conversation)).get(OPTIONAL_ID)
                # Ten statements may come one by one: what was rated before stays.
                item_scores = {**(rated.item_scores if rated else {}), **body.items}
                await repository.save_answer(
                    conversation, OPTIONAL_ID, text="", item_scores=item_scores, skipped=False, now=now
                )
                await self._score(session, subject, conversation, body.items)
            edited = []
            for name, score in body.traits.items():
                trait, stored = stored_trait(name, score)
                # A slider is a statement, not a measurement: no items, no error.
                edited.append(TraitScore(trait, stored, 0.0, 0))
            await repository.add_scores(subject, edited, "edited", now)
            history = await repository.score_history(subject)
            ratings = await self._latest_ratings(repository, subject)
        return self._personality(history, ratings)

    async def _score(
        self, session: AsyncSession, subject: Subject, conversation: Conversation, changed: Iterable[str] | None = None
    ) -> None:
        """Score anew; with `changed` only the traits of these items, so that a slider moved elsewhere stays moved."""
        repository = ConversationRepository(session)
        scores = score_traits(await self._ratings(repository, conversation))
        if changed is not None:
            items = {item.id: item.trait for item in load_questions(conversation.language).items()}
            traits = {items[item] for item in changed if item in items}
            scores = {trait: score for trait, score in scores.items() if trait in traits}
        await repository.add_scores(subject, list(scores.values()), "self_report", self._resources.clock())

    @staticmethod
    async def _ratings(repository: ConversationRepository, conversation: Conversation) -> dict[str, int]:
        ratings: dict[str, int] = {}
        for answer in (await repository.answers(conversation)).values():
            if not answer.skipped:
                ratings.update({item: int(rating) for item, rating in answer.item_scores.items()})
        return ratings

    async def _latest_ratings(self, repository: ConversationRepository, subject: Subject) -> dict[str, int]:
        """The ratings behind the scores: those of the newest conversation."""
        conversation = await repository.latest(subject)
        return await self._ratings(repository, conversation) if conversation is not None else {}

    @staticmethod
    def _check(questions: QuestionSet, body: AnswerRequest) -> None:
        if body.question_id == OPTIONAL_ID:
            allowed = {item.id for item in questions.optional_items}
        else:
            question = questions.question(body.question_id)
            if question is None:
                problem = FieldProblem("/questionId", "unknown_question", "There is no question with this id.")
                raise InvalidInputError("There is no such question.", errors=(problem,))
            allowed = {item.id for item in question.items}
        unknown = [
            FieldProblem(f"/items/{item}", "unknown_item", "This statement does not belong to the question.")
            for item in body.items
            if item not in allowed
        ]
        if unknown:
            raise InvalidInputError("Some ratings do not belong to this question.", errors=tuple(unknown))
        try:
            score_traits(body.items)
        except InvalidAnswers as error:
            raise InvalidInputError("Some ratings cannot be used.") from error

    @staticmethod
    def _response(conversation: Conversation, answers: dict[str, ConversationAnswer]) -> ConversationResponse:
        questions = load_questions(conversation.language)
        shown = [(q.id, q.kind, q.text, q.items) for q in questions.questions]
        listed = []
        for question_id, kind, text, items in shown:
            answer = answers.get(question_id)
            ratings = answer.item_scores if answer else {}
            listed.append(
                QuestionResponse(
                    id=question_id,
                    kind=kind,
                    text=text,
                    items=[ItemResponse(id=item.id, text=item.text, rating=ratings.get(item.id)) for item in items],
                    # An empty answer takes the answer back.
                    answered=answer is not None and bool(answer.answer_text.strip() or answer.item_scores),
                    skipped=answer is not None and answer.skipped,
                    answer_text=answer.answer_text if answer else "",
                )
            )
        optional = answers.get(OPTIONAL_ID)
        ratings = optional.item_scores if optional else {}
        optional_items = [
            ItemResponse(id=i.id, text=i.text, rating=ratings.get(i.id)) for i in questions.optional_items
        ]
        open_ids = [q.id for q in listed if not q.answered and not q.skipped]
        answered_count = sum(q.answered for q in listed)
        listed.append(
            QuestionResponse(
                id=OPTIONAL_ID,
                kind="optional",
                text="Ten more statements make the scores steadier. They are optional.",
                items=optional_items,
                answered=bool(ratings),
                skipped=optional is not None and optional.skipped,
                answer_text="",
            )
        )
        return ConversationResponse(
            id=conversation.id,
            status="completed" if conversation.status == "completed" else "open",
            language=conversation.language,
            question_set_version=conversation.question_set_version,
            item_prompt=questions.item_prompt,
            scale=dict(questions.scale),
            questions=listed,
            answered_count=answered_count,
            next_question_id=open_ids[0] if open_ids else None,
        )

    @staticmethod
    def _personality(history: list[PersonalityScore], ratings: dict[str, int]) -> PersonalityResponse:
        shown = [_trait_response(score) for score in history]
        current: dict[str, TraitResponse] = {}
        for trait in shown:
            current.setdefault(trait.trait, trait)
        measured = {name for name, trait in current.items() if trait.source == "self_report"}
        notes = [
            AnswerNoteResponse.model_validate(note, from_attributes=True)
            for note in (note_answers(ratings) if current else ())
            if (bool(measured) if note.trait is None else note.trait in measured or note.trait not in current)
        ]
        return PersonalityResponse(
            traits=list(current.values()), history=shown, notes=notes, about=LIMITS_OF_THE_INSTRUMENT
        )


def _trait_response(score: PersonalityScore) -> TraitResponse:
    norm = trait_norms()[score.trait]
    shown = shown_trait(score.trait, float(score.score))
    norm_shown = shown_trait(score.trait, norm.mean)
    half = Z_95 * float(score.standard_error or 0)
    return TraitResponse.model_validate(
        {
            "trait": shown.name,
            "score": round(shown.score, 3),
            "interval_low": round(max(1.0, shown.score - half), 3),
            "interval_high": round(min(5.0, shown.score + half), 3),
            "standard_error": float(score.standard_error) if score.standard_error is not None else None,
            "item_count": score.item_count,
            "source": score.source,
            "norm_mean": round(norm_shown.score, 3),
            "norm_standard_deviation": norm.standard_deviation,
            "recorded_at": score.recorded_at,
        }
    )
