"""The child process that reads one untrusted file and nothing else.

Reads a header line (JSON: filename, content type, limits) and the bytes from standard input, writes one JSON object to
standard output. The limits are set before a byte of the file is looked at.
"""

from __future__ import annotations

import json
import resource
import sys


def main() -> None:
    """Read one file from standard input and answer with its draft or the code of the reason against it."""
    header = json.loads(sys.stdin.buffer.readline())
    memory, seconds = int(header["memory_bytes"]), int(header["cpu_seconds"])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    data = sys.stdin.buffer.read()
    answer = _answer(data, header["filename"], header["content_type"])
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=True).encode())
    sys.stdout.buffer.flush()


def _answer(data: bytes, filename: str, content_type: str | None) -> dict[str, object]:
    from api.profile.importer.errors import UnreadableDocument
    from api.profile.importer.parse import parse_bytes

    try:
        return {"draft": parse_bytes(data, filename, content_type).as_json()}
    except UnreadableDocument as error:
        return {"code": error.code}
    except MemoryError:
        return {"code": "too_much_memory"}
    except RecursionError:
        return {"code": "damaged_file"}


if __name__ == "__main__":
    main()
