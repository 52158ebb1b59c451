"""Bodies of job analysis and generation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from api.wire import StrictWireModel

MAX_AD_CHARACTERS = 50_000


def _without_margins(text: str) -> str:
    """Strip after the length was checked, so that the bound is the one the document states."""
    stripped = text.strip()
    if not stripped:
        raise PydanticCustomError("string_too_short", "Paste the job description.")
    return stripped


JobText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_AD_CHARACTERS),
    AfterValidator(_without_margins),
    Field(
        description="The job description as text, at most 50,000 characters.",
        examples=["Senior Backend Engineer. Requirements: Python, PostgreSQL, Docker."],
    ),
]
FramingChoice = Literal["auto", "neutral", "inventive", "structured", "energetic", "collaborative", "steady"]
SectionName = Literal[
    "summary",
    "experience",
    "education",
    "projects",
    "skills",
    "certificates",
    "awards",
    "publications",
    "volunteering",
    "languages",
]


class AnalyzeJobRequest(StrictWireModel):
    """A job description to read."""

    job_description: JobText


class GenerateRequest(StrictWireModel):
    """What to write: for which job, in which framing, how laid out."""

    job_description: JobText
    framing: FramingChoice = Field("auto", description="`auto` draws one; a name overrides it and is recorded as such.")
    sections: list[SectionName] | None = Field(None, min_length=1, max_length=10)
    template: Literal["classic", "modern", "minimal"] = "classic"
    page_size: Literal["A4", "Letter"] = "A4"
    pages: Literal[1, 2] | None = None
    language: str | None = Field(
        None,
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        max_length=35,
        description="Language of the headings and phrases; without one, that of the profile's own words.",
        examples=["en"],
    )
    title: str | None = Field(None, min_length=1, max_length=200, examples=["Backend Engineer at Example Works"])
