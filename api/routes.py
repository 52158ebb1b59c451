"""The routers of all subjects, in the order in which the API document shows them."""

from __future__ import annotations

from fastapi import APIRouter

from api.auth.router import router as auth
from api.conversation.router import router as conversation
from api.generation.router import router as generation
from api.health.router import router as health
from api.insights.router import router as insights
from api.outcomes.check_in_pages import router as check_in_pages
from api.outcomes.router import router as outcomes
from api.privacy.router import router as privacy
from api.profile.router import router as profile
from api.resumes.router import router as resumes
from api.sharing.router import router as sharing
from api.sharing.visitors import router as visitors

ROUTERS: tuple[APIRouter, ...] = (
    health,
    auth,
    profile,
    conversation,
    generation,
    resumes,
    outcomes,
    check_in_pages,
    sharing,
    visitors,
    privacy,
    insights,
)
