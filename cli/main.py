"""The `cvstomize` command: each sub-command imports its room only when it is used."""

from __future__ import annotations

import importlib
import sys

COMMANDS = {
    "bootstrap": "cli.bootstrap",
    "migrate": "cli.migrate",
    "adopt": "cli.adopt",
    "export": "cli.export",
    "work": "cli.work",
    "erase": "cli.erase",
    "merge-accounts": "cli.merge_accounts",
    "openapi": "cli.openapi",
    "serve": "cli.serve",
    "doctor": "cli.doctor",
    "cost": "cli.cost",
    "explain-row": "cli.explain_row",
    "diff-manifests": "cli.diff_manifests",
    "model": "cli.model",
}

HELP = {
    "bootstrap": "Make the database's roles once, as somebody who may.",
    "adopt": "Take over the old service's database: expand, cut over, contract.",
    "migrate": "Bring the database to the newest revision, or say what would run.",
    "export": "Export the operational tables to the warehouse once.",
    "work": "Drain the outboxes: check-ins, mail, erasure.",
    "erase": "Carry out erasure requests.",
    "merge-accounts": "Join two accounts of one person, when they asked for it.",
    "openapi": "Write or compare the committed OpenAPI document.",
    "serve": "Run the API, with the port read from PORT.",
    "doctor": "Look at everything this installation needs; one line each, with the remedy.",
    "cost": "Estimate what a month costs at a number of people.",
    "explain-row": "Say where a row of a training file came from.",
    "diff-manifests": "Say what changed between two datasets.",
    "model": "List, promote, roll back and retire tuned models.",
}


def usage() -> str:
    """All sub-commands with one line each, without importing any."""
    lines = [f"  {name:<16}{HELP[name]}" for name in COMMANDS]
    return "Usage: cvstomize COMMAND [OPTIONS]\n\nCommands:\n" + "\n".join(lines)


def main() -> None:
    """Run one sub-command. Exits 2 for a name that is none."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(usage())
        return
    name = arguments[0]
    if name not in COMMANDS:
        print(f"there is no command {name!r}\n\n{usage()}", file=sys.stderr)
        sys.exit(2)
    importlib.import_module(COMMANDS[name]).app(args=arguments[1:], prog_name=f"cvstomize {name}")


if __name__ == "__main__":
    main()
