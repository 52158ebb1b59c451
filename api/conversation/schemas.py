"""Bodies of the conversation and of the trait scores."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from pydantic import Field, StrictBool, model_validator

from api.conversation.rules.answer_notes import NoteCode
from api.wire import Instant, StrictWireModel, WireModel

Rating = Annotated[int, Field(ge=1, le=5, strict=True)]
ShownTraitName = Literal["openness", "conscientiousness", "extraversion", "agreeableness", "emotional_steadiness"]


class StartConversationRequest(StrictWireModel):
    """Start, or resume what is open."""

    language: str = Field("en", pattern="^[a-z]{2,3}$", examples=["en"])


class AnswerRequest(StrictWireModel):
    """An answer to one question. Answering again replaces it; `skipped` leaves it out."""

    question_id: str = Field(min_length=1, max_length=60, examples=["story_openness"])
    text: str = Field("", max_length=8_000, examples=["We had no staging system, so I built one from spare parts."])
    items: dict[str, Rating] = Field(default_factory=dict, max_length=20, examples=[{"o1": 4, "o2": 2}])
    skipped: StrictBool = False


class ItemResponse(WireModel):
    """A statement to rate from 1 to 5."""

    id: str
    text: str
    rating: int | None = None


class QuestionResponse(WireModel):
    """A question and what was answered so far."""

    id: str
    kind: Literal["story", "job_fact", "optional"]
    text: str
    items: list[ItemResponse]
    answered: bool
    skipped: bool
    answer_text: str


class ConversationResponse(WireModel):
    """The whole conversation, resumable at `nextQuestionId`."""

    id: uuid.UUID
    status: Literal["open", "completed"]
    language: str
    question_set_version: str
    item_prompt: str
    scale: dict[int, str]
    questions: list[QuestionResponse]
    answered_count: int
    next_question_id: str | None


class TraitResponse(WireModel):
    """One trait on a scale from 1 to 5 with its 95 % interval. Neuroticism is shown as emotional steadiness."""

    trait: ShownTraitName
    score: float
    interval_low: float
    interval_high: float
    standard_error: float | None
    item_count: int
    source: Literal["self_report", "edited"]
    norm_mean: float
    norm_standard_deviation: float
    recorded_at: Instant


class AnswerNoteResponse(WireModel):
    """A remark on the ratings behind the scores: all alike, at odds, or missing. `trait` is null if it is about all."""

    code: NoteCode
    trait: ShownTraitName | None
    message: str


class PersonalityResponse(WireModel):
    """The scores in force, their history, remarks on the ratings behind them, and what they can and cannot say."""

    traits: list[TraitResponse]
    history: list[TraitResponse]
    notes: list[AnswerNoteResponse]
    about: str


class PersonalityRequest(StrictWireModel):
    """Slider positions by shown trait, or ratings of the ten optional statements, or both."""

    traits: dict[ShownTraitName, Annotated[float, Field(ge=1, le=5, allow_inf_nan=False)]] = Field(
        default_factory=dict, examples=[{"openness": 4.2}]
    )
    items: dict[str, Rating] = Field(default_factory=dict, max_length=20)

    @model_validator(mode="after")
    def _something(self) -> PersonalityRequest:
        if not self.traits and not self.items:
            raise ValueError("Send traits, items, or both.")
        return self
