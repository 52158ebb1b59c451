"""Why a migration ended, each kind with the exit code an operator's script can act on."""

from __future__ import annotations


class MigrationError(Exception):
    """A migration failed and was rolled back. The message says why and what to do."""

    exit_code = 40


class RefusedError(MigrationError):
    """Nothing was begun: something would have stopped the migration on the way."""

    exit_code = 20


class LockedError(MigrationError):
    """Somebody else holds what the migration needs. The message says who and since when."""

    exit_code = 30


class InterruptedStepError(MigrationError):
    """A revision that cannot run in a transaction was begun and is not finished. Running again resumes it."""

    exit_code = 50
