"""A supervised row is, byte for byte, what serving puts on the wire for the same facts, ad, framing and bands."""

import json

import pytest

from api.generation.rules.job_analysis import JobAnalysis
from api.generation.rules.prompt import JobBrief, build_prompt
from api.generation.vertex.models import check_serving_model
from api.generation.vertex.provider import request_config, request_contents
from api.profile.rules.view import build_profile
from pipelines.lib.training.example import read_example
from pipelines.lib.training.rendering import render, supervised_row
from tests.pipelines.training.synthetic import record


@pytest.mark.parametrize("person", range(5))
def test_a_supervised_prompt_is_the_request_of_serving(person: int) -> None:
    stored = record(person, job_ad_text="Plan\u2028the work & say <why> to ann@example.com\n\tin “Łódź”")
    rendered = render(read_example(stored))
    assert rendered is not None
    row = supervised_row(rendered.system, rendered.user, rendered.answer)
    brief = JobBrief(JobAnalysis.model_validate_json(stored["job_ad_analysis"]), stored["job_ad_text"])
    profile = build_profile(json.loads(stored["profile_facts"]))
    prompt = build_prompt(profile, brief, stored["framing_used"], json.loads(stored["trait_bands"]))
    [sent] = request_contents(prompt)  # type: ignore[misc]
    assert sent.model_dump(exclude_none=True) == row["contents"][0]  # type: ignore[union-attr]
    config = request_config(prompt, check_serving_model("gemini-2.5-flash", "us-central1"), 30.0)
    assert [{"text": config.system_instruction}] == row["systemInstruction"]["parts"]
