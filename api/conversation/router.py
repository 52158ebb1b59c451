"""Routes of the conversation and of the trait scores."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Response, status

from api.auth.dependencies import CurrentSubject
from api.conversation.schemas import (
    AnswerRequest,
    ConversationResponse,
    PersonalityRequest,
    PersonalityResponse,
    StartConversationRequest,
)
from api.conversation.service import ConversationService
from api.idempotency.header import IdempotencyKey
from api.openapi import problems
from api.resources import ResourcesDependency

router = APIRouter(prefix="/api", tags=["conversation"])


@router.post(
    "/conversation",
    status_code=status.HTTP_201_CREATED,
    operation_id="startConversation",
    response_model=ConversationResponse,
    responses=problems(401, 409, 422),
)
async def start(
    body: StartConversationRequest,
    subject: CurrentSubject,
    resources: ResourcesDependency,
    key: IdempotencyKey = None,
) -> Response:
    """Start the 11 questions, or get the open conversation back."""
    return await ConversationService(resources).start(subject, body, key)


@router.get("/conversation/{conversation_id}", operation_id="getConversation", responses=problems(401, 404))
async def get(
    conversation_id: uuid.UUID, subject: CurrentSubject, resources: ResourcesDependency
) -> ConversationResponse:
    """The conversation with what was answered so far."""
    return await ConversationService(resources).get(subject, conversation_id)


@router.post(
    "/conversation/{conversation_id}/answer",
    operation_id="answerQuestion",
    response_model=ConversationResponse,
    responses=problems(401, 404, 409, 422),
)
async def answer(
    conversation_id: uuid.UUID,
    body: AnswerRequest,
    subject: CurrentSubject,
    resources: ResourcesDependency,
    key: IdempotencyKey = None,
) -> Response:
    """Answer, change or skip one question."""
    return await ConversationService(resources).answer(subject, conversation_id, body, key)


@router.post(
    "/conversation/{conversation_id}/complete",
    operation_id="completeConversation",
    response_model=ConversationResponse,
    responses=problems(401, 404, 409, 422),
)
async def complete(
    conversation_id: uuid.UUID, subject: CurrentSubject, resources: ResourcesDependency, key: IdempotencyKey = None
) -> Response:
    """Finish: traits are scored from the rated statements."""
    return await ConversationService(resources).complete(subject, conversation_id, key)


@router.get("/personality", operation_id="getPersonality", responses=problems(401))
async def personality(subject: CurrentSubject, resources: ResourcesDependency) -> PersonalityResponse:
    """Trait scores with interval, source and history, and what they can and cannot say."""
    return await ConversationService(resources).personality(subject)


@router.put("/personality", operation_id="putPersonality", responses=problems(401, 404, 422))
async def edit_personality(
    body: PersonalityRequest, subject: CurrentSubject, resources: ResourcesDependency
) -> PersonalityResponse:
    """Move the sliders, or rate the ten optional statements."""
    return await ConversationService(resources).edit_personality(subject, body)
