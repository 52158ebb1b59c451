"""Password hashing with argon2id, off the event loop, with equal work for unknown accounts."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

# OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, 2 iterations, 1 lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# At most two hashes at once: each takes 19 MiB and a core.
_HASHING = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


@lru_cache(maxsize=1)
def _decoy() -> str:
    return _HASHER.hash("decoy password")


def _matches(hashed: str | None, password: str) -> bool:
    try:
        _HASHER.verify(hashed or _decoy(), password)
    except (Argon2Error, InvalidHashError):
        return False
    return hashed is not None


async def hash_password(password: str) -> str:
    """Hash with a fresh salt."""
    return await asyncio.get_running_loop().run_in_executor(_HASHING, _HASHER.hash, password)


async def password_matches(hashed: str | None, password: str) -> bool:
    """Compare. Without a stored hash it does the same work against a decoy, so that timing tells nothing."""
    return await asyncio.get_running_loop().run_in_executor(_HASHING, _matches, hashed, password)
