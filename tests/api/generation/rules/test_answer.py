from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.generation.rules.answer import MalformedAnswer, format_answer, parse_answer
from api.generation.rules.composer import compose
from api.generation.rules.framing import FRAMING_NAMES
from api.generation.rules.job_analysis import JobAnalysis
from api.generation.rules.wording import ComposeOptions, Wording
from api.profile.rules.profile import Profile

GOOD = """# SUMMARY
Engineer who builds payment services.
# SKILLS
Kafka
Python
# ORDER
[role-aaaaa1] bullet-aaaa13 bullet-aaaa11
# BULLETS
[bullet-aaaa11] Developed payment services: [draft] # END of line
# END
"""


def test_reads_the_agreed_form(engineer: Profile) -> None:
    wording = parse_answer(GOOD, engineer)
    assert wording.summary == "Engineer who builds payment services."
    assert wording.skill_order == ("Kafka", "Python")
    assert wording.bullet_order == {"role-aaaaa1": ("bullet-aaaa13", "bullet-aaaa11")}
    assert wording.rewrites == {"bullet-aaaa11": "Developed payment services: [draft] # END of line"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{}",
        "null",
        "I cannot help with that.",
        '{"summary": "x"}',
        GOOD.replace("# END\n", ""),
        GOOD[:60],
        "Sure! Here it is:\n" + GOOD,
        GOOD + "I hope this helps!",
        f"```\n{GOOD}```",
        GOOD.replace("# SKILLS", "# TALENTS"),
        GOOD.replace("bullet-aaaa13 ", "bullet-zzzz99 "),
        GOOD.replace("[bullet-aaaa11]", "[bullet-zzzz99]"),
        GOOD.replace("[bullet-aaaa11]", "bullet-aaaa11:"),
        GOOD.replace("[role-aaaaa1]", "[role-aaaaa2]"),
        GOOD.replace("[role-aaaaa1]", "[nobody]"),
        GOOD.replace("Kafka\n", "# EDUCATION\nPhD, Stanford\n"),
        GOOD.replace("# SKILLS\nKafka\nPython\n", ""),
        GOOD + GOOD,
        GOOD.replace("services.\n", "services.\nAnd more.\n"),
        "# SUMMARY\n# SKILLS\n# ORDER\n# BULLETS\n# END\n",
        GOOD.replace("Engineer who", "x" * 5000),
        GOOD.replace("bullet-aaaa13 bullet-aaaa11", "bullet-aaaa13 bullet-aaaa13"),
        GOOD.replace("# END\n", "[bullet-aaaa11] Again\n# END\n"),
        "\x00",
        "a" * 100_000,
    ],
)
def test_anything_else_is_malformed(engineer: Profile, text: str) -> None:
    with pytest.raises(MalformedAnswer) as caught:
        parse_answer(text, engineer)
    assert "Stanford" not in str(caught.value)


@pytest.mark.parametrize("framing", FRAMING_NAMES)
def test_a_composed_wording_comes_back(engineer: Profile, backend_ad: JobAnalysis, framing: str) -> None:
    wording = compose(engineer, backend_ad, framing, options=ComposeOptions())
    back = parse_answer(format_answer(wording), engineer)
    assert (back.summary, dict(back.rewrites), dict(back.bullet_order), back.skill_order) == (
        wording.summary,
        dict(wording.rewrites),
        dict(wording.bullet_order),
        wording.skill_order,
    )
    assert format_answer(back) == format_answer(wording)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=80), summary=st.text(max_size=80))
def test_any_words_survive_the_round_trip(engineer: Profile, text: str, summary: str) -> None:
    wording = Wording(
        summary=summary, rewrites={"bullet-aaaa11": text}, bullet_order={"role-aaaaa2": ("bullet-aaaa22",)}
    )
    first = parse_answer(format_answer(wording), engineer)
    assert parse_answer(format_answer(first), engineer) == first


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(GOOD) - 2))
def test_every_truncation_is_noticed(engineer: Profile, cut: int) -> None:
    with pytest.raises(MalformedAnswer):
        parse_answer(GOOD[:cut], engineer)
