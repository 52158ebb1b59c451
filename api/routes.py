"""The routers of all subjects, in the order in which the API document shows them."""

from __future__ import annotations

from fastapi import APIRouter

from api.auth.router import router as auth
from api.health.router import router as health

ROUTERS: tuple[APIRouter, ...] = (
    health,
    auth,
)
