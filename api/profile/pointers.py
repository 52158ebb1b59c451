"""The stable ids of a stored document by JSON pointer, so that a client can name a bullet."""

from __future__ import annotations

from collections.abc import Iterator

from api.profile.rules.identity import ID_KEY, TEXT_ID_KEYS


def identified_pointers(document: object) -> dict[str, str]:
    """Map the pointer of every identified part (as in the exported document) to its id."""
    return dict(_walk(document, ""))


def _walk(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if isinstance(value.get(ID_KEY), str):
            yield pointer, str(value[ID_KEY])
        for name, id_key in TEXT_ID_KEYS.items():
            ids = value.get(id_key)
            if isinstance(ids, list):
                yield from (
                    (f"{pointer}/{name}/{position}", str(identifier)) for position, identifier in enumerate(ids)
                )
        for key, item in value.items():
            yield from _walk(item, f"{pointer}/{key}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _walk(item, f"{pointer}/{position}")
