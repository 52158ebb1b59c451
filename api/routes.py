"""The routers of all subjects, in the order in which the API document shows them."""

from __future__ import annotations

from fastapi import APIRouter

from api.auth.router import router as auth
from api.conversation.router import router as conversation
from api.generation.router import router as generation
from api.health.router import router as health
from api.profile.router import router as profile
from api.resumes.router import router as resumes

ROUTERS: tuple[APIRouter, ...] = (
    health,
    auth,
    profile,
    conversation,
    generation,
    resumes,
)
