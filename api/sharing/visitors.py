"""Routes of share links for people without an account: page, password form, PDF."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.auth.service import AuthService
from api.edges.addresses import address_of
from api.errors import TooManyRequestsError, UnauthenticatedError
from api.openapi import problems
from api.resources import Resources, ResourcesDependency
from api.sharing.page import not_found_page, page_headers, page_response, password_page, resume_page
from api.sharing.repository import Shared
from api.sharing.service import UNLOCKED_FOR, Visitor, VisitService

router = APIRouter(prefix="/r", tags=["sharing"])

OWNER_COOKIE = "cv_owner"
UNLOCK_COOKIE = "cv_unlocked"
OWNER_COOKIE_SECONDS = 365 * 24 * 3600

Token = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
PAGE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The page", "content": {"text/html": {"schema": {"type": "string"}}}}
}
PAGE_404: dict[int | str, dict[str, Any]] = {404: page_response("Absent, closed or expired")}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


async def visitor_of(
    request: Request,
    resources: ResourcesDependency,
    owner: Annotated[str | None, Query(max_length=200)] = None,
) -> Visitor:
    """What a request says of who makes it. The cookies belong to this link's path only."""
    return Visitor(
        method=request.method,
        headers={name.lower(): value for name, value in request.headers.items()},
        address=address_of(request.scope, resources.settings.trusted_proxy_hops),
        owner_proof=owner or request.cookies.get(OWNER_COOKIE),
        unlock_proof=request.cookies.get(UNLOCK_COOKIE),
    )


CurrentVisitor = Annotated[Visitor, Depends(visitor_of)]


async def _signed_in_owner(resources: Resources, request: Request, shared: Shared) -> bool:
    """Whether the request carries the owner's bearer token, as a front end showing a preview does."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credentials:
        return False
    try:
        subject = await AuthService(resources).subject_of(credentials)
    except UnauthenticatedError:
        return False
    return subject.user_id == shared.resume.user_id


@router.get(
    "/{token}",
    operation_id="viewSharedResume",
    response_class=HTMLResponse,
    responses={**problems(422), **PAGE, **PAGE_404},
)
@router.head("/{token}", include_in_schema=False, response_class=HTMLResponse)
async def view_shared_resume(
    token: Token, request: Request, visitor: CurrentVisitor, resources: ResourcesDependency
) -> Response:
    """The shared resume as a page. Views by people other than the owner count, once an hour each."""
    service = VisitService(resources)
    shared = await service.open(token)
    if shared is None:
        return not_found_page()
    if not service.is_unlocked(shared, visitor):
        return password_page()
    page = resume_page(service.document(shared), f"/r/{token}/resume.pdf")
    if service.is_owner(shared, visitor):
        page.set_cookie(
            OWNER_COOKIE,
            visitor.owner_proof or "",
            max_age=OWNER_COOKIE_SECONDS,
            path=f"/r/{token}",
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
    elif not await _signed_in_owner(resources, request, shared):
        await service.count(shared, visitor)
    return page


@router.post(
    "/{token}",
    operation_id="unlockSharedResume",
    response_class=HTMLResponse,
    responses={
        **problems(422),
        303: {"description": "Right: to the page"},
        403: page_response("Wrong: the form again"),
        429: page_response("Too many wrong passwords"),
        **PAGE_404,
    },
)
async def unlock_shared_resume(
    token: Token,
    request: Request,
    password: Annotated[str, Form(min_length=1, max_length=200)],
    resources: ResourcesDependency,
) -> Response:
    """Give the password of a protected link."""
    service = VisitService(resources)
    shared = await service.open(token)
    if shared is None:
        return not_found_page()
    if shared.link.password_hash is None:
        return RedirectResponse(f"/r/{token}", status_code=303, headers=page_headers())
    try:
        proof = await service.unlock(shared, password)
    except TooManyRequestsError as error:
        page = password_page(error.detail, status=error.status)
        page.headers["Retry-After"] = str(error.retry_after)
        return page
    if proof is None:
        return password_page("That is not the password of this link.", status=403)
    answer = RedirectResponse(f"/r/{token}", status_code=303, headers=page_headers())
    answer.set_cookie(
        UNLOCK_COOKIE,
        proof,
        max_age=int(UNLOCKED_FOR.total_seconds()),
        path=f"/r/{token}",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


@router.get(
    "/{token}/resume.pdf",
    operation_id="downloadSharedResume",
    response_class=Response,
    responses={**problems(422), **FILE, **PAGE_404},
)
@router.head("/{token}/resume.pdf", include_in_schema=False, response_class=Response)
async def download_shared_resume(token: Token, visitor: CurrentVisitor, resources: ResourcesDependency) -> Response:
    """The shared resume as PDF."""
    service = VisitService(resources)
    shared = await service.open(token)
    if shared is None or not service.is_unlocked(shared, visitor):
        return not_found_page()
    answer = await service.pdf(shared)
    answer.headers.update(page_headers())
    return answer
