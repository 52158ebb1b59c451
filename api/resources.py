"""What the service owns for its life span: made at start, closed at stop, handed to every service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from renderer.pool import RenderPool

from api.clock import Clock, utc_now
from api.db.database import Database
from api.settings import Settings
from api.storage.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class Resources:
    """Database, object store, renderer, clock and settings."""

    settings: Settings
    database: Database
    objects: ObjectStore
    renderer: RenderPool
    clock: Clock

    @classmethod
    def open(cls, settings: Settings, *, clock: Clock = utc_now) -> Resources:
        """Make everything; connections and child processes start on first use."""
        return cls(
            settings=settings,
            database=Database(
                settings.database_url.get_secret_value(),
                pool_size=settings.database_pool_size,
                pooler=settings.database_pooler,
            ),
            objects=ObjectStore(settings.gcp_project_id, settings.storage_emulator_host),
            renderer=RenderPool(),
            clock=clock,
        )

    async def close(self) -> None:
        """Close connections and end child processes."""
        await self.database.close()
        self.renderer.close()


def get_resources(request: Request) -> Resources:
    """The app's resources."""
    resources = request.app.state.resources
    assert isinstance(resources, Resources)
    return resources


ResourcesDependency = Annotated[Resources, Depends(get_resources)]
