"""Libraries that a start leaves out: half a second later a thread loads them, so that no request waits for them.

`/health` answers without them. Whoever needs one earlier imports it where it is used, and waits for that one alone.
"""

from __future__ import annotations

import asyncio
import importlib

WAIT_SECONDS = 0.5
LIBRARIES = ("jwt", "cryptography.hazmat.primitives.ciphers.aead", "renderer.markdown", "email_validator")


def load() -> None:
    """Import them all."""
    for name in LIBRARIES:
        importlib.import_module(name)


async def load_soon() -> None:
    """Let the first requests go first, then import beside the event loop."""
    await asyncio.sleep(WAIT_SECONDS)
    await asyncio.to_thread(load)
