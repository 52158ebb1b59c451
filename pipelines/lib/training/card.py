"""The data card: what a person should know before training on a dataset, in Markdown, from the manifest alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.lib.training.leak_probe import describe

CONTENT = {
    "supervised": "Prompts are what the product sends to a model; answers are the wordings of resumes whose owners"
    " reported an\n{label} within {days} days.",
    "preference": "Prompts are what the product sends to a model, with a brief of the job family in place of an ad; of"
    " two wordings\nfor one person the first was followed by an {label} within {days} days, the second was not.",
}


def data_card(manifest: Mapping[str, Any]) -> str:
    """The card of a manifest. The same manifest gives the same card."""
    config = manifest["config"]
    contents = [
        f"| `{file['name']}` | {file['rows']} | {file['bytes']} | `{file['sha256']}` |" for file in manifest["files"]
    ]
    left_out = [f"| {reason} | {count} |" for reason, count in sorted(manifest["filters"].items())]
    balance = [
        f"| {row['group']} | {row['value']} | {row['kept']} | {row['left_out']} | {row['difference']:.2f} |"
        for row in manifest["balance"]
    ]
    by_group = [
        f"| {reason} | {group} | {value} | {count} |"
        for reason, groups in manifest["left_out_by_group"].items()
        for group, values in groups.items()
        for value, count in values.items()
    ]
    spread = [
        f"| {name.replace('_', ' ')} | {part} | {count} |"
        for name, parts in manifest["histograms"].items()
        for part, count in parts.items()
    ]
    people = manifest["people"]
    gates = [f"- {reason}" for reason in manifest["missing"]] or ["All gates passed."]
    return f"""# {manifest["kind"].capitalize()} dataset, label `{manifest["label"]}`, as of {manifest["as_of"]}

{CONTENT[manifest["kind"]].format(label=manifest["label"], days=manifest["horizon_days"])}

## What is in it

| file | rows | bytes | SHA-256 |
|---|---|---|---|
{join(contents)}
People: {people["train"]} in train, {people["validation"]} in validation, {people["test"]} held out.

## What was left out

| reason | rows |
|---|---|
{join(left_out)}
Rows read: {manifest["rows_read"]}. Each row is counted once, at the first rule it meets.

By reason and group:

| reason | group | value | rows |
|---|---|---|---|
{join(by_group)}
## How far the kept rows differ from those left out

Standardised difference of each share; 0.1 is small, 0.3 deserves a look.

| group | value | kept | left out | difference |
|---|---|---|---|---|
{join(balance)}
## How the rows are spread

| what | from, to | count |
|---|---|---|
{join(spread)}
## Whether a prompt gives the outcome away

{join(list(describe(manifest["leak_probe"])))}
## Limits

- Outcomes are what people reported. People who answer are not all people.
- Only people whose training consent (version {manifest["consent_version"]}) was active at the cut are in it. When one
  of them withdraws, the dataset is revoked and built anew.
- Personal data was replaced by typed placeholders and looked for again; a row that still held some was dropped.
- The test split is never trained on.

## How to make it again

Source cut `{manifest["source_cut"]}`, code `{manifest["code_version"]}`, prompt
{", ".join(manifest["prompt_versions"]) or "none"}, base model `{manifest["base_model"]}`, split salt
`{config["salt"]}`. The same inputs give the same bytes.

## Gates

{join(gates)}"""


def join(lines: Sequence[str]) -> str:
    """Lines of a table or list, each ended."""
    return "".join(f"{line}\n" for line in lines)
