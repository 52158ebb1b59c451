"""Makes the google-genai client: once per process, off the event loop, with nothing retried inside.

The import takes 0.6 s and finding credentials may read files or ask a metadata server, so both happen on the first
call and in a thread. The HTTP client is ours, so that timeouts and errors are httpx's whatever else is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.generation.vertex.errors import VertexMisconfiguredError

if TYPE_CHECKING:
    from google.genai import Client

LOCAL_TOKEN = "local"  # noqa: S105 - the stand-in checks no token; the SDK insists on one
CONNECT_SECONDS = 5.0


def make_client(project: str, location: str, base_url: str | None) -> Client:
    """A client for `location`. `base_url` names the stand-in. Raises VertexMisconfiguredError without credentials."""
    import httpx
    from google import genai
    from google.auth.exceptions import DefaultCredentialsError
    from google.genai import types
    from google.oauth2.credentials import Credentials

    credentials = Credentials(token=LOCAL_TOKEN) if base_url else None  # type: ignore[no-untyped-call]
    options = types.HttpOptions(
        api_version="v1",
        httpx_async_client=httpx.AsyncClient(timeout=httpx.Timeout(None, connect=CONNECT_SECONDS)),
    )
    if base_url:
        options.base_url = base_url
    try:
        return genai.Client(
            vertexai=True, project=project, location=location, credentials=credentials, http_options=options
        )
    except DefaultCredentialsError:
        raise VertexMisconfiguredError(
            "no Google credentials were found: run as a service account, or unset VERTEX_MODEL"
        ) from None
