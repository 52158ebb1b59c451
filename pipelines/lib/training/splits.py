"""Who is trained on, who validates, who is held out: decided by the person, never by the row.

The bucket is a salted SHA-256 of the person, so it stays the same as data grows and tells nothing about the person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pipelines.lib.training.config import DatasetConfig, Split

BUCKETS = 10_000


def bucket_of(person_key: str, salt: str) -> int:
    """0 to 9,999, uniform over people. The first 8 bytes of SHA-256(salt, NUL, person) modulo the bucket count."""
    digest = hashlib.sha256(f"{salt}\0{person_key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % BUCKETS


def split_of(person_key: str, config: DatasetConfig) -> Split:
    """The split of a person."""
    bucket = bucket_of(person_key, config.salt)
    test = round(config.test_share * BUCKETS)
    validation = round(config.validation_share * BUCKETS)
    if bucket < test:
        return "test"
    return "validation" if bucket < test + validation else "train"


def split_of_merged(person_keys: Sequence[str], config: DatasetConfig) -> tuple[Split, frozenset[str]]:
    """Split of an account merged from several, the one that stays first, and the keys whose rows must leave.

    The oldest account stays and with it the earliest split. A row of a key that was in another split was seen, or held
    out, under that one: trained on now it would spoil the held-out people, held out now it would flatter models that
    learnt from it. So it is in no file.
    """
    earliest = split_of(person_keys[0], config)
    others = frozenset(key for key in person_keys[1:] if split_of(key, config) != earliest)
    return earliest, others
