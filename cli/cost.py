"""`cvstomize cost --people N`: what a month costs, from unit prices and usage that lie in dated files."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.cost_model import TooManyPeopleError, monthly_cost, read_prices, read_usage

app = typer.Typer(add_completion=False)


@app.command()
def estimate(
    people: Annotated[int, typer.Option(min=1, max=10_000_000, help="People active in a month.")] = 10_000,
    model: Annotated[bool, typer.Option(help="With the model; without it the composer writes.")] = True,
) -> None:
    """Print the bill line by line, its sum, and what a resume costs. Exits 2 when the files hold no answer."""
    from rich.console import Console
    from rich.table import Table

    from api.generation.rules.cost import price_of

    usage, prices = read_usage(), read_prices()
    listed = price_of(usage.model) if model else None
    token_usd = (float(listed.input_per_million) / 1e6, float(listed.output_per_million) / 1e6) if listed else None
    try:
        lines = monthly_cost(people, usage, prices, token_usd)
    except TooManyPeopleError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    table = Table(title=f"{people:,} people a month, list prices of {prices.read_on} without free tiers")
    for heading in ("what", "how much"):
        table.add_column(heading)
    table.add_column("USD", justify="right")
    for line in lines:
        table.add_row(line.name, line.amount, f"{line.usd:,.2f}")
    total = sum(line.usd for line in lines)
    table.add_section()
    table.add_row("all", "", f"{total:,.2f}")
    Console().print(table)
    typer.echo(f"a resume costs {total / (people * usage.per_person.resumes):.4f} USD")
