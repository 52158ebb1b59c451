"""Hostile documents end inside the deadline, or are set, and the same process pool renders the next one."""

import asyncio
import time

import pytest

from renderer import Contact, RenderError, RenderRequest
from renderer.pool import RenderPool

DEADLINE_SECONDS = 10.0
REQUEST = RenderRequest("## Skills\n\n- SQL\n", Contact("Ada Example"))
HOSTILE = {
    "private characters": " ".join(chr(code) for code in range(0xE000, 0xE000 + 3_000)),
    "unassigned characters": " ".join(chr(code) for code in range(0x50000, 0x50000 + 3_000)),
    "control characters": "a\x01b\x02\x7f " * 5_000,
    "mixed directions": "שלום hello عربي 123 " * 2_500,
    "stacked quotes": (">" * 7 + "a\n") * 600,
    "footnotes": "".join(f"a[^{number}]\n[^{number}]: b\n\n" for number in range(300)),
    "files as images": "![x](file:///etc/passwd) " * 900,
    "twenty thousand ideographs": "".join(chr(0x4E00 + number) for number in range(20_000)),
    "a Thai line of 30,000 letters": "ก" * 30_000,
    "accents": "a\u0301\u0302\u0303\u0304 " * 8_000,
    "a target that cannot be met": "- word word word\n" * 690,
}

LONG = {"twenty thousand ideographs", "a Thai line of 30,000 letters", "accents"}
"""Ended by the deadline of ten seconds: with the full counts only."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=pytest.mark.prove if what in LONG else ()) for what in HOSTILE]
)
def test_ends_within_the_deadline_while_the_loop_runs(what: str) -> None:
    target = 1 if "target" in what else None
    request = RenderRequest(HOSTILE[what], Contact("Ada Example"), page_target=target)

    async def attack() -> tuple[BaseException | None, float]:
        with RenderPool(workers=1, deadline_seconds=DEADLINE_SECONDS) as pool:
            await pool.render(REQUEST)
            started = time.monotonic()
            (outcome,) = await asyncio.gather(pool.render(request), return_exceptions=True)
            elapsed = time.monotonic() - started
            assert (await pool.render(REQUEST)).page_count == 1
        return (outcome if isinstance(outcome, BaseException) else None), elapsed

    error, elapsed = asyncio.run(attack())
    assert elapsed < DEADLINE_SECONDS + 2
    if error is not None:
        assert isinstance(error, RenderError)
        assert error.status in {413, 422}, error
