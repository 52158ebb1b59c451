"""Pages behind the links of a check-in mail. A GET only asks: mail scanners follow links, they do not press buttons."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import HTMLResponse

from api.errors import InvalidInputError
from api.openapi import problems
from api.outcomes.check_ins import ANSWERS, STOP, CheckInService
from api.outcomes.rules.links import LinkError, SignedLink
from api.resources import ResourcesDependency
from api.sharing.page import html_page, page_response

router = APIRouter(prefix="/c", tags=["outcomes"])

Token = Annotated[str, Path(max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]
PAGES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The page", "content": {"text/html": {"schema": {"type": "string"}}}},
    404: page_response("Altered, expired or gone"),
}
NOT_RECORDED: dict[int | str, dict[str, Any]] = {409: page_response("The answer makes no sense with what is known")}


@router.get("/{token}", operation_id="viewCheckIn", response_class=HTMLResponse, responses={**problems(), **PAGES})
@router.head("/{token}", include_in_schema=False, response_class=HTMLResponse)
async def view_check_in(token: Token, resources: ResourcesDependency) -> Response:
    """Ask for confirmation of what the link says. Changes nothing."""
    service = CheckInService(resources)
    try:
        link = service.read(token)
    except LinkError as error:
        return _gone(str(error))
    if link.purpose == STOP:
        return html_page(
            "confirm.html",
            heading="No more questions?",
            message="We will not ask again what became of your applications. You can still report it yourself.",
            button="Stop the questions",
        )
    answer = _answer(link)
    question = await service.find(link.subject_id) if answer else None
    if answer is None or question is None:
        return _gone("There is nothing to answer here any more.")
    return html_page(
        "confirm.html", heading=question.resume.title, message=f"{ANSWERS[answer][0]}.", button="Yes, record this"
    )


@router.post(
    "/{token}",
    operation_id="answerCheckIn",
    response_class=HTMLResponse,
    responses={**problems(), **PAGES, **NOT_RECORDED},
)
async def answer_check_in(token: Token, resources: ResourcesDependency) -> Response:
    """Do what the link says. Pressing twice is one answer."""
    service = CheckInService(resources)
    try:
        link = service.read(token)
    except LinkError as error:
        return _gone(str(error))
    if link.purpose == STOP:
        if not await service.stop(link.subject_id):
            return _gone("This account does not exist any more.")
        return html_page("message.html", heading="Done", message="We will not ask again.")
    answer = _answer(link)
    try:
        thanks = await service.answer(link.subject_id, answer) if answer else None
    except InvalidInputError:
        return html_page(
            "message.html",
            status=409,
            heading="Not recorded",
            message="This answer does not fit what you have reported before. Correct it in your account.",
        )
    if thanks is None:
        return _gone("There is nothing to answer here any more.")
    return html_page("message.html", heading="Recorded", message=thanks.message)


def _answer(link: SignedLink) -> str | None:
    kind, _, name = link.purpose.partition(":")
    return name if kind == "answer" and name in ANSWERS else None


def _gone(message: str) -> HTMLResponse:
    return html_page("message.html", status=404, heading="Nothing here", message=message)
