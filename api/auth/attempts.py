"""A bound on guessing passwords, counted in the database: it holds across workers and instances."""

from __future__ import annotations

from api.auth.rules.keyed_hash import keyed_hash
from api.edges.counter_repository import CounterRepository
from api.errors import TooManyRequestsError
from api.resources import Resources

MAX_ATTEMPTS = 10
WINDOW_SECONDS = 15 * 60


class SignInAttempts:
    """Counts tries per address, with an account or without, under a keyed hash that names nobody."""

    def __init__(self, resources: Resources) -> None:
        self._database = resources.database
        self._secret = resources.settings.link_signing_key.get_secret_value()

    def _key(self, email: str) -> str:
        return keyed_hash(self._secret, "sign in", email.lower())

    async def spend(self, email: str) -> None:
        """Count a try before its password is looked at, so that a hundred at once are counted too.

        Raises TooManyRequestsError, also for the right password: a guesser must not learn that it is right.
        """
        async with self._database.transaction() as session:
            repository = CounterRepository(session)
            if await repository.add(self._key(email), 1, WINDOW_SECONDS) <= MAX_ATTEMPTS:
                return
        # The whole window, not what is left of it: the answer then says nothing about other people's tries.
        raise TooManyRequestsError("Too many tries with this address. Try again later.", retry_after=WINDOW_SECONDS)

    async def forget(self, email: str) -> None:
        """Begin anew after a good sign-in."""
        async with self._database.transaction() as session:
            await CounterRepository(session).delete(self._key(email))
