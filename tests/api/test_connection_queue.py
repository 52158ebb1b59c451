"""Connections are handed out first come, first served: under load nobody waits past a deadline that others make."""

import asyncio

from sqlalchemy import text

from api.db.database import Database as ApiDatabase
from tests.support.databases import Database


def test_who_asks_first_is_served_first(database: Database) -> None:
    served: list[int] = []

    async def scenario() -> None:
        own = ApiDatabase(database.app_url, pool_size=2)

        async def request(number: int) -> None:
            async with own.transaction() as session:
                served.append(number)
                await session.execute(text("select pg_sleep(0.002)"))
            if number < 40:  # it comes back at once, as a client on a kept-alive connection does
                await request(number + 10)

        await asyncio.gather(*(request(number) for number in range(10)))
        await own.close()

    asyncio.run(scenario())
    assert sorted(served) == list(range(50))
    lag = max(abs(place - number) for place, number in enumerate(served))
    assert lag <= 10, served
