"""What `cvstomize doctor` looks at on Vertex AI: the model of the settings, each tuned model that writes, and the
location where tuning jobs run. Costs nothing: tokens are counted, jobs are listed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from cli.diagnosis import CALL_SECONDS, FaultError, SkippedError, connect

if TYPE_CHECKING:
    from api.settings import Settings

MAX_SERVED = 20
GRANT = "grant roles/aiplatform.user"


def vertex(settings: Settings) -> str:
    """The model of the settings answers where the API asks it."""
    from api.generation.vertex.errors import VertexMisconfiguredError
    from api.generation.vertex.models import check_serving_model

    if not settings.vertex_model:
        raise SkippedError("VERTEX_MODEL is not set: the composer writes")
    try:
        serving = check_serving_model(settings.vertex_model, settings.vertex_location)
    except VertexMisconfiguredError as error:
        raise FaultError(str(error), "correct VERTEX_MODEL or VERTEX_LOCATION") from None
    remedy = f"{GRANT}, check VERTEX_LOCATION; until then the composer writes"
    return ask(settings, serving.name, settings.vertex_location, remedy)


def served_models(settings: Settings) -> dict[str, Callable[[], str]]:
    """A check for each tuned model that writes, by what it is called in the answer; none without a database, whose
    own line says so."""
    import psycopg

    try:
        with connect(settings) as connection:
            rows = connection.execute(
                "select name, endpoint, status, share, synthetic from cvstomize.models"
                " where status in ('promoted', 'arm') order by status desc, name limit %s",
                [MAX_SERVED],
            ).fetchall()
    except (FaultError, psycopg.Error):
        return {}

    def check(name: str, endpoint: str | None, status: str, share: Decimal, synthetic: bool) -> Callable[[], str]:
        return lambda: tuned_model(settings, name, endpoint, status, share, synthetic=synthetic)

    return {f"tuned model {row[0].rpartition('/')[2]}": check(*row) for row in rows}


def tuned_model(
    settings: Settings, name: str, endpoint: str | None, status: str, share: Decimal, *, synthetic: bool
) -> str:
    """A tuned model that writes answers at its endpoint, in the endpoint's own location."""
    from api.generation.vertex.models import endpoint_location

    remedy = f"run `cvstomize model rollback {name.rpartition('/')[2].partition('@')[0]}`"
    location = endpoint_location(endpoint or "")
    if endpoint is None or location is None:
        raise FaultError(f"{endpoint or 'no endpoint'} is no name of an endpoint", remedy)
    if synthetic and settings.environment != "local":
        raise FaultError("the Vertex stand-in made it: it does not write here", remedy)
    share_text = "writes for everybody" if status == "promoted" else f"arm with share {share}"
    return f"{share_text}; {ask(settings, endpoint, location, f'{GRANT}, or {remedy}')}"


def tuning(settings: Settings) -> str:
    """The location where tuning jobs run is one where the base models tune, and lists its jobs."""
    from api.generation.vertex.client import make_client
    from api.generation.vertex.errors import VertexMisconfiguredError
    from pipelines.lib.training.tuning_plan import read_rules
    from pipelines.lib.training.vertex_settings import VertexSettings

    vertex_settings = VertexSettings(gcp_project_id=settings.gcp_project_id)
    if not vertex_settings.is_configured:
        raise SkippedError("VERTEX_TUNING_LOCATION is not set: nothing is tuned from here")
    location, allowed = vertex_settings.location, read_rules()["locations"]
    if location not in allowed:
        raise FaultError(f"nothing tunes in {location}", f"set VERTEX_TUNING_LOCATION to {' or '.join(allowed)}")
    try:
        client = make_client(
            settings.vertex_project or settings.gcp_project_id, location, vertex_settings.vertex_base_url
        )
    except VertexMisconfiguredError as error:
        raise FaultError(str(error), "run with the credentials of a service account") from None

    async def list_jobs() -> None:
        async with asyncio.timeout(CALL_SECONDS):
            await client.aio.tunings.list(config={"page_size": 1})

    try:
        asyncio.run(list_jobs())
    except Exception as error:  # Google's client raises errors of several libraries
        raise FaultError(
            f"jobs in {location} cannot be listed: {type(error).__name__}",
            f"{GRANT}, check VERTEX_TUNING_LOCATION; until then nothing can be tuned",
        ) from None
    return f"jobs in {location} can be listed"


def ask(settings: Settings, name: str, location: str, remedy: str) -> str:
    """Let a model or an endpoint count the tokens of a word. Raises FaultError."""
    from api.generation.vertex.client import make_client
    from api.generation.vertex.errors import VertexMisconfiguredError

    try:
        client = make_client(settings.vertex_project or settings.gcp_project_id, location, settings.vertex_base_url)
    except VertexMisconfiguredError as error:
        raise FaultError(str(error), "run with the credentials of a service account") from None

    async def count() -> None:
        async with asyncio.timeout(CALL_SECONDS):
            await client.aio.models.count_tokens(model=name, contents="one")

    try:
        asyncio.run(count())
    except Exception as error:  # Google's client raises errors of several libraries
        raise FaultError(f"{name} does not answer: {type(error).__name__}", remedy) from None
    return f"{name} answers in {location}"
