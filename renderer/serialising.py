"""How finished objects become the bytes of a PDF: each one once, and without a search for the last byte.

pydyf writes every object for the file and again for the hash in the file's identifier, and compresses every stream both
times at zlib's slowest level. An object that is being written no longer changes, so its bytes are kept.
"""

from __future__ import annotations

import functools
import zlib
from typing import Any

import pydyf  # type: ignore[import-untyped]

COMPRESSION_LEVEL = 6  # a third less writing time than level 9 for one per cent more bytes


def install() -> None:
    """Write every PDF of this process this way."""
    pydyf._to_bytes = to_bytes
    pydyf.Dictionary.data = property(dictionary_data)
    pydyf.Stream.data = property(stream_data)


def to_bytes(item: Any) -> bytes:
    """One value as pydyf writes it; the frequent kinds are asked for first."""
    kind = type(item)
    if kind is bytes:
        return item  # type: ignore[no-any-return]
    if kind is str:
        return item.encode("ascii")  # type: ignore[no-any-return]
    if kind is int:
        return b"%d" % item
    if isinstance(item, float):
        return b"%d" % item if item.is_integer() else f"{item:f}".rstrip("0").encode("ascii")
    if isinstance(item, pydyf.Object):
        return item.data  # type: ignore[no-any-return]
    return str(item).encode("ascii")


def dictionary_data(dictionary: Any) -> bytes:
    """The dictionary's bytes, made once."""
    written: bytes | None = dictionary.__dict__.get("written")
    if written is None:
        entries = [
            _name(key) + (value if type(value) is bytes else to_bytes(value)) for key, value in dictionary.items()
        ]
        written = dictionary.written = b"<<" + b"".join(entries) + b">>"
    return written


@functools.lru_cache(500)
def _name(key: Any) -> bytes:
    return b"/" + to_bytes(key) + b" "


def stream_data(stream: Any) -> bytes:
    """The stream's bytes, made once."""
    written: bytes | None = stream.__dict__.get("written")
    if written is None:
        content = b"\n".join([to_bytes(item) for item in stream.stream])
        extra = pydyf.Dictionary(stream.extra)
        if stream.compress:
            extra["Filter"] = "/FlateDecode"
            content = zlib.compress(content, COMPRESSION_LEVEL)
        extra["Length"] = len(content)
        written = stream.written = b"\n".join((extra.data, b"stream", content, b"endstream"))
    return written
