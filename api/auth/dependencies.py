"""What a route asks for when it needs to know who is calling."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.auth.service import AuthService
from api.auth.subject import Subject
from api.errors import UnauthenticatedError
from api.problems import path_template
from api.resources import ResourcesDependency

bearer = HTTPBearer(auto_error=False, description="The token from /api/auth/login, or an OIDC ID token in production.")


async def current_subject(
    request: Request,
    resources: ResourcesDependency,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Subject:
    """The signed-in person. Raises UnauthenticatedError, and TooManyRequestsError past a limit of the account."""
    if credentials is None:
        raise UnauthenticatedError("Send the header Authorization: Bearer <token>.")
    subject = await AuthService(resources).subject_of(credentials.credentials)
    account = str(subject.user_id)
    await resources.limits.spend("account", account)
    await resources.limits.spend_costly("account", request.method, path_template(request), account)
    return subject


CurrentSubject = Annotated[Subject, Depends(current_subject)]
