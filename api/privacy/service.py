"""Consent decisions, the start of an erasure and its status."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, cast

from api.auth.identity_repository import IdentityRepository
from api.auth.subject import Subject
from api.db.base import new_id
from api.db.tables import Consent, ErasureRequest, OutboxMessage
from api.errors import ConflictError, FieldProblem, NotFoundError, UnauthenticatedError
from api.privacy.audit import record
from api.privacy.consent_texts import consent_texts
from api.privacy.repository import PrivacyRepository, receipt_hash
from api.privacy.schemas import (
    ConsentRecord,
    ConsentsRequest,
    ConsentsResponse,
    ConsentView,
    ErasureResponse,
    ErasureStatusResponse,
)
from api.resources import Resources

RECEIPT_BYTES = 24
ERASURE_KIND = "erasure"


class PrivacyService:
    """What a person decides about their data."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def consents(self, subject: Subject) -> ConsentsResponse:
        """What is in force, with the texts, and the history."""
        async with self._resources.database.transaction() as session:
            decisions = await PrivacyRepository(session).decisions(subject)
        return _consents_response(decisions)

    async def decide(self, subject: Subject, body: ConsentsRequest) -> ConsentsResponse:
        """Record decisions; one that is in force already adds nothing.

        Raises ConflictError when a decision names another version of the text than the one in force.
        """
        texts = {text.purpose: text for text in consent_texts()}
        stale = tuple(
            FieldProblem(f"/consents/{index}/policyVersion", "policy_changed", "Show the current text and ask again.")
            for index, decision in enumerate(body.consents)
            if decision.policy_version not in (None, texts[decision.purpose].version)
        )
        if stale:
            raise ConflictError("The text has changed: GET /api/consents.", code="policy_changed", errors=stale)
        now = self._resources.clock()
        async with self._resources.database.transaction() as session:
            repository = PrivacyRepository(session)
            await repository.lock_person(subject)
            decisions = await repository.decisions(subject)
            in_force = {decision.purpose: decision for decision in decisions}
            # Never before what is recorded, whichever machine's clock lags: the newest row is the one in force.
            if decisions and decisions[-1].recorded_at >= now:
                now = decisions[-1].recorded_at + timedelta(microseconds=1)
            added = []
            for wanted in body.consents:
                text, current = texts[wanted.purpose], in_force.get(wanted.purpose)
                unchanged = current is not None and current.granted == wanted.granted
                if unchanged and current is not None and current.text_sha256 == text.sha256:
                    continue
                added.append(
                    Consent(
                        id=new_id(),
                        user_id=subject.user_id,
                        purpose=wanted.purpose,
                        granted=wanted.granted,
                        policy_version=text.version,
                        text_sha256=text.sha256,
                        recorded_at=now,
                    )
                )
            await repository.add(added)
            for decision in added:
                await record(
                    session,
                    "consent.changed",
                    now,
                    audit_key=subject.audit_key,
                    purpose=decision.purpose,
                    granted=decision.granted,
                    policy_version=decision.policy_version,
                )
        return _consents_response([*decisions, *added])

    async def erase(self, subject: Subject) -> ErasureResponse:
        """Start the erasure: access ends in this transaction, the rest is work that must happen."""
        now, receipt = self._resources.clock(), secrets.token_urlsafe(RECEIPT_BYTES)
        async with self._resources.database.transaction() as session:
            repository = PrivacyRepository(session)
            user = await repository.lock_person(subject)
            if user.access_ended_at is not None:
                raise UnauthenticatedError("This account has been deleted.")
            await repository.end_access(user, now)
            request = ErasureRequest(
                id=new_id(),
                person_key=user.person_key,
                user_id=user.id,
                receipt_sha256=receipt_hash(receipt),
                status="requested",
                progress={},
                requested_at=now,
            )
            message = OutboxMessage(
                id=new_id(),
                kind=ERASURE_KIND,
                deduplication_key=f"{ERASURE_KIND}:{request.id}",
                user_id=user.id,
                payload={"erasureRequestId": str(request.id)},
                available_at=now,
                created_at=now,
            )
            await repository.add([request, message])
            secret = self._resources.settings.link_signing_key.get_secret_value()
            await IdentityRepository(session).end(user.id, secret, now)
            # Without the person's key: this line shares its moment with the request, which outlives the person.
            await record(session, "erasure.requested", now, request=str(request.id))
        base = self._resources.settings.public_base_url.rstrip("/")
        return ErasureResponse(
            status="requested", receipt=receipt, status_url=f"{base}/api/erasures/{receipt}", requested_at=now
        )

    async def erasure_status(self, receipt: str) -> ErasureStatusResponse:
        """How far an erasure is. Raises NotFoundError."""
        async with self._resources.database.transaction() as session:
            request = await PrivacyRepository(session).erasure_by_receipt(receipt)
        if request is None:
            raise NotFoundError("There is no erasure with this receipt.")
        return ErasureStatusResponse(
            id=request.id,
            status=cast("Any", request.status),
            requested_at=request.requested_at,
            erased_at=request.erased_at,
            models_retired_at=request.models_retired_at,
            progress=request.progress,
        )


def _consents_response(decisions: list[Consent]) -> ConsentsResponse:
    in_force = {decision.purpose: decision for decision in decisions}
    views = []
    for text in consent_texts():
        decision = in_force.get(text.purpose)
        views.append(
            ConsentView(
                purpose=cast("Any", text.purpose),
                granted=decision.granted if decision else False,
                recorded_at=decision.recorded_at if decision else None,
                decided_version=decision.policy_version if decision else None,
                policy_version=text.version,
                text=text.text,
                text_sha256=text.sha256,
            )
        )
    history = [ConsentRecord.model_validate(decision, from_attributes=True) for decision in decisions]
    return ConsentsResponse(consents=views, history=history)
