"""Who is behind a token: the development issuer with its passwords, and the identity provider."""

from __future__ import annotations

import secrets
from typing import Literal

from sqlalchemy.exc import IntegrityError

from api.auth.attempts import SignInAttempts
from api.auth.identities import IdentityService
from api.auth.passwords import hash_password, password_matches
from api.auth.repository import UserRepository
from api.auth.rules.id_tokens import TokenError, UnverifiedMailError, key_id, looks_like_id_token, read_id_token
from api.auth.schemas import LoginRequest, MeResponse, RegisterRequest, TokenResponse
from api.auth.subject import Subject
from api.auth.tokens import LIFETIME, issue_token, verify_token
from api.db.base import new_id
from api.db.tables import User
from api.errors import ConflictError, NotFoundError, UnauthenticatedError
from api.privacy.audit import record
from api.resources import Resources

BAD_TOKEN = "The token is missing, expired or not valid. Sign in again."  # noqa: S105


class AuthService:
    """Turns credentials into tokens and tokens into subjects."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def _secret(self) -> str:
        secret = self._resources.settings.auth_token_secret
        if secret is None or not self._resources.settings.local_issuer_enabled:
            raise NotFoundError("Accounts are made with the identity provider here.")
        return secret.get_secret_value()

    async def register(self, body: RegisterRequest) -> TokenResponse:
        """Make an account and sign it in. Raises ConflictError when the address is taken."""
        secret = self._secret()
        hashed = await hash_password(body.password)
        user = User(
            id=new_id(),
            # Random, not derived from the address: nobody who knows the address can compute the pseudonym.
            person_key=secrets.token_hex(16),
            audit_key=new_id(),
            email=str(body.email),
            display_name=body.display_name,
            auth_subject=str(body.email).lower(),
            password_hash=hashed,
        )
        try:
            async with self._resources.database.transaction() as session:
                repository = UserRepository(session)
                if await repository.email_taken(user.email):
                    raise ConflictError("This address has an account. Sign in instead.", code="email_taken")
                await repository.add(user)
                await record(session, "account.registered", self._resources.clock(), audit_key=user.audit_key)
        except IntegrityError as error:
            raise ConflictError("This address has an account. Sign in instead.", code="email_taken") from error
        return self._token(secret, user)

    async def login(self, body: LoginRequest) -> TokenResponse:
        """Sign in.

        Raises UnauthenticatedError, in the same words and the same time for every reason, and TooManyRequestsError
        after too many wrong guesses at one address, whether it has an account or not.
        """
        secret, email, attempts = self._secret(), str(body.email), SignInAttempts(self._resources)
        await attempts.spend(email)
        async with self._resources.database.transaction() as session:
            user = await UserRepository(session).active_by_email(email)
        good = await password_matches(user.password_hash if user else None, body.password) and user is not None
        async with self._resources.database.transaction() as session:
            # A line for every try, so that an address without an account costs the same.
            action: Literal["account.signed_in", "account.sign_in_failed"]
            action = "account.signed_in" if good else "account.sign_in_failed"
            await record(session, action, self._resources.clock(), audit_key=user.audit_key if user else None)
        if not good or user is None:
            raise UnauthenticatedError("Address or password is wrong.", code="wrong_credentials")
        await attempts.forget(email)
        return self._token(secret, user)

    async def subject_of(self, token: str) -> Subject:
        """The person behind a bearer token. Raises UnauthenticatedError, in the same words for every fault.

        A token that says it is a provider's is only ever checked as one, and any other only ever with the development
        issuer's secret: neither key is tried with the other's algorithm.
        """
        if self._resources.provider_keys is not None and looks_like_id_token(token):
            user = await self._provider_account(token)
            return Subject(user.id, user.person_key, user.audit_key)
        if not self._resources.settings.local_issuer_enabled:
            raise UnauthenticatedError(BAD_TOKEN)
        user_id = verify_token(self._secret(), token, self._resources.clock())
        async with self._resources.database.transaction() as session:
            subject = await UserRepository(session).subject(user_id)
        if subject is None:
            raise UnauthenticatedError(BAD_TOKEN)
        return subject

    async def _provider_account(self, token: str) -> User:
        """The account of an ID token. Raises UnauthenticatedError, and UnavailableError while there are no keys."""
        settings, keys = self._resources.settings, self._resources.provider_keys
        assert keys is not None
        assert settings.oidc_issuer is not None
        assert settings.oidc_audience is not None
        try:
            key = await keys.key(key_id(token))
            claims = read_id_token(
                token,
                key,
                issuer=settings.oidc_issuer,
                audience=settings.oidc_audience,
                now=self._resources.clock(),
            )
            return await IdentityService(self._resources).account_of(claims)
        except UnverifiedMailError as error:
            raise UnauthenticatedError(
                "Confirm your mail address with the identity provider, then sign in again.", code="mail_not_verified"
            ) from error
        except TokenError as error:
            raise UnauthenticatedError(BAD_TOKEN) from error

    async def me(self, subject: Subject) -> MeResponse:
        """The signed-in account."""
        async with self._resources.database.transaction() as session:
            user = await UserRepository(session).active(subject.user_id)
        if user is None:
            raise NotFoundError
        return MeResponse(id=user.id, email=user.email, display_name=user.display_name, created_at=user.created_at)

    def _token(self, secret: str, user: User) -> TokenResponse:
        token = issue_token(secret, user.id, self._resources.clock())
        return TokenResponse(access_token=token, expires_in=int(LIFETIME.total_seconds()))
