"""Runs the SQL of models, as dbt compiled it, on other rows: many small worlds in one query, told apart by a group.

Starting dbt costs seconds and builds one world. The statistics of a model are the same for every group it makes, so a
column that the model groups by (job family) can hold the number of the world.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from tests.dbt.support.run import DbtResult


def compiled_sql(result: DbtResult, model: str) -> str:
    """The SQL of a model without its `create table`."""
    (path,) = Path(result.target, "compiled", "cvstomize", "models").glob(f"*/{model}.sql")
    return path.read_text()


def build_in(
    connection: psycopg.Connection[Any], result: DbtResult, schema: str, given: Sequence[str], models: Sequence[str]
) -> None:
    """Make `models` in `schema`, reading there what is `given` and what was made before."""
    there = set(given)
    for model in models:
        text = compiled_sql(result, model)
        for name in there:
            text = text.replace(f'"staging"."{name}"', f'"{schema}"."{name}"')
        connection.execute(f'drop table if exists "{schema}"."{model}"')
        connection.execute(f'create unlogged table "{schema}"."{model}" as {text}')
        connection.execute(f'analyze "{schema}"."{model}"')
        there.add(model)


def build_all(connection: psycopg.Connection[Any], result: DbtResult, schema: str) -> None:
    """Make every model in `schema`, from source tables that are there under their own names."""
    manifest = json.loads(Path(result.target, "manifest.json").read_text())
    waiting = {
        key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"
    }  # seeds stay where they are
    names = {node["name"] for node in waiting.values()}
    while waiting:
        ready = [key for key, node in waiting.items() if not set(node["depends_on"]["nodes"]) & set(waiting)]
        for key in sorted(ready):
            node = waiting.pop(key)
            text = compiled_sql(result, node["name"])
            for layer in ("staging", "core", "marts"):
                for name in names:
                    text = text.replace(f'"{layer}"."{name}"', f'"{schema}"."{name}"')
            text = text.replace('"source_world"', f'"{schema}"')
            connection.execute(f'create unlogged table "{schema}"."{node["name"]}" as {text}')
            connection.execute(f'analyze "{schema}"."{node["name"]}"')
