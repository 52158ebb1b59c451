"""One engine for all tests of this process: they run in one thread, as a render process does."""

from collections.abc import Callable

import pytest

from renderer import Contact, RenderRequest, RenderResult
from renderer.engine import Engine

CONTACT = Contact("Ada Example", email="ada@example.com", phone="+1 202 555 0101")


@pytest.fixture(scope="session")
def engine() -> Engine:
    return Engine.shared()


@pytest.fixture(scope="session")
def render(engine: Engine) -> Callable[..., RenderResult]:
    """Render Markdown with a given or the usual contact and any other field of the request."""

    def run(markdown: str, contact: Contact = CONTACT, **fields: object) -> RenderResult:
        return engine.render(RenderRequest(markdown, contact, **fields))  # type: ignore[arg-type]

    return run
