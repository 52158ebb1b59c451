"""Tuning jobs through google-genai: looked up by label before they are created, and created once.

`tune` has no request id, so a repeated create makes a second job and a second bill. Therefore the run's hash is a
label: it is looked up first, and looked up again when an answer was lost. Create itself is never repeated blindly.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from api.generation.vertex.retry import server_delay
from pipelines.lib.training.errors import TrainingError
from pipelines.lib.training.tuning_plan import LABEL_KEY, TuningPlan
from pipelines.lib.training.vertex_settings import VertexSettings
from pipelines.lib.training.vertex_states import CANCELLING, ENDED

if TYPE_CHECKING:
    from google.genai import Client, types
    from google.genai.errors import ClientError

CALL_MILLISECONDS = 60_000
MAX_LISTED = 1_000
TOO_MANY = 429
LIST_AGAIN_SECONDS = 30.0
ADAPTER_SIZES = {1: "ONE", 2: "TWO", 4: "FOUR", 8: "EIGHT", 16: "SIXTEEN"}


class LaunchLaterError(TrainingError):
    """No job yet, and none may be created now: run again after `seconds`; the job is then looked for first.

    `nothing_sent` when it is certain that no create is on its way; `not_created` when Vertex turned one down as busy.
    """

    def __init__(
        self, message: str, seconds: float = 60, *, nothing_sent: bool = False, not_created: bool = False
    ) -> None:
        super().__init__(message)
        self.seconds = seconds
        self.nothing_sent = nothing_sent or not_created
        self.not_created = not_created


class LaunchRefusedError(TrainingError):
    """Vertex refused the job; trying the same again is useless."""


@contextmanager
def tuning_client(settings: VertexSettings, location: str | None = None) -> Iterator[Client]:
    """A client of a location, or of the stand-in; closed at the end. Nothing is retried inside.

    `location` is where a run was launched; without it, where the settings say that new ones are.

    The HTTP client is ours, so that errors are httpx's whatever else is installed.
    """
    import httpx
    from google import genai
    from google.genai import types
    from google.oauth2.credentials import Credentials

    http = httpx.Client(timeout=CALL_MILLISECONDS / 1000)
    options = types.HttpOptions(api_version="v1", timeout=CALL_MILLISECONDS, httpx_client=http)
    if settings.vertex_base_url:
        options.base_url = settings.vertex_base_url
    # The stand-in checks no token, but the SDK insists on one.
    credentials = Credentials(token="local") if settings.vertex_base_url else None  # type: ignore[no-untyped-call]  # noqa: S106
    client = genai.Client(
        vertexai=True,
        project=settings.vertex_project or settings.gcp_project_id,
        location=location or settings.location,
        credentials=credentials,
        http_options=options,
    )
    try:
        yield client
    finally:
        client.close()
        http.close()


def find_jobs(client: Client, label: str) -> list[types.TuningJob]:
    """The jobs that carry the label of a run, oldest first. More than one means a create was repeated somewhere."""
    from google.genai import types

    found = []
    config = types.ListTuningJobsConfig(filter=f'labels.{LABEL_KEY}="{label}"', page_size=100)
    for count, job in enumerate(client.tunings.list(config=config)):
        if count >= MAX_LISTED:
            break
        if (job.labels or {}).get(LABEL_KEY) == label:  # a server that ignores the filter lists everything
            found.append(job)
    return sorted(found, key=lambda job: (str(job.create_time), job.name or ""))


def launch(
    client: Client,
    plan: TuningPlan,
    train_uri: str,
    validation_uri: str | None,
    *,
    left_behind: Collection[str] = (),
    may_create: bool = True,
    before_create: Callable[[], None] = lambda: None,
) -> types.TuningJob:
    """The plan's job: the one that is there, else a new one. Cancels repeats of it, keeping the oldest.

    `left_behind` names jobs of an earlier life of the run, which do not count. `before_create` is called right before
    the create, so that a process that dies in it leaves a trace. Raises LaunchRefusedError or LaunchLaterError.
    """
    import httpx
    from google.genai.errors import ClientError, ServerError

    def ours(found: list[types.TuningJob]) -> list[types.TuningJob]:
        return [job for job in found if job.name not in left_behind]

    jobs = ours(find_or_later(client, plan, nothing_sent=may_create))
    if not jobs:
        if not may_create:
            raise LaunchLaterError("a tuning job was asked for and is not listed yet: run again later")
        before_create()
        try:
            created = create(client, plan, train_uri, validation_uri)
        except ClientError as error:
            if error.code == TOO_MANY:
                raise later(error, not_created=True) from None
            raise LaunchRefusedError(f"Vertex refused the tuning job ({error.code}): {error.message}") from None
        except (ServerError, httpx.HTTPError, ValueError):
            created = None
        jobs = ours(find_or_later(client, plan)) or ([created] if created and created.name else [])
    if not jobs:
        raise LaunchLaterError("the answer to the tuning job was lost and none is listed yet: run again later")
    for repeated in jobs[1:]:
        if repeated.name and state_of(repeated) not in ENDED:
            cancel(client, repeated.name)
    return jobs[0]


def find_or_later(client: Client, plan: TuningPlan, *, nothing_sent: bool = False) -> list[types.TuningJob]:
    """As `find_jobs`. Raises LaunchRefusedError, or LaunchLaterError when the list cannot be had now."""
    import httpx
    from google.genai.errors import ClientError, ServerError

    try:
        return find_jobs(client, plan.label)
    except ClientError as error:
        if error.code == TOO_MANY:
            raise later(error, nothing_sent=nothing_sent) from None
        raise LaunchRefusedError(f"Vertex does not list tuning jobs ({error.code}): {error.message}") from None
    except (ServerError, httpx.HTTPError, ValueError):
        message = "Vertex does not list its tuning jobs now: run again later"
        raise LaunchLaterError(message, LIST_AGAIN_SECONDS, nothing_sent=nothing_sent) from None


def later(error: ClientError, *, nothing_sent: bool = False, not_created: bool = False) -> LaunchLaterError:
    """The error of a busy service, with the delay it wishes."""
    asked = server_delay(error.details, getattr(error.response, "headers", None))
    message = f"Vertex is busy ({error.code}): {error.message}"
    seconds = LIST_AGAIN_SECONDS if asked is None else asked
    return LaunchLaterError(message, seconds, nothing_sent=nothing_sent, not_created=not_created)


def cancel(client: Client, name: str) -> bool:
    """Ask a job to stop; whether Vertex heard it. A job that has ended meanwhile, or a lost answer, is no error."""
    import httpx
    from google.genai.errors import APIError

    try:
        client.tunings.cancel(name=name)
    except (APIError, httpx.HTTPError, ValueError):
        return False
    return True


def stopped(client: Client, job: types.TuningJob) -> tuple[types.TuningJob, bool]:
    """The job after it was asked to stop, and whether it was asked now. One that has just ended is left as it is."""
    from google.genai.errors import ClientError

    name = job.name or ""
    if state_of(job) in ENDED:
        return job, False
    asked = False
    if state_of(job) != CANCELLING:
        try:
            client.tunings.cancel(name=name)
            asked = True
        except ClientError as error:
            if error.code not in (400, 404):  # it has ended meanwhile: the look below says how
                raise
    return client.tunings.get(name=name), asked


def create(client: Client, plan: TuningPlan, train_uri: str, validation_uri: str | None) -> types.TuningJob:
    """Ask for the job, once. A config object, not a dict: a dict loses `pre_tuned_model_checkpoint_id`."""
    from google.genai import types

    supervised = plan.method == "supervised"
    parameters: dict[str, Any] = dict(plan.parameters)
    config = types.CreateTuningJobConfig(
        method=types.TuningMethod.SUPERVISED_FINE_TUNING if supervised else types.TuningMethod.PREFERENCE_TUNING,
        tuned_model_display_name=f"cvstomize-{plan.manifest_sha256[:12]}-{plan.run_hash[:8]}",
        validation_dataset=types.TuningValidationDataset(gcs_uri=validation_uri) if validation_uri else None,
        epoch_count=int(parameters["epoch_count"]),
        learning_rate_multiplier=parameters["learning_rate_multiplier"],
        adapter_size=types.AdapterSize(f"ADAPTER_SIZE_{ADAPTER_SIZES[int(parameters['adapter_size'])]}"),
        beta=None if supervised else parameters["beta"],
        labels={LABEL_KEY: plan.label, "cvstomize-dataset": plan.manifest_sha256[:63]},
        pre_tuned_model_checkpoint_id=plan.parent_checkpoint.partition("#")[2] or None
        if plan.parent_checkpoint
        else None,
    )
    base = plan.parent_checkpoint.partition("#")[0] if plan.parent_checkpoint else plan.base_model
    job: types.TuningJob = client.tunings.tune(
        base_model=base, training_dataset=types.TuningDataset(gcs_uri=train_uri), config=config
    )
    return job


def state_of(job: types.TuningJob) -> str:
    """The state as Google names it."""
    return job.state.value if job.state else "JOB_STATE_UNSPECIFIED"


def dropped_examples(job: types.TuningJob) -> int:
    """How many examples Vertex dropped or truncated; they are counted in the statistics of either method."""
    stats = job.tuning_data_stats
    if stats is None:
        return 0
    supervised, preference = stats.supervised_tuning_data_stats, stats.preference_optimization_data_stats
    dropped = 0
    if supervised is not None:
        dropped += max(supervised.total_truncated_example_count or 0, len(supervised.truncated_example_indices or []))
    if preference is not None:
        dropped += len(preference.dropped_example_indices or [])
    return dropped


def billed_tokens(job: types.TuningJob) -> int | None:
    """Tokens Vertex bills for the run; None until it says."""
    stats = job.tuning_data_stats
    found = stats and (stats.supervised_tuning_data_stats or stats.preference_optimization_data_stats)
    return found.total_billable_token_count if found else None


def checkpoints(job: types.TuningJob) -> list[dict[str, str]]:
    """The checkpoints a later run may start from, in the order of training; the last one is the model itself."""
    found = (job.tuned_model.checkpoints if job.tuned_model else None) or []
    return [{"id": point.checkpoint_id or "", "endpoint": point.endpoint or ""} for point in found]
