"""Runs the reading of one file in a child process with a deadline and a memory limit.

A hostile or broken file can loop, grow or crash a parser; then the child is killed and the service goes on. The child
gets an empty environment, no open files of the service, and may write no file.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from api.profile.importer.draft import ImportDraft
from api.profile.importer.errors import ImporterBusy, UnreadableDocument
from api.profile.importer.kinds import detect_kind

DEADLINE_SECONDS = 10.0
MEMORY_BYTES = 768 * 1024 * 1024
MAX_ANSWER_BYTES = 20_000_000
PROJECT_ROOT = Path(__file__).resolve().parents[3]
_SLOTS = threading.BoundedSemaphore(max(2, os.cpu_count() or 2))


def parse_document(
    data: bytes,
    filename: str,
    content_type: str | None,
    *,
    deadline_seconds: float = DEADLINE_SECONDS,
    memory_bytes: int = MEMORY_BYTES,
) -> ImportDraft:
    """Read an uploaded resume into a draft. Blocks; call it from a worker thread or use `parse_document_async`.

    Args:
        data: the file.
        filename: its name, a hint only.
        content_type: the declared media type, a hint only.
        deadline_seconds: wall-clock limit, waiting for a free slot included.
        memory_bytes: limit on the child's address space.

    Raises:
        UnreadableDocument: the file gives no draft; `code` and message say why and what to do.
        ImporterBusy: no slot came free in time.
    """
    detect_kind(data, filename, content_type)  # the cheap refusals need no child
    started = time.monotonic()
    if not _SLOTS.acquire(timeout=deadline_seconds):
        raise ImporterBusy
    try:
        remaining = max(0.1, deadline_seconds - (time.monotonic() - started))
        return _read_answer(_run(data, filename, content_type, remaining, memory_bytes))
    finally:
        _SLOTS.release()


async def parse_document_async(
    data: bytes,
    filename: str,
    content_type: str | None,
    *,
    deadline_seconds: float = DEADLINE_SECONDS,
    memory_bytes: int = MEMORY_BYTES,
) -> ImportDraft:
    """Read an uploaded resume without blocking the event loop. Same errors as `parse_document`."""
    return await asyncio.to_thread(
        parse_document,
        data,
        filename,
        content_type,
        deadline_seconds=deadline_seconds,
        memory_bytes=memory_bytes,
    )


def _run(data: bytes, filename: str, content_type: str | None, seconds: float, memory_bytes: int) -> bytes:
    header = {
        "filename": filename[:255],
        "content_type": content_type,
        "memory_bytes": memory_bytes,
        "cpu_seconds": int(seconds) + 1,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "api.profile.importer.child"],
            input=json.dumps(header).encode() + b"\n" + data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            cwd=PROJECT_ROOT,
            env={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "LANG": "C.UTF-8"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableDocument("timed_out") from error
    if done.returncode != 0 or not done.stdout:
        # Killed by the CPU limit, or it ran out of memory where Python could not say so.
        raise UnreadableDocument("timed_out" if done.returncode in (-24, -9) else "too_much_memory")
    return done.stdout


def _read_answer(output: bytes) -> ImportDraft:
    if len(output) > MAX_ANSWER_BYTES:
        raise UnreadableDocument("too_much_text")
    answer = json.loads(output)
    if "code" in answer:
        raise UnreadableDocument(answer["code"])
    return ImportDraft.from_json(answer["draft"])
