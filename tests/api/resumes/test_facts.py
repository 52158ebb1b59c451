"""What a version keeps of the profile: all facts and no name; the prompt it rebuilds is the one that was sent."""

from __future__ import annotations

import json

from api.generation.rules.job_analysis import analyze_job
from api.generation.rules.prompt import JobBrief, build_prompt
from api.profile.rules.json_resume import parse_profile
from api.profile.rules.view import build_profile
from api.resumes.facts import facts_document
from tests.support.samples import AD, DOCUMENT

FULL = {
    **DOCUMENT,
    "basics": {**DOCUMENT["basics"], "summary": "Likes calm code.", "location": {"address": "1 Canary Road"}},
    "interests": [{"name": "Chess", "keywords": ["endgames"]}],
    "references": [{"name": "Canary Reference", "reference": "Great."}],
    "languages": [{"language": "English", "fluency": "Native"}],
}


def test_no_contact_data_is_kept() -> None:
    text = json.dumps(facts_document(parse_profile(FULL).document))
    for private in ("Ada Example", "ada@example.com", "555 0134", "Canary"):
        assert private not in text


def test_the_rebuilt_prompt_is_the_one_that_serving_sends() -> None:
    parse = parse_profile(FULL)
    brief = JobBrief(analyze_job(AD), AD)
    sent = build_prompt(parse.profile, brief, "structured", {"openness": "high"})
    rebuilt = build_prompt(build_profile(facts_document(parse.document)), brief, "structured", {"openness": "high"})
    assert rebuilt == sent
