"""From a genuine ID token to an account: one person stays one account, however they sign in.

(issuer, subject) decides. An identity that was never seen joins the account that holds its verified mail address, and
only without one an account is made. A changed address follows its identity, unless another account holds it; a token
older than the newest change does not bring the old one back.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.identity_repository import IdentityRepository, ended_hash
from api.auth.repository import UserRepository
from api.auth.rules.id_tokens import TokenError, VerifiedIdToken
from api.db.base import new_id
from api.db.tables import Identity, User
from api.errors import ConflictError
from api.privacy.audit import record
from api.resources import Resources

ATTEMPTS = 3


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class IdentityService:
    """Finds, links and makes accounts for the provider's identities."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._secret = resources.settings.link_signing_key.get_secret_value()

    async def account_of(self, token: VerifiedIdToken) -> User:
        """The account. Raises TokenError when the person has left since, ConflictError when requests collide."""
        for _ in range(ATTEMPTS):
            try:
                async with self._resources.database.transaction() as session:
                    return await self._account_of(session, token)
            except IntegrityError:
                continue  # another request of this person was first: its row is found now
        raise ConflictError("Your account is being made by another request. Try again.", retry_after=1)

    async def _account_of(self, session: AsyncSession, token: VerifiedIdToken) -> User:
        found = await IdentityRepository(session).find(token.iss, token.sub)
        if found is None:
            return await self._add(session, token)
        identity, user = found
        if user.access_ended_at is not None:
            raise TokenError
        await self._keep_up(session, identity, user, token)
        return user

    async def _keep_up(self, session: AsyncSession, identity: Identity, user: User, token: VerifiedIdToken) -> None:
        """Take over a newer address and note a newer sign-in; most requests write nothing."""
        now = self._resources.clock()
        newer = token.email.lower() != user.email.lower() and _moment(token.iat) > identity.mail_as_of
        # Taken: the other account is its own person. Which of the two it should be, only they can say.
        if newer and not await UserRepository(session).email_taken(token.email):
            user.email, identity.mail_as_of = token.email, _moment(token.iat)
            await record(session, "account.mail_changed", now, audit_key=user.audit_key)
        if _moment(token.signed_in_at) > identity.signed_in_at:
            identity.signed_in_at = _moment(token.signed_in_at)
            await record(session, "account.signed_in", now, audit_key=user.audit_key)
        await IdentityRepository(session).flush()

    async def _add(self, session: AsyncSession, token: VerifiedIdToken) -> User:
        """Link an identity that was never seen to the account of its address, or make one."""
        repository, users, now = IdentityRepository(session), UserRepository(session), self._resources.clock()
        ended_at = await repository.ended_at(ended_hash(self._secret, token.iss, token.sub))
        if ended_at is not None and _moment(token.signed_in_at) <= ended_at:
            raise TokenError
        user = await users.by_email(token.email)
        if user is not None and user.access_ended_at is not None:
            raise TokenError
        if user is None:
            user = User(
                id=new_id(),
                person_key=secrets.token_hex(16),
                audit_key=new_id(),
                email=token.email,
                display_name=token.name,
                auth_issuer=token.iss,
                auth_subject=token.sub,
            )
            await users.add(user)
            await record(session, "account.registered", now, audit_key=user.audit_key)
        else:
            # Whoever knew a password of the development issuer never proved that the address is theirs.
            user.password_hash = None
            await record(session, "account.identity_added", now, audit_key=user.audit_key)
        await repository.add(
            Identity(
                id=new_id(),
                user_id=user.id,
                issuer=token.iss,
                subject=token.sub,
                signed_in_at=_moment(token.signed_in_at),
                mail_as_of=_moment(token.iat),
                created_at=now,
            )
        )
        return user
