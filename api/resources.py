"""What the service owns for its life span: made at start, closed at stop, handed to every service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.auth.key_set import KeySet
from api.clock import Clock, utc_now
from api.db.database import Database
from api.edges.limits import RequestLimits
from api.generation.vertex.provider import VertexProvider
from api.generation.writer import Writer
from api.resumes.parse_back import PdfReader
from api.resumes.pdf import PdfCache
from api.settings import Settings
from api.storage.objects import ObjectStore
from api.telemetry.measures import Measures
from api.telemetry.renders import MeasuredRenderer
from renderer.pool import RenderPool

RENDER_PROCESSES = 2
"""As many as an instance has processors, so that one document that takes its ten seconds holds up nobody else."""


@dataclass(frozen=True, slots=True)
class Resources:
    """Database, object store, renderer, PDF cache and reader, writer, limits, provider's keys, clock and settings."""

    settings: Settings
    database: Database
    objects: ObjectStore
    renderer: MeasuredRenderer
    pdfs: PdfCache
    pdf_reader: PdfReader
    writer: Writer
    limits: RequestLimits
    provider_keys: KeySet | None
    clock: Clock

    @classmethod
    def open(cls, settings: Settings, *, clock: Clock = utc_now, measures: Measures | None = None) -> Resources:
        """Make everything; connections and child processes start on first use."""
        measures = measures or Measures()
        objects = ObjectStore(settings.gcp_project_id, settings.storage_emulator_host)
        renderer = MeasuredRenderer(RenderPool(workers=RENDER_PROCESSES), measures)
        bucket = settings.gcs_resumes_bucket if settings.enable_cloud_storage else None
        database = Database(
            settings.database_url.get_secret_value(),
            pool_size=settings.database_pool_size,
            pooler=settings.database_pooler,
        )
        vertex = VertexProvider(settings)
        measures.watch("cvstomize_database_connections", database.load)
        measures.watch("cvstomize_database_refusals_total", lambda: {None: database.refusals})
        measures.watch("cvstomize_model_breakers", vertex.breaker_states)
        return cls(
            settings=settings,
            database=database,
            objects=objects,
            renderer=renderer,
            pdfs=PdfCache(renderer, objects, bucket),
            pdf_reader=PdfReader(),
            writer=Writer(vertex, measures),
            limits=RequestLimits(
                database, secret=settings.link_signing_key.get_secret_value(), scale=settings.rate_limit_scale
            ),
            provider_keys=(
                KeySet(settings.oidc_issuer, clock, settings.oidc_jwks_url) if settings.oidc_issuer else None
            ),
            clock=clock,
        )

    async def close(self) -> None:
        """Close connections and end child processes."""
        if self.provider_keys is not None:
            await self.provider_keys.close()
        await self.database.close()
        self.renderer.close()


def get_resources(request: Request) -> Resources:
    """The app's resources."""
    resources = request.app.state.resources
    assert isinstance(resources, Resources)
    return resources


async def resources_of(request: Request) -> Resources:
    """`get_resources` for routes. Not `def`: the framework would run that in a thread, at ten times its cost."""
    return get_resources(request)


ResourcesDependency = Annotated[Resources, Depends(resources_of)]
