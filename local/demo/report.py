"""What the demo prints at the end, read back as each user reads it: marts as the analyst, BigQuery by its client."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from local.demo.cohort import true_incidence, vocabulary

BIGQUERY_TIMEOUT_SECONDS = 30.0


def show_incidence(console: Console, analyst_url: str) -> None:
    """The cumulative incidence by framing drawn at day 60, beside the truth the cohort was made with."""
    table = Table(title="Interview by day 60, by framing drawn (share of applications, 95 % interval)")
    for column in ("framing", "people", "incidence", "interval", "if silence means no", "truth"):
        table.add_column(column, justify="left" if column == "framing" else "right")
    query = """
        select group_value, status, people, incidence, lower_95, upper_95, incidence_lower_bound
        from marts.time_to_interview where group_by = %s and horizon_days = 60 order by group_value
    """
    rows = _rows(analyst_url, query, ["overall"]) + _rows(analyst_url, query, ["framing"])
    for row in rows:
        known = row["group_value"] in vocabulary()["framing_hazard_ratio"]
        truth = f"{true_incidence(row['group_value'], 60):.3f}" if known else ""
        if row["status"] != "published":
            table.add_row(row["group_value"], row["status"], "", "", "", truth)
            continue
        interval = f"{row['lower_95']:.3f} - {row['upper_95']:.3f}"
        lower = "" if row["incidence_lower_bound"] is None else f"{row['incidence_lower_bound']:.3f}"
        table.add_row(row["group_value"], str(row["people"]), f"{row['incidence']:.3f}", interval, lower, truth)
    console.print(table)


def show_who_answers(console: Console, analyst_url: str) -> None:
    """Who answers when asked: what a comparison of framings rests on. Under 30 % it is withheld."""
    table = Table(title="Who answers when asked (share of asked people, 95 % interval)")
    for column in ("group", "asked", "response rate", "interval", "with interview", "the silent", "comparison"):
        table.add_column(column, justify="left" if column in {"group", "comparison"} else "right")
    query = """
        select group_value, status, people_asked, response_rate, lower_95, upper_95, answered_with_interview,
            silent_with_interview, comparison_status
        from marts.reporting_bias where group_by in ('overall', 'framing') order by group_by <> 'overall', group_value
    """
    for row in _rows(analyst_url, query, []):
        if row["status"] != "published":
            table.add_row(row["group_value"], "", "", "", "", "", row["status"])
            continue
        interval = f"{row['lower_95']:.2f} - {row['upper_95']:.2f}"
        seen = [row["answered_with_interview"], row["silent_with_interview"]]
        shares = ["" if share is None else f"{share:.2f}" for share in seen]
        rate = f"{row['response_rate']:.2f}"
        table.add_row(row["group_value"], str(row["people_asked"]), rate, interval, *shares, row["comparison_status"])
    console.print(table)


def show_salary(console: Console, analyst_url: str) -> None:
    """Pay by trait band, relative to comparable offers. Small cells are withheld."""
    table = Table(title="Pay associated with traits (1.00 = median of comparable offers; all job families)")
    for column in ("trait", "band", "people", "pay ratio", "interval", "status"):
        table.add_column(column, justify="right" if column in {"people", "pay ratio", "interval"} else "left")
    rows = _rows(
        analyst_url,
        "select trait, band, status, people, pay_ratio, lower_95, upper_95 from marts.salary_by_trait"
        " where job_family = 'all' order by trait, band",
        [],
    )
    for row in rows:
        if row["pay_ratio"] is None:
            table.add_row(row["trait"], row["band"], str(row["people"] or ""), "", "", row["status"])
            continue
        interval = f"{row['lower_95']:.2f} - {row['upper_95']:.2f}" if row["lower_95"] is not None else ""
        table.add_row(row["trait"], row["band"], str(row["people"]), f"{row['pay_ratio']:.2f}", interval, row["status"])
    console.print(table)


def show_datasets(console: Console, pipeline_url: str) -> None:
    """The datasets that were built, with their files, and the tuning runs on them."""
    table = Table(title="Training: datasets and tuning runs")
    for column in ("what", "state", "rows", "where"):
        table.add_column(column, overflow="fold")
    for row in _rows(
        pipeline_url,
        "select d.kind, d.status, f.name, f.row_count, f.uri from cvstomize.datasets d"
        " join cvstomize.dataset_files f on f.dataset_id = d.id order by d.created_at desc, f.name limit 12",
        [],
    ):
        table.add_row(f"{row['kind']}: {row['name']}", row["status"], str(row["row_count"]), row["uri"])
    for row in _rows(
        pipeline_url,
        "select base_model, method, state, job_name, synthetic from cvstomize.tuning_runs"
        " order by created_at desc limit 3",
        [],
    ):
        note = " (stand-in, no real model)" if row["synthetic"] else ""
        table.add_row(f"tuning {row['base_model']} {row['method']}", row["state"] + note, "", row["job_name"] or "")
    if table.row_count == 0:
        table.add_row("none yet", "the asset training/supervised_dataset says what is missing", "", "")
    console.print(table)


def show_bigquery(console: Console, environment: dict[str, str]) -> None:
    """Row counts of the raw and mart tables, asked through Google's own client."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    client = bigquery.Client(
        project=environment["GCP_PROJECT_ID"],
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": environment["BIGQUERY_EMULATOR_HOST"]},
    )
    table = Table(title="BigQuery (emulator): tables and rows")
    table.add_column("dataset")
    table.add_column("tables and rows", overflow="fold")
    for layer in ("raw", "marts"):
        dataset = f"{environment['BIGQUERY_DATASET']}_{layer}"
        counts = []
        for listed in client.list_tables(dataset, timeout=BIGQUERY_TIMEOUT_SECONDS):
            # Names come from the catalogue, not from a person.
            query = f"select count(*) as n from `{dataset}.{listed.table_id}`"
            job = client.query(query, timeout=BIGQUERY_TIMEOUT_SECONDS)
            (row,) = job.result(timeout=BIGQUERY_TIMEOUT_SECONDS)
            counts.append(f"{listed.table_id} {row['n']:,}")
        table.add_row(dataset, ", ".join(sorted(counts)))
    client.close()  # type: ignore[no-untyped-call]
    console.print(table)


def _rows(url: str, query: str, parameters: list[Any]) -> list[dict[str, Any]]:
    with psycopg.connect(url, connect_timeout=5, row_factory=dict_row) as connection:
        return connection.execute(query, parameters).fetchall()
