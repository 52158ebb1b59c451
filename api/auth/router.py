"""Routes of registration and sign-in."""

from __future__ import annotations

from fastapi import APIRouter, status

from api.auth.dependencies import CurrentSubject
from api.auth.schemas import LoginRequest, MeResponse, RegisterRequest, TokenResponse
from api.auth.service import AuthService
from api.openapi import problems
from api.resources import ResourcesDependency

router = APIRouter(prefix="/api", tags=["account"])


@router.post(
    "/auth/register", status_code=status.HTTP_201_CREATED, operation_id="register", responses=problems(404, 409, 422)
)
async def register(body: RegisterRequest, resources: ResourcesDependency) -> TokenResponse:
    """Make an account with the development issuer and get a token. Off in production."""
    return await AuthService(resources).register(body)


@router.post("/auth/login", operation_id="login", responses=problems(401, 404, 422, 429))
async def login(body: LoginRequest, resources: ResourcesDependency) -> TokenResponse:
    """Get a token for an account of the development issuer. Off in production."""
    return await AuthService(resources).login(body)


@router.get("/me", operation_id="getMe", responses=problems(401))
async def me(subject: CurrentSubject, resources: ResourcesDependency) -> MeResponse:
    """The signed-in account."""
    return await AuthService(resources).me(subject)
