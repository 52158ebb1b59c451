"""Long work under a lease: freed when it fails or is cancelled, and never stored twice."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.subject import Subject
from api.errors import ConflictError, UnavailableError
from api.idempotency.service import LEASE, Recorder, run
from api.resources import Resources
from tests.support.running_service import MovableClock, Person, Service


class Answer(BaseModel):
    """What the work returns."""

    number: int


Work = Callable[[Recorder], Awaitable[Answer]]


class Caller:
    """Runs work under one key for one person, in an event loop of its own."""

    def __init__(self, service: Service, person: Person) -> None:
        self.clock = MovableClock()
        self._service = service
        self._subject = Subject(UUID(person.user_id), "unused")

    def resources(self) -> Resources:
        return Resources.open(self._service.settings, clock=self.clock)

    async def call(self, resources: Resources, work: Work) -> Response:
        return await run(resources, self._subject, "test", "key", "hash", work)

    def together(self, scenario: Callable[[Resources], Awaitable[Any]]) -> Any:
        async def play() -> Any:
            resources = self.resources()
            try:
                return await scenario(resources)
            finally:
                await resources.close()

        return asyncio.run(play())


@pytest.fixture
def caller(service: Service, person: Person) -> Caller:
    return Caller(service, person)


def returns(number: int) -> Work:
    async def work(_recorder: Recorder) -> Answer:
        return Answer(number=number)

    return work


def test_an_answer_is_replayed_without_doing_the_work(caller: Caller) -> None:
    async def scenario(resources: Resources) -> list[bytes]:
        return [bytes((await caller.call(resources, returns(number))).body) for number in (1, 2)]

    assert caller.together(scenario) == [b'{"number":1}'] * 2


def test_failed_work_frees_the_key(caller: Caller) -> None:
    async def fails(_recorder: Recorder) -> Answer:
        raise UnavailableError

    async def scenario(resources: Resources) -> bytes:
        with pytest.raises(UnavailableError):
            await caller.call(resources, fails)
        return bytes((await caller.call(resources, returns(2))).body)

    assert caller.together(scenario) == b'{"number":2}'


def test_cancelled_work_frees_the_key(caller: Caller) -> None:
    started = asyncio.Event()

    async def hangs(_recorder: Recorder) -> Answer:
        started.set()
        await asyncio.sleep(60)
        return Answer(number=1)

    async def scenario(resources: Resources) -> bytes:
        task = asyncio.create_task(caller.call(resources, hangs))
        await started.wait()
        with pytest.raises(ConflictError) as refused:
            await caller.call(resources, returns(3))
        assert refused.value.retry_after
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return bytes((await caller.call(resources, returns(2))).body)

    assert caller.together(scenario) == b'{"number":2}'


def test_work_that_lost_its_lease_stores_nothing(service: Service, person: Person, caller: Caller) -> None:
    """A process that slept past its lease must not add a second effect when it wakes."""

    async def effect(session: AsyncSession) -> None:
        await session.execute(
            text("update cvstomize.users set display_name = display_name || 'x' where id = :id"), {"id": person.user_id}
        )

    async def records(resources: Resources, recorder: Recorder, number: int) -> Answer:
        answer = Answer(number=number)
        async with resources.database.transaction() as session:
            await effect(session)
            await recorder.record(session, answer, 201)
        return answer

    async def scenario(resources: Resources) -> bytes:
        async def sleeps(recorder: Recorder) -> Answer:
            caller.clock.offset += LEASE + timedelta(seconds=1)
            await caller.call(resources, lambda other: records(resources, other, 2))
            return await records(resources, recorder, 1)

        with pytest.raises(ConflictError):
            await caller.call(resources, sleeps)
        return bytes((await caller.call(resources, returns(3))).body)

    assert caller.together(scenario) == b'{"number":2}'
    assert service.rows("select display_name from cvstomize.users where id = %s", person.user_id) == [("x",)]
