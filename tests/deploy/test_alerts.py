"""The alarms are what Google's API allows, look at measures that exist, and fire when they should."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from api.outbox.worker import KINDS
from api.telemetry.labels import ALLOWED_ATTRIBUTES
from api.telemetry.measures import GAUGES, HISTOGRAMS, MEASURES
from deploy.fill import fill
from renderer.errors import ERRORS_BY_CODE
from tests.deploy.test_specifications import google_schema

PROJECT = Path(__file__).resolve().parents[2]
ALERTS = PROJECT / "deploy/alerts.yaml"
RUNBOOK = PROJECT / "docs/runbook.md"
VALUES = {
    "status_class": {"2xx", "3xx", "4xx", "5xx"},
    "outcome": {*ERRORS_BY_CODE, "done", "answered"},
    "state": {"open", "closed", "in_use", "waiting", "limit"},
    "kind": set(KINDS),
}


def policies() -> list[dict[str, Any]]:
    channel = "projects/my-project/notificationChannels/1"
    return list(yaml.safe_load_all(fill(ALERTS.read_text(), {"ALERT_CHANNEL": channel})))


def name(policy: dict[str, Any]) -> str:
    return str(policy["displayName"].removeprefix("CVstomize: "))


def rule(policy: dict[str, Any]) -> dict[str, Any]:
    [condition] = policy["conditions"]  # with PromQL there may be only one
    return dict(condition["conditionPrometheusQueryLanguage"])


def query(policy: dict[str, Any]) -> str:
    return str(rule(policy)["query"])


def anchor(heading: str) -> str:
    """The address of a heading as the forge makes it."""
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


def headings() -> set[str]:
    return {anchor(line.lstrip("# ")) for line in RUNBOOK.read_text().splitlines() if line.startswith("#")}


@pytest.mark.parametrize("policy", policies(), ids=name)
def test_google_knows_every_field(policy: dict[str, Any]) -> None:
    jsonschema.validate(policy, google_schema("monitoring.v3", "AlertPolicy"))


@pytest.mark.parametrize("wrong", [{"severity": "HIGH"}, {"conditions": [{"conditionPromQL": {}}]}, {"channels": []}])
def test_a_misspelt_field_is_seen(wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(policies()[0] | wrong, google_schema("monitoring.v3", "AlertPolicy"))


@pytest.mark.parametrize("policy", policies(), ids=name)
def test_every_measure_and_label_exists(policy: dict[str, Any]) -> None:
    used = set(re.findall(r"\b[a-z]+_[a-z_]+(?=[{\[)])", query(policy))) - {"absent_over_time", "last_over_time"}
    assert used
    for measure in used:
        histogram = re.fullmatch(r"(.*)_(?:count|sum|bucket)", measure)
        assert measure in MEASURES - set(HISTOGRAMS) or (histogram and histogram[1] in HISTOGRAMS), measure
    for label, values in re.findall(r'(\w+)!?=~?"([^"]+)"', query(policy)):
        assert label in ALLOWED_ATTRIBUTES
        assert set(values.split("|")) <= VALUES[label], (label, values)


def test_every_measure_of_the_list_has_an_alarm_and_every_measure_is_explained() -> None:
    queries = " ".join(query(policy) for policy in policies())
    unwatched = {measure for measure in MEASURES if measure not in queries}
    # These say how much; the alarms beside them say that it is too much.
    assert unwatched == {"cvstomize_model_fallbacks_total", "cvstomize_outbox_waiting"}
    assert [measure for measure in MEASURES if f"`{measure}`" not in RUNBOOK.read_text()] == []


@pytest.mark.parametrize("policy", policies(), ids=name)
def test_the_runbook_has_a_section_for_each_alarm(policy: dict[str, Any]) -> None:
    assert anchor(name(policy)) in headings()
    assert policy["documentation"]["content"] == f"docs/runbook.md#{anchor(name(policy))}"


def test_links_of_the_documents_lead_somewhere() -> None:
    for document in (PROJECT / "docs/runbook.md", PROJECT / "docs/operations.md"):
        for target in re.findall(r"\]\(([^)#\s]+)?(?:#[^)]*)?\)", document.read_text()):
            assert not target or target.startswith("http") or (document.parent / target).exists(), target


def scenarios() -> list[dict[str, Any]]:
    return list(yaml.safe_load((Path(__file__).parent / "alert_scenarios.yaml").read_text()))


def as_prometheus_rule(policy: dict[str, Any]) -> dict[str, Any]:
    found = rule(policy)
    return {"alert": name(policy), "expr": found["query"], "for": found["duration"]}


def test_scenarios_name_rules_and_measures_that_exist() -> None:
    names = {name(policy) for policy in policies()}
    fired: set[str] = set()
    for scenario in scenarios():
        fired |= set(scenario["fires"])
        for series in scenario["series"]:
            measure = series.split("{")[0]
            assert measure in GAUGES or measure in MEASURES or measure.removesuffix("_count") in HISTOGRAMS
    assert fired == names, "a rule that no scenario makes fire"


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool of Debian's package prometheus")
@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario["name"])
def test_the_rules_fire_in_prometheus_when_they_should(scenario: dict[str, Any], tmp_path: Path) -> None:
    rules = [as_prometheus_rule(policy) for policy in policies()]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "cvstomize", "rules": rules}]}))
    test = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": key, "values": values} for key, values in scenario["series"].items()],
                "promql_expr_test": [
                    {
                        "expr": "count by (alertname) (ALERTS{alertstate='firing'})",
                        "eval_time": scenario["at"],
                        "exp_samples": [
                            {
                                "labels": json.dumps({"alertname": fired}).replace('"alertname": ', "alertname="),
                                "value": 1,
                            }
                            for fired in scenario["fires"]
                        ],
                    }
                ],
            }
        ],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(test))
    done = subprocess.run(
        ["promtool", "test", "rules", "test.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
