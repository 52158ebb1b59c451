"""What the reader asks for is what the dbt model promises, and data files keep their shape."""

import re
from pathlib import Path

import yaml

from api.generation.vertex.models import read_base_models
from local.vertex.catalogue import read_catalogue
from pipelines.lib.training.example import COLUMNS
from pipelines.lib.training.limits import read_limits
from pipelines.lib.training.reader import CUT_MART
from pipelines.lib.training.tuning_plan import read_rules

DBT = Path(__file__).parents[3] / "dbt" / "models"


def test_the_model_has_every_column_that_is_read() -> None:
    sql = (DBT / "core" / "training_examples.sql").read_text(encoding="utf-8")
    selected = set(re.findall(r"^\s+(?:\w+\.)?(?:\w+ as )?(\w+),?$", sql, flags=re.MULTILINE))
    assert set(COLUMNS) <= selected


def test_the_mart_that_names_the_cut_is_there() -> None:
    sql = (DBT / "marts" / f"{CUT_MART}.sql").read_text(encoding="utf-8")
    assert "mart_moments" in sql or "source_cut" in sql


def test_every_model_that_may_be_tuned_has_limits_prices_and_can_serve() -> None:
    tunable = set(read_rules()["models"])
    assert tunable == set(read_limits()) == set(read_catalogue().tune)
    assert tunable <= set(read_base_models())
    for name, rule in read_rules()["models"].items():
        assert tuple(rule["methods"]) == read_limits()[name].methods == read_catalogue().tune[name].methods


def test_every_default_is_allowed() -> None:
    for rule in read_rules()["models"].values():
        for parameter in rule["parameters"].values():
            allowed = parameter.get("allowed")
            low, high = parameter.get("minimum"), parameter.get("maximum")
            assert parameter["default"] in allowed if allowed else low <= parameter["default"] <= high


def test_data_files_carry_a_date() -> None:
    for path in (Path("pipelines/lib/training/limits.yaml"), Path("pipelines/lib/training/tuning.yaml")):
        document = yaml.safe_load((DBT.parents[1] / path).read_text(encoding="utf-8"))
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(document["version"]))
