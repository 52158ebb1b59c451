"""What a reader of the PDF gets: the text of the rendered file, as the systems of employers extract it.

A term that cannot be read back from the file is not there for them, whatever the page shows. The file is read in a
child process with a deadline, because extraction is processor work that must not stop other requests; texts of the
latest files are remembered by the hash of the file.

Run as a module it is that child: a PDF on standard input, its text on standard output.
"""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict
from pathlib import Path

import structlog

DEADLINE_SECONDS = 8.0
MOST_BYTES = 400_000
REMEMBERED = 64
AT_ONCE = 2
PROJECT_ROOT = Path(__file__).resolve().parents[2]

log = structlog.get_logger(__name__)


class PdfReader:
    """Reads PDFs that this service rendered. One per process."""

    def __init__(self) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def read(self, data: bytes, content_hash: str) -> str | None:
        """The text of the file; None when it cannot be had in time. `content_hash` names the file."""
        if content_hash in self._texts:
            self._texts.move_to_end(content_hash)
            return self._texts[content_hash]
        try:
            async with asyncio.timeout(DEADLINE_SECONDS), self._slots:
                text = await _extract(data)
        except (TimeoutError, OSError):
            text = None
        if text is None:
            log.warning("pdf_not_read_back")
            return None
        self._texts[content_hash] = text
        while len(self._texts) > REMEMBERED:
            self._texts.popitem(last=False)
        return text


async def _extract(data: bytes) -> str | None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api.resumes.parse_back", cwd=PROJECT_ROOT,
        env={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "LANG": "C.UTF-8"},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        output, _ = await child.communicate(data)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return output[:MOST_BYTES].decode(errors="replace") if child.returncode == 0 else None


def main() -> None:
    """The child: read the file, write its text, within a limit of processor time and memory."""
    import io
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (512 * 1024 * 1024, 512 * 1024 * 1024))
    resource.setrlimit(resource.RLIMIT_CPU, (int(DEADLINE_SECONDS), int(DEADLINE_SECONDS) + 1))
    from pdfminer.high_level import extract_text

    text = extract_text(io.BytesIO(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(text.encode()[:MOST_BYTES])


if __name__ == "__main__":
    main()
