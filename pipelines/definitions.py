"""The code location `cvstomize`: everything under `pipelines/defs`. Loading it connects to nothing."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from pipelines.resources import RunMoment


@dg.definitions
def defs() -> dg.Definitions:
    """All assets, checks, jobs and schedules, with the resources they share."""
    found = dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
    shared = dg.Definitions(resources={"moment": RunMoment.configure_at_launch()})
    return dg.Definitions.merge(found, shared)
