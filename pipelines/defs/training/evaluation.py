"""Asset `model_evaluation`: each candidate against the model in use, drawn in its metadata."""

from typing import Any

import dagster as dg
from pydantic import Field

from pipelines.defs.export.assets import OWNER
from pipelines.defs.training.keys import EVALUATION, GROUP, MODEL, warehouse
from pipelines.defs.training.runs import NOT_CONFIGURED, SYNTHETIC, skipped
from pipelines.lib.training.lock_names import TRACK_LOCK
from pipelines.settings import load_settings

RETRIES = 3
RETRY_SECONDS = 60


class EvaluationConfig(dg.Config):
    """What to evaluate."""

    model: str = Field(default="", description="Name of a model to evaluate again; empty: each candidate without one.")


@dg.definitions
def defs() -> dg.Definitions:
    """The asset."""
    return dg.Definitions(assets=[model_evaluation])


@dg.asset(
    key=EVALUATION,
    deps=[MODEL],
    group_name=GROUP,
    owners=[OWNER],
    kinds={"gemini", "python"},
    description="Candidates against the model in use, on the frozen test people of their dataset: form, truth,"
    " keywords, length, and a judge asked in both orders. Says whether the candidate may be promoted, and why not.",
)
def model_evaluation(context: dg.AssetExecutionContext, config: EvaluationConfig) -> dg.MaterializeResult[None]:
    """Evaluate, record, draw. Answers that an interrupted run has paid for are not asked for again."""
    from pipelines.lib.evaluation.asking import ModelAwayError, ModelNotThereError
    from pipelines.lib.evaluation.chart import chart
    from pipelines.lib.evaluation.registry import NotEvaluableError, candidates, record_evaluation
    from pipelines.lib.evaluation.verdict import REFUSED
    from pipelines.lib.export.database import connect
    from pipelines.lib.training.errors import BadExampleError
    from pipelines.lib.training.locks import only_here
    from pipelines.lib.training.vertex_settings import VertexSettings

    vertex, settings = VertexSettings(), load_settings()
    if not vertex.is_configured:
        return skipped(context, NOT_CONFIGURED)
    drawn: dict[str, Any] = {}
    with connect(settings.database_url, autocommit=True) as db, only_here(db, TRACK_LOCK) as alone:
        if not alone:
            return skipped(context, "another run is at it")
        found = candidates(db, config.model or None)
        if config.model and not found:
            raise dg.Failure(f"no tuned model is named {config.model}", allow_retries=False)
        for candidate in found:
            try:
                document = evaluate_one(context, db, settings, vertex, candidate)
            except ModelAwayError as error:
                raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=RETRY_SECONDS) from error
            except (ModelNotThereError, NotEvaluableError, BadExampleError) as error:
                # Recorded, so that the sensor does not try the same for ever; by its name it is evaluated again.
                refused = {"verdict": REFUSED, "reasons": [str(error)], "synthetic": vertex.is_synthetic}
                record_evaluation(db, candidate.name, refused)
                raise dg.Failure(str(error), allow_retries=False) from None
            record_evaluation(db, candidate.name, document)
            drawn[candidate.name] = document
    if not drawn:
        return skipped(context, "no candidate waits for an evaluation")
    newest = list(drawn.values())[-1]
    metadata: dict[str, Any] = {
        "evaluation": dg.MetadataValue.md("\n".join(f"## {name}\n\n{chart(found)}" for name, found in drawn.items())),
        "verdicts": dg.MetadataValue.json({name: found["verdict"] for name, found in drawn.items()}),
        "win_rate": newest["winRate"],
        "win_rate_lower_bound": newest["winRateLower"],
        "faithful_share": newest["candidate"]["faithful"],
        "prompts": newest["prompts"],
        "document": dg.MetadataValue.json(drawn),
    }
    if vertex.is_synthetic:
        metadata["synthetic"] = SYNTHETIC
    return dg.MaterializeResult(metadata=metadata)


def evaluate_one(context: dg.AssetExecutionContext, db: Any, settings: Any, vertex: Any, candidate: Any) -> Any:
    """The document of one candidate."""
    from pipelines.lib.evaluation.prompts import read_prompts
    from pipelines.lib.evaluation.registry import NotEvaluableError, current_model, frozen_test
    from pipelines.lib.evaluation.run import Contest, evaluate
    from pipelines.lib.evaluation.store import EvaluationStore
    from pipelines.lib.training.jsonl import sha256_hex
    from pipelines.lib.training.reader import ExampleSource

    if not candidate.endpoint:
        raise NotEvaluableError(f"{candidate.name} has no endpoint to answer at: deploy it")
    store = EvaluationStore(settings, candidate.manifest_sha256)
    content = frozen_test(db, store, candidate, ExampleSource(settings, warehouse()).read())
    as_of = candidate.config.as_of
    contest = Contest(
        candidate=candidate.endpoint,
        current=current_model(db, vertex, candidate),
        judge=vertex.vertex_judge_model,
        prompts=read_prompts(content),
        test_sha256=sha256_hex(content),
        as_of_year_month=(as_of.year, as_of.month),
    )
    return evaluate(contest, vertex, store, lambda text: context.log.info("%s", text))
