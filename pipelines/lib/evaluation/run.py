"""One evaluation from end to end: the frozen test, both models' answers, the judge, the verdict.

Every step keeps what it paid for, in pieces, so that a run that is killed goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.generation.rules.prompt import PROMPT_VERSION, Prompt
from pipelines.lib.evaluation.asking import ask_all
from pipelines.lib.evaluation.judge import JUDGE_VERSION, judge_prompt, read_choice, settle, settled_without_judge
from pipelines.lib.evaluation.known_bad import silent_scorers
from pipelines.lib.evaluation.prompts import EvaluationPrompt
from pipelines.lib.evaluation.scorers import Scores, score_answer, summarise
from pipelines.lib.evaluation.statistics import clustered_win_rate
from pipelines.lib.evaluation.store import EvaluationStore
from pipelines.lib.evaluation.verdict import decide
from pipelines.lib.training.jsonl import sha256_hex
from pipelines.lib.training.vertex_settings import VertexSettings

PIECE = 25
PLANTED_PROMPTS = 5
Said = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Contest:
    """Who is compared on what. `candidate`, `current` and `judge` are names that Vertex knows."""

    candidate: str
    current: str
    judge: str
    prompts: tuple[EvaluationPrompt, ...]
    test_sha256: str
    as_of_year_month: tuple[int, int]


def evaluate(contest: Contest, vertex: VertexSettings, store: EvaluationStore, say: Said) -> dict[str, Any]:
    """The document for `models.evaluation`. Raises ModelAwayError or ModelNotThereError.

    `say` is told how far it is.
    """
    questions = [prompt.prompt for prompt in contest.prompts]
    scored: dict[str, list[Scores]] = {}
    for role, name in (("candidate", contest.candidate), ("current", contest.current)):
        key = sha256_hex(json.dumps([contest.test_sha256, name, PROMPT_VERSION]).encode())[:16]
        answers = ask_in_pieces(vertex, name, questions, store, f"answers-{key}", f"{role}: ", say)
        scored[role] = [
            score_answer(prompt, text, as_of_year_month=contest.as_of_year_month)
            for prompt, text in zip(contest.prompts, answers, strict=True)
        ]
    outcomes, unreadable = judge_all(contest, scored["candidate"], scored["current"], vertex, store, say)
    wins = clustered_win_rate(
        [(prompt.cluster, outcome) for prompt, outcome in zip(contest.prompts, outcomes, strict=True)]
    )
    candidate, current = summarise(scored["candidate"]), summarise(scored["current"])
    silent = silent_scorers(contest.prompts[:PLANTED_PROMPTS], as_of_year_month=contest.as_of_year_month)
    verdict = decide(wins, candidate, current, unreadable=unreadable, silent_scorers=silent)
    return {
        "verdict": verdict.name,
        "reasons": list(verdict.reasons),
        "synthetic": vertex.is_synthetic,
        "environment": vertex.environment,
        "evaluatedAt": datetime.now(UTC).isoformat(timespec="seconds"),
        "opponent": contest.current,
        "judge": contest.judge,
        "promptVersion": PROMPT_VERSION,
        "judgeVersion": JUDGE_VERSION,
        "test": store.uri("test.jsonl"),
        "testSha256": contest.test_sha256,
        "prompts": wins.prompts,
        "people": wins.people,
        "wins": outcomes.count(1.0),
        "losses": outcomes.count(0.0),
        "ties": outcomes.count(0.5),
        "winRate": round(wins.rate, 4),
        "winRateLower": round(wins.lower, 4),
        "winRateUpper": round(wins.upper, 4),
        "unreadableJudgements": round(unreadable, 4),
        "candidate": candidate.as_document(),
        "current": current.as_document(),
    }


def judge_all(
    contest: Contest,
    candidate: Sequence[Scores],
    current: Sequence[Scores],
    vertex: VertexSettings,
    store: EvaluationStore,
    say: Said,
) -> tuple[list[float], float]:
    """The outcome of every prompt, and the share of judgements that could not be read."""
    settled = [settled_without_judge(*pair) for pair in zip(candidate, current, strict=True)]
    open_places = [place for place, outcome in enumerate(settled) if outcome is None]
    questions = []
    for place in open_places:
        prompt, pages = contest.prompts[place], (candidate[place].page, current[place].page)
        questions += [judge_prompt(prompt, *pages), judge_prompt(prompt, *reversed(pages))]
    asked = sha256_hex("\0".join(question.contents for question in questions).encode())
    key = sha256_hex(json.dumps([asked, contest.judge, JUDGE_VERSION]).encode())[:16]
    texts = ask_in_pieces(vertex, contest.judge, questions, store, f"judged-{key}", "judge: ", say)
    choices = [read_choice(text) for text in texts]
    for number, place in enumerate(open_places):
        settled[place] = settle(choices[2 * number], choices[2 * number + 1])
    unreadable = choices.count(None) / len(choices) if choices else 0.0
    return [0.5 if outcome is None else outcome for outcome in settled], unreadable


def ask_in_pieces(
    vertex: VertexSettings,
    name: str,
    questions: Sequence[Prompt],
    store: EvaluationStore,
    key: str,
    who: str,
    say: Said,
) -> list[str | None]:
    """Answers to all questions; those of an earlier run that was killed are read back, not asked again."""
    answers: list[str | None] = []
    for start in range(0, len(questions), PIECE):
        piece = questions[start : start + PIECE]
        place = f"{key}/{start:05}.json"
        content = store.read(place)
        if content is None:
            texts = ask_all(vertex, name, piece)
            content = store.write_once(place, json.dumps(texts).encode())
        answers += json.loads(content)
        say(f"{who}{len(answers)} of {len(questions)}")
    return answers
