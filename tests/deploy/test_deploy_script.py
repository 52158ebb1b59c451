"""deploy.sh and provision.sh against stand-ins of the command-line tools that record what they are asked.

The stand-ins are programs on PATH; the scripts are run as an operator would. Nothing of Google's is reached.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
RECORDER = """#!/bin/bash
# Records its arguments and answers by the first line of the scenario whose pattern they contain.
printf '%s %s\\n' "$(basename "$0")" "$*" >>"$RECORD"
while IFS='|' read -r pattern code answer; do
  [ -n "$pattern" ] || continue
  if [[ "$(basename "$0") $*" == *"$pattern"* ]]; then
    if [ "${code%%x*}" != "$code" ]; then  # 1x3: fails from the third time on
      seen=$(grep -cF -- "$pattern" "$RECORD")
      [ "$seen" -ge "${code##*x}" ] && exit "${code%%x*}"
      exit 0
    fi
    [ -z "$answer" ] || printf '%s\\n' "$answer"
    exit "$code"
  fi
done <"$SCENARIO"
exit 0
"""
SERVING = """services describe cvstomize-api --format value(status.latestReadyRevisionName)|0|cvstomize-api-before
services describe cvstomize-api --format value(status.url)|0|https://cvstomize-api-xyz.example
artifacts docker images describe|1|
"""
CHANGES = ("submit", "replace", "execute", "update-traffic", "create", "update ", "add-iam", "enable", " mk ", "GRANT")


@dataclass
class Operator:
    """Somebody at a terminal with a clone, settings and tools that only record."""

    folder: Path
    clone: Path
    settings: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, script: str, *arguments: str, scenario: str = SERVING) -> subprocess.CompletedProcess[str]:
        (self.folder / "scenario").write_text(scenario)
        (self.folder / "record").write_text("")
        return subprocess.run(
            [str(self.clone / "deploy" / script), *arguments],
            cwd=self.clone,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def asked(self, word: str = "") -> list[str]:
        lines = (self.folder / "record").read_text().splitlines()
        return [line.replace("gcloud --project my-project --quiet ", "") for line in lines if word in line]

    def changed(self) -> list[str]:
        return [line for line in self.asked() if any(word in line for word in CHANGES)]


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    tools, clone, settings = tmp_path / "tools", tmp_path / "clone", tmp_path / "production.env"
    tools.mkdir()
    for name in ("gcloud", "bq", "curl"):
        (tools / name).write_text(RECORDER)
        (tools / name).chmod(0o755)
    shutil.copytree(PROJECT / "deploy", clone / "deploy")
    identity = {f"GIT_{who}_{what}": "x@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(tmp_path), **identity}
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], cwd=clone, env=environment, check=True, timeout=30)
    shutil.copy(PROJECT / "deploy/production.env.example", settings)
    record = {"RECORD": str(tmp_path / "record"), "SCENARIO": str(tmp_path / "scenario")}
    return Operator(tmp_path, clone, settings, environment | record | {"SETTINGS": str(settings)})


def positions(lines: list[str], *words: str) -> list[int]:
    return [next(index for index, line in enumerate(lines) if word in line) for word in words]


def test_order_of_a_deployment(operator: Operator) -> None:
    done = operator.run("deploy.sh")
    assert done.returncode == 0, done.stderr
    found = positions(
        operator.asked(),
        "builds submit",
        "jobs execute cvstomize-migrate-check --wait",
        "jobs execute cvstomize-migrate --wait",
        "services replace",
        "candidate---cvstomize-api-xyz.example/health/ready",
        "--to-revisions cvstomize-api-",
    )
    assert found == sorted(found)
    assert "cvstomize-api-before" not in operator.asked("update-traffic")[-1]
    assert "dagster.service.yaml" in operator.asked("services replace")[-1]


def test_a_plan_changes_nothing(operator: Operator) -> None:
    done = operator.run("deploy.sh", "--plan")
    assert done.returncode == 0, done.stderr
    assert operator.changed() == []
    assert "would run: run jobs execute cvstomize-migrate --wait" in done.stdout
    assert operator.run("provision.sh", "--plan").returncode == 0
    assert operator.changed() == []


def test_what_is_built_is_not_built_again(operator: Operator) -> None:
    operator.run("deploy.sh", scenario=SERVING.replace("artifacts docker images describe|1|", ""))
    assert operator.asked("builds submit") == []


@pytest.mark.parametrize(
    ("fault", "code", "words", "not_reached"),
    [
        ("builds submit|1|", 1, "", "jobs execute"),
        ("execute cvstomize-migrate-check|1|", 20, "nothing was changed", "jobs execute cvstomize-migrate --"),
        ("execute cvstomize-migrate --wait|1|", 40, "still runs the old release", "services replace"),
    ],
)
def test_a_fault_before_the_deployment_stops_it(
    operator: Operator, fault: str, code: int, words: str, not_reached: str
) -> None:
    done = operator.run("deploy.sh", scenario=f"{fault}\n{SERVING}")
    assert done.returncode == code
    assert words in done.stderr
    assert operator.asked(not_reached) == []


@pytest.mark.parametrize(
    "fault",
    [
        "https://candidate---cvstomize-api-xyz.example/health/ready|22|",
        "https://cvstomize-api-xyz.example/health|22|",
    ],
    ids=["candidate", "after the traffic moved"],
)
def test_a_failed_smoke_test_returns_to_the_last_good_revision(operator: Operator, fault: str) -> None:
    done = operator.run("deploy.sh", scenario=f"{fault}\n{SERVING}")
    assert done.returncode == 50
    assert "traffic is back on cvstomize-api-before" in done.stderr
    assert "--to-revisions cvstomize-api-before=100" in operator.asked("update-traffic")[-1]


def test_a_first_deployment_has_nothing_to_return_to(operator: Operator) -> None:
    scenario = "services describe|1|\nartifacts docker images describe|1|\nhttps://candidate|22|\n"
    done = operator.run("deploy.sh", scenario=scenario)
    assert done.returncode == 50
    assert "no earlier revision" in done.stderr


def test_all_missing_settings_are_named_together(operator: Operator) -> None:
    operator.settings.write_text("PROJECT=my-project\nREGION=\n")
    done = operator.run("deploy.sh")
    assert done.returncode == 78
    assert all(name in done.stderr for name in ("REGION", "SQL_INSTANCE", "OIDC_ISSUER", "SMTP_HOST"))
    assert operator.asked() == []


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "copy deploy/production.env.example"), ("rm -rf x\n", "not NAME=value"), ("PORT=8080\n", "PORT must not")],
)
def test_wrong_settings_stop_before_anything(operator: Operator, content: str | None, words: str) -> None:
    if content is None:
        operator.settings.unlink()
    else:
        operator.settings.write_text(operator.settings.read_text() + content)
    done = operator.run("deploy.sh")
    assert (done.returncode, operator.asked()) == (78, [])
    assert words in done.stderr


def test_settings_are_data_and_not_run(operator: Operator) -> None:
    proof = operator.folder / "proof"
    operator.settings.write_text(operator.settings.read_text() + f"MAIL_FROM=$(touch {proof})\n")
    operator.run("deploy.sh", "--plan")
    assert not proof.exists()


def test_uncommitted_changes_are_not_deployed(operator: Operator) -> None:
    (operator.clone / "new").write_text("x")
    done = operator.run("deploy.sh")
    assert done.returncode == 1
    assert "uncommitted" in done.stderr


def test_an_unknown_option_is_refused(operator: Operator) -> None:
    assert operator.run("deploy.sh", "--plna").returncode == 2


NOTHING_THERE = "describe|1|\nshow|1|\nchannels create|0|projects/my-project/notificationChannels/7\n"
ALL_THERE = (
    "channels list|0|projects/my-project/notificationChannels/7\npolicies list|0|projects/my-project/alertPolicies/9\n"
)
ALARMS = (PROJECT / "deploy/alerts.yaml").read_text().count('displayName: "CVstomize: ')


def test_alarms_are_made_once_and_then_replaced(operator: Operator) -> None:
    kept = operator.folder / "kept"
    kept.mkdir()
    # The stand-in keeps the file it is given, which is gone when the script ends.
    recorder = (operator.folder / "tools/gcloud").read_text()
    keep = 'for word in "$@"; do case $word in */alarm-*) cp "$word" "$KEPT/$(basename "$word")" ;; esac; done\n'
    (operator.folder / "tools/gcloud").write_text(recorder.replace("\n", "\n" + keep, 1))
    operator.environment["KEPT"] = str(kept)
    assert operator.run("provision.sh", scenario=NOTHING_THERE).returncode == 0
    assert len(operator.asked("monitoring policies create --policy-from-file")) == ALARMS
    policies = [yaml.safe_load(path.read_text()) for path in kept.iterdir()]
    assert len({policy["displayName"] for policy in policies}) == ALARMS
    assert {*map(str, (policy["notificationChannels"] for policy in policies))} == {
        "['projects/my-project/notificationChannels/7']"
    }
    assert operator.run("provision.sh", scenario=ALL_THERE).returncode == 0
    assert len(operator.asked("monitoring policies update projects/my-project/alertPolicies/9 --policy")) == ALARMS
    assert operator.asked("channels create") + operator.asked("policies create") == []


def test_provisioning_twice_makes_nothing_twice(operator: Operator) -> None:
    missing = NOTHING_THERE
    assert operator.run("provision.sh", scenario=missing).returncode == 0
    made = operator.asked(" create ") + operator.asked(" mk ")
    assert any("soft-delete-duration 0" in line for line in made)
    assert any("--max_time_travel_hours 48" in line for line in made)
    assert any("sql instances create cvstomize --region europe-west1" in line for line in made)
    assert [line.split()[-3] for line in made if "sql databases create" in line] == ["cvstomize", "dagster"]
    assert operator.run("provision.sh", scenario=ALL_THERE).returncode == 0
    assert operator.asked(" create ") + operator.asked(" mk ") == []


def test_rights_are_least(operator: Operator) -> None:
    operator.run("provision.sh", scenario=NOTHING_THERE)
    granted = operator.asked("add-iam-policy-binding") + operator.asked("GRANT")
    assert not [line for line in granted if "roles/owner" in line or "roles/editor" in line or ".admin" in line]
    migrator = [line for line in granted if "cvstomize-migrator@" in line]
    assert sorted(word for line in migrator for word in line.split() if word.startswith("roles/")) == [
        "roles/cloudsql.client",
        "roles/secretmanager.secretAccessor",
    ]
