"""Joins two accounts of one person: everything of the younger one moves to the older one, and it is deleted.

Runs as the eraser, the only role that may delete an account. The database does the moving in one transaction
(`cvstomize.merge_accounts`, revision 0014) and refuses what must not be joined.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from api.auth.repository import UserRepository
from api.db.database import Database
from api.privacy.audit import record
from api.privacy.erasure import ErasureService
from api.privacy.erasure_repository import ErasureRepository
from api.resources import Resources

REFUSED_BY_FUNCTION = "P0001"


class MergeRefusedError(Exception):
    """The accounts cannot be joined; nothing was changed. The message says why and names nobody."""


@dataclass(frozen=True, slots=True)
class AccountMerger:
    """Joins accounts with the eraser's connection."""

    resources: Resources
    eraser: Database

    async def merge(self, former_email: str, kept_email: str) -> None:
        """Join the account of the first address to that of the second. Raises MergeRefusedError, UnavailableError.

        Objects are deleted first, so that storage which is away stops it while nothing is changed, and once more at
        the end, because a render that was under way may have stored its PDF.
        """
        async with self.eraser.transaction() as session:
            users = UserRepository(session)
            former, kept = await users.by_email(former_email), await users.by_email(kept_email)
        if former is None or kept is None:
            raise MergeRefusedError("no account has one of these addresses")
        erasure = ErasureService(self.resources, self.eraser)
        try:
            async with self.eraser.transaction() as session:
                await ErasureRepository(session).merge_accounts(former.id, kept.id)
                await erasure.delete_objects(former.id)
                now = self.resources.clock()
                await record(session, "account.merged", now, actor="operator", audit_key=kept.audit_key)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != REFUSED_BY_FUNCTION:
                raise
            reason = getattr(getattr(error.orig, "diag", None), "message_primary", None)
            raise MergeRefusedError(str(reason)) from None
        await erasure.delete_objects(former.id)
