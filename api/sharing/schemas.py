"""Bodies of share links."""

from __future__ import annotations

import uuid

from pydantic import Field, SecretStr

from api.wire import Instant, StrictWireModel, WireModel


class ShareRequest(StrictWireModel):
    """How a link is made. All fields may be left out."""

    expires_in_days: int = Field(30, ge=1, le=365, strict=True, examples=[30])
    password: SecretStr | None = Field(None, min_length=8, max_length=200, examples=["plum tree 7"])


class ShareLinkView(WireModel):
    """A link as it can be listed: its address is known only to those who got it."""

    id: uuid.UUID
    created_at: Instant
    expires_at: Instant
    has_password: bool


class ShareCreatedResponse(ShareLinkView):
    """A new link. `url` is shown this once; `ownerUrl` is for the owner, whose visits are not counted."""

    resume_id: uuid.UUID
    token: str
    url: str
    owner_url: str


class ShareStatusResponse(WireModel):
    """Whether a resume is shared, and through which links."""

    resume_id: uuid.UUID
    shared: bool
    shared_count: int
    links: list[ShareLinkView]
