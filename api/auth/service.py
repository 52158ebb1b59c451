"""Registration and sign-in with the development issuer."""

from __future__ import annotations

import secrets

from sqlalchemy.exc import IntegrityError

from api.auth.passwords import hash_password, password_matches
from api.auth.repository import UserRepository
from api.auth.schemas import LoginRequest, MeResponse, RegisterRequest, TokenResponse
from api.auth.subject import Subject
from api.auth.tokens import LIFETIME, issue_token, verify_token
from api.db.base import new_id
from api.db.tables import User
from api.errors import ConflictError, NotFoundError, UnauthenticatedError
from api.resources import Resources


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
        except IntegrityError as error:
            raise ConflictError("This address has an account. Sign in instead.", code="email_taken") from error
        return self._token(secret, user)

    async def login(self, body: LoginRequest) -> TokenResponse:
        """Sign in. Raises UnauthenticatedError, in the same words and the same time for every reason."""
        secret = self._secret()
        async with self._resources.database.transaction() as session:
            user = await UserRepository(session).active_by_email(str(body.email))
        if not await password_matches(user.password_hash if user else None, body.password) or user is None:
            raise UnauthenticatedError("Address or password is wrong.", code="wrong_credentials")
        return self._token(secret, user)

    async def subject_of(self, token: str) -> Subject:
        """The person behind a bearer token. Raises UnauthenticatedError."""
        user_id = verify_token(self._secret(), token, self._resources.clock())
        async with self._resources.database.transaction() as session:
            user = await UserRepository(session).active(user_id)
        if user is None:
            raise UnauthenticatedError("The token is missing, expired or not valid. Sign in again.")
        return Subject(user.id, user.person_key)

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
