"""Type settings of a template: from the largest to the smallest readable, in equal steps.

`template.yaml` gives the two ends; a page target chooses a step (see `renderer.fit`).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from renderer.request import PageSize, Template

TEMPLATES_FOLDER = Path(__file__).parent / "templates"
PAGE_MILLIMETRES: dict[PageSize, tuple[float, float]] = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}
SMALLEST_BODY_POINTS = 9.0


@dataclass(frozen=True, slots=True)
class Setting:
    """Body size and space unit in pt, line height as a factor, margins in mm (vertical, horizontal)."""

    size: float
    line_height: float
    space: float
    vertical_margin: float
    horizontal_margin: float


@dataclass(frozen=True, slots=True)
class TemplateData:
    """What `template.yaml` says. `settings[0]` is the largest; `default` is an index into it."""

    family: str
    fallback: str
    settings: tuple[Setting, ...]
    default: int


@functools.cache
def template_data(template: Template) -> TemplateData:
    """Read and check `template.yaml`."""
    raw: dict[str, Any] = yaml.safe_load((TEMPLATES_FOLDER / template / "template.yaml").read_text(encoding="utf-8"))
    largest, smallest, steps = _ends(raw["largest"]), _ends(raw["smallest"]), int(raw["steps"])
    if smallest[0] < SMALLEST_BODY_POINTS:
        raise ValueError(f"{template}: the smallest body size is below {SMALLEST_BODY_POINTS} pt")
    settings = tuple(
        Setting(
            *(round(big + (small - big) * step / (steps - 1), 3) for big, small in zip(largest, smallest, strict=True))
        )
        for step in range(steps)
    )
    return TemplateData(raw["family"], raw["fallback"], settings, int(raw["default_step"]))


def page_style(setting: Setting, page_size: PageSize, families: list[str]) -> str:
    """The few rules that differ between two renders of one template."""
    width, height = PAGE_MILLIMETRES[page_size]
    names = ", ".join(f'"{family}"' for family in families)
    return (
        f"@page {{ size: {width}mm {height}mm; margin: {setting.vertical_margin}mm {setting.horizontal_margin}mm }}"
        f"html {{ font-size: {setting.space}pt }}"
        f"body {{ font-family: {names}; font-size: {setting.size}pt; line-height: {setting.line_height} }}"
    )


def _ends(raw: dict[str, Any]) -> tuple[float, ...]:
    vertical, horizontal = raw["margins"]
    return tuple(float(value) for value in (raw["size"], raw["line_height"], raw["space"], vertical, horizontal))
