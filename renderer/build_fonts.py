"""Make the bundled font files again from their npm packages.

Run by a developer when a font is updated, never by the product:
`npm install --ignore-scripts PACKAGE@VERSION` in an empty folder, then `python -m renderer.build_fonts FOLDER`.
What is kept and from where is data in `templates/fonts.yaml`.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

import yaml
from fontTools import subset
from fontTools.ttLib import TTFont

TEMPLATES = Path(__file__).parent / "templates"
WEIGHT_NAMES = {300: "Light", 400: "Regular", 600: "SemiBold"}
COPYRIGHT_AND_LICENCE = (0, 13, 14)


def face_name(weight: int, italic: bool) -> str:
    """Style name of a face, such as `SemiBold Italic`."""
    name = WEIGHT_NAMES[weight]
    if not italic:
        return name
    return "Italic" if name == "Regular" else f"{name} Italic"


def rename(font: TTFont, family: str, weight: int, italic: bool) -> None:
    """Give the font its own family name; only the copyright and licence records of the original stay."""
    table = font["name"]
    kept = {identifier: table.getDebugName(identifier) for identifier in COPYRIGHT_AND_LICENCE}
    table.names = []
    style = face_name(weight, italic)
    names = kept | {
        1: family,
        2: style,
        3: f"{family} {style}",
        4: f"{family} {style}",
        6: f"{family}-{style}".replace(" ", ""),
        16: family,
        17: style,
    }
    for identifier, text in names.items():
        if text:
            table.setName(text, identifier, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight


def build_face(source: Path, target: Path, ranges: list[list[int]], features: list[str]) -> TTFont:
    """Subset `source` to the kept characters and features, without hints: a PDF never uses them."""
    options = subset.Options(
        layout_features=features,
        hinting=False,
        glyph_names=False,
        notdef_outline=True,
        name_IDs=["*"],
        recalc_timestamp=False,
    )
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in ranges for code in range(first, last + 1)])
    subsetter.subset(font)
    target.parent.mkdir(parents=True, exist_ok=True)
    return font


def build(packages: Path) -> None:
    """Write every font of `fonts.yaml` and its licence below `templates/`."""
    plan: dict[str, Any] = yaml.safe_load((TEMPLATES / "fonts.yaml").read_text(encoding="utf-8"))
    for family in plan["families"]:
        package = packages / "node_modules" / family["package"]
        folder = TEMPLATES / family["template"] / "fonts"
        for face in family["faces"]:
            target = folder / face["file"]
            font = build_face(package / face["from"], target, plan["kept_ranges"], plan["kept_features"])
            rename(font, family["family"], face["weight"], face["italic"])
            font.save(target, reorderTables=True)
            print(f"{target.relative_to(TEMPLATES)}: {target.stat().st_size // 1000} kB")
        shutil.copy(package / "LICENSE_FONT", folder / "OFL.txt")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
