"""The pool as the API uses it: real processes, real deadlines."""

import asyncio
import subprocess
import sys
import time

import pytest

from renderer import Contact, DocumentTooComplex, DocumentTooLarge, RenderRequest, RenderTimeout, content_hash
from renderer.pool import RenderPool

CONTACT = Contact("Ada Example", email="ada@example.com", phone="+1 202 555 0101")
REQUEST = RenderRequest("## Skills\n\n- Python\n- SQL\n", CONTACT)


@pytest.fixture(scope="module")
def pool():
    with RenderPool(workers=1) as running:
        yield running


def test_importing_the_package_does_not_import_weasyprint() -> None:
    code = "import renderer, renderer.pool, sys; print('weasyprint' in sys.modules, renderer.renderer_version())"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert output[0] == "False"
    assert len(output[1]) == 64


def test_result_carries_the_content_hash_of_the_request(pool: RenderPool) -> None:
    result = pool.render_sync(REQUEST)
    assert result.pdf.startswith(b"%PDF-1.7")
    assert result.page_count == 1
    assert result.content_hash == content_hash(REQUEST)


def test_bytes_are_equal_across_processes(pool: RenderPool) -> None:
    first = pool.render_sync(REQUEST).pdf
    with RenderPool(workers=1) as other:
        assert other.render_sync(REQUEST).pdf == first


def test_event_loop_runs_on_while_a_document_is_rendered(pool: RenderPool) -> None:
    async def longest_gap() -> float:
        render = asyncio.ensure_future(pool.render(RenderRequest("word " * 15_000, CONTACT)))
        longest, before = 0.0, time.monotonic()
        while not render.done():
            await asyncio.sleep(0.005)
            now = time.monotonic()
            longest, before = max(longest, now - before), now
        await render
        return longest

    assert asyncio.run(longest_gap()) < 0.2


def test_a_render_past_its_deadline_is_killed_and_the_next_one_works() -> None:
    slow = RenderRequest("- word\n" * 650, CONTACT)
    with RenderPool(workers=1, deadline_seconds=0.15) as impatient:
        started = time.monotonic()
        with pytest.raises(RenderTimeout, match="Shorten it"):
            impatient.render_sync(slow)
        assert time.monotonic() - started < 10
        assert impatient.render_sync(REQUEST).page_count == 1


@pytest.mark.parametrize(
    ("markdown", "error"),
    [("a" * 2_000_000, DocumentTooLarge), ("- a\n" * 5_000, DocumentTooComplex), ("a" * 1_001, DocumentTooComplex)],
)
def test_a_refused_document_leaves_the_pool_working(pool: RenderPool, markdown: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        pool.render_sync(RenderRequest(markdown, CONTACT))
    assert pool.render_sync(REQUEST).page_count == 1
