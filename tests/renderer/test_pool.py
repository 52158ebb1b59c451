"""The pool as the API uses it: real processes, real deadlines."""

import asyncio
import subprocess
import sys
import time

import pytest

from renderer import (
    Contact,
    DocumentTooComplex,
    DocumentTooLarge,
    RendererBusy,
    RenderError,
    RenderRequest,
    RenderTimeout,
    content_hash,
)
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
    slow = RenderRequest("ก" * 30_000, CONTACT)
    with RenderPool(workers=1, deadline_seconds=1.5) as impatient:
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


@pytest.mark.slow
def test_a_hostile_document_ends_within_the_deadline_and_others_keep_their_latency() -> None:
    hostile = [
        RenderRequest(("- " + "word " * 20 + "\n") * 690, CONTACT, page_target=2),
        RenderRequest("|a|b|c|\n|-|-|-|\n" + "|*x*|**y**|z|\n" * 98, CONTACT, page_target=1),
        RenderRequest("word " * 19_000, CONTACT, page_target=1),
        RenderRequest("> " * 8 + "deep\n\n" + "*a " * 6 + "x" + " b*" * 6, CONTACT),
    ]

    async def both() -> tuple[list[object], float]:
        with RenderPool(workers=2, deadline_seconds=10) as two:
            await two.render(REQUEST)
            started = time.monotonic()
            attacks = [asyncio.ensure_future(two.render(request)) for request in hostile[:1]]
            await asyncio.sleep(0.05)
            await two.render(REQUEST)
            latency = time.monotonic() - started
            attacks += [asyncio.ensure_future(two.render(request)) for request in hostile[1:]]
            outcomes = await asyncio.gather(*attacks, return_exceptions=True)
            await two.render(REQUEST)
            return outcomes, latency

    started = time.monotonic()
    outcomes, latency = asyncio.run(both())
    assert time.monotonic() - started < 40
    assert latency < 5, "the good request had a process of its own"
    for outcome in outcomes:
        assert not isinstance(outcome, BaseException) or getattr(outcome, "status", 500) in {413, 422}, outcome


def test_memory_beyond_the_limit_is_a_plain_refusal() -> None:
    with RenderPool(workers=1, memory_bytes=130_000_000) as small:
        with pytest.raises(RenderError) as refusal:
            small.render_sync(RenderRequest("山田太郎 **東京** 김민지 *大阪* " * 50, CONTACT, language="ja"))
        assert refusal.value.status in {422, 500}
        assert small.render_sync(REQUEST).page_count == 1


def test_a_full_queue_is_refused_at_once() -> None:
    async def flood() -> int:
        with RenderPool(workers=1, queue_length=2) as small:
            outcomes = await asyncio.gather(*(small.render(REQUEST) for _ in range(8)), return_exceptions=True)
        return sum(isinstance(outcome, RendererBusy) for outcome in outcomes)

    assert asyncio.run(flood()) == 5


def test_processes_are_recycled(pool: RenderPool) -> None:
    with RenderPool(workers=1, recycle_after=1) as eager:
        first, second = (eager.render_sync(REQUEST) for _ in range(2))
    assert first.pdf == second.pdf
