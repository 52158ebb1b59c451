"""What a month costs at a number of people: usage times unit prices, both from files. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

SECONDS_PER_MONTH = 730 * 3600
KIB_PER_GIB = 1024 * 1024
GIB_PER_TIB = 1024
FOLDER = Path(__file__).parent


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Data):
    """A unit price in USD and the page it was read from."""

    usd: PositiveFloat
    source: str


class PriceFile(_Data):
    """`unit_prices.yaml`."""

    read_on: object
    prices: dict[str, Price]


class PersonUsage(_Data):
    """What one person does in a month."""

    resumes: PositiveFloat
    requests_per_resume: PositiveFloat
    downloads_per_resume: PositiveFloat
    cpu_seconds_per_request: PositiveFloat
    cpu_seconds_per_render: PositiveFloat
    input_tokens_per_resume: PositiveInt
    output_tokens_per_resume: PositiveInt


class Weights(_Data):
    """Sizes in KiB."""

    pdf_kib: PositiveFloat
    download_kib: PositiveFloat
    database_kib_per_resume: PositiveFloat
    warehouse_kib_per_resume: PositiveFloat


class Retention(_Data):
    """Months for which things are kept."""

    pdfs: PositiveInt
    rows: PositiveInt


class Warehouse(_Data):
    """How often everything in the warehouse is read."""

    full_scans_per_month: PositiveInt


class Machine(_Data):
    """CPUs and memory."""

    cpus: PositiveInt
    memory_gib: PositiveFloat


class DatabaseSize(Machine):
    """A database machine and the most people it is meant for."""

    people: PositiveInt


class Usage(_Data):
    """`usage.yaml`."""

    per_person: PersonUsage
    weights: Weights
    months_kept: Retention
    warehouse: Warehouse
    model: str
    database: list[DatabaseSize] = Field(min_length=1)
    always_on: Machine


class TooManyPeopleError(ValueError):
    """No database machine in the file holds so many people."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill: what, how much of it, USD a month."""

    name: str
    amount: str
    usd: float


def read_prices(path: Path = FOLDER / "unit_prices.yaml") -> PriceFile:
    """The unit prices. Raises pydantic.ValidationError."""
    return PriceFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def read_usage(path: Path = FOLDER / "usage.yaml") -> Usage:
    """The usage. Raises pydantic.ValidationError."""
    return Usage.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def database_size(usage: Usage, people: int) -> DatabaseSize:
    """The smallest machine that holds the people. Raises TooManyPeopleError."""
    fitting = [size for size in sorted(usage.database, key=lambda size: size.people) if size.people >= people]
    if not fitting:
        raise TooManyPeopleError(f"deploy/usage.yaml has no database machine for {people:,} people")
    return fitting[0]


def monthly_cost(
    people: int, usage: Usage, prices: PriceFile, token_usd: tuple[float, float] | None
) -> tuple[Line, ...]:
    """The bill of one month. `token_usd` is the price of an input and an output token, None without a model."""
    price = {name: entry.usd for name, entry in prices.prices.items()}
    person, weights = usage.per_person, usage.weights
    resumes = people * person.resumes
    requests = resumes * person.requests_per_resume
    cpu_seconds = requests * person.cpu_seconds_per_request
    cpu_seconds += resumes * person.downloads_per_resume * person.cpu_seconds_per_render
    egress = resumes * person.downloads_per_resume * weights.download_kib / KIB_PER_GIB
    objects = resumes * person.downloads_per_resume * weights.pdf_kib * usage.months_kept.pdfs / KIB_PER_GIB
    rows = resumes * usage.months_kept.rows
    disk = max(10.0, rows * weights.database_kib_per_resume / KIB_PER_GIB)
    warehouse = rows * weights.warehouse_kib_per_resume / KIB_PER_GIB
    scanned = warehouse * usage.warehouse.full_scans_per_month / GIB_PER_TIB
    database, dagster = database_size(usage, people), usage.always_on
    busy_second = price["cpu_second"] + price["memory_gib_second"]  # the service has a GiB for each CPU
    always_on_second = dagster.cpus * price["always_on_cpu_second"]
    always_on_second += dagster.memory_gib * price["always_on_memory_gib_second"]
    lines = [
        Line("API requests", f"{requests:,.0f}", requests / 1e6 * price["million_requests"]),
        Line("API compute", f"{cpu_seconds:,.0f} vCPU s", cpu_seconds * busy_second),
        Line("Downloads", f"{egress:,.1f} GiB", egress * price["egress_gib"]),
        Line("PDFs kept", f"{objects:,.1f} GiB", objects * price["object_gib_month"]),
        Line(
            "Database",
            f"{database.cpus} vCPU, {database.memory_gib:g} GiB, {disk:,.0f} GiB disk",
            database.cpus * price["database_cpu_month"]
            + database.memory_gib * price["database_memory_gib_month"]
            + disk * price["database_disk_gib_month"],
        ),
        Line("Warehouse kept", f"{warehouse:,.1f} GiB", warehouse * price["warehouse_gib_month"]),
        Line("Warehouse read", f"{scanned:,.2f} TiB", scanned * price["warehouse_tib_scanned"]),
        Line(
            "Dagster, always on",
            f"{dagster.cpus} vCPU, {dagster.memory_gib:g} GiB",
            SECONDS_PER_MONTH * always_on_second,
        ),
    ]
    if token_usd is not None:
        read, written = resumes * person.input_tokens_per_resume, resumes * person.output_tokens_per_resume
        amount = f"{read / 1e6:,.1f} M in, {written / 1e6:,.1f} M out"
        lines.append(Line(f"Model {usage.model}", amount, read * token_usd[0] + written * token_usd[1]))
    return tuple(lines)
