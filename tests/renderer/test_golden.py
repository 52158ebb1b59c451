"""Pages look as they did when a person last looked at them.

Golden images were made on Debian bookworm with its Pango, poppler and Noto packages; the same test runs there without
anything else installed. After a wanted change: `python -m tests.renderer.test_golden [template]`, look at
every image, commit. The pictures of README are written with them.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from benchmarks.ats_proof import corpus
from renderer import TEMPLATES, PageSize, RenderRequest, Template
from renderer.engine import Engine

GOLDEN = Path(__file__).parent / "golden"
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
PEOPLE = {person.name: person for person in corpus()}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of page: whose resume, in which paper and length, and which page of it is looked at."""

    person: str
    page_size: PageSize = "A4"
    page_target: int | None = None
    page: int = 1

    def request(self, template: Template) -> RenderRequest:
        return replace(PEOPLE[self.person].request(template, self.page_size), page_target=self.page_target)


KINDS = {
    **{name: Kind(name) for name in ("staff-engineer", "arabic", "japanese", "nested-roles")},
    **{name: Kind(name) for name in ("hebrew", "hindi", "thai", "georgian-armenian", "many-links")},
    "letter": Kind("staff-engineer", page_size="Letter"),
    "one-page": Kind("staff-engineer", page_target=1),
    "long-academic": Kind("long-academic", page=2),
}
DOTS_PER_INCH = 50
# Mean difference of grey levels out of 255; a line of text that moves by one line is about 4.
TOLERANCE = 1.5


def picture(pdf: bytes, folder: Path, page: int = 1) -> Image.Image:
    """One page as a grey image."""
    source = folder / "page.pdf"
    source.write_bytes(pdf)
    target = folder / "page"
    subprocess.run(
        [
            *("pdftoppm", "-r", str(DOTS_PER_INCH), "-gray", "-png", "-f", str(page), "-l", str(page)),
            *("-singlefile", source, target),
        ],
        check=True,
    )
    return Image.open(target.with_suffix(".png")).convert("L")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean grey difference."""
    return ImageStat.Stat(ImageChops.difference(one, other)).mean[0]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("name", sorted(KINDS))
def test_page_looks_as_approved(engine: Engine, template: Template, name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    result = engine.render(kind.request(template))
    golden = Image.open(GOLDEN / f"{name}-{template}.png").convert("L")
    page = picture(result.pdf, tmp_path, kind.page)
    assert page.size == golden.size
    assert difference(page, golden) < TOLERANCE


def test_the_comparison_sees_a_wrong_template(engine: Engine, tmp_path: Path) -> None:
    page = picture(engine.render(KINDS["staff-engineer"].request("modern")).pdf, tmp_path)
    assert difference(page, Image.open(GOLDEN / "staff-engineer-classic.png").convert("L")) > 2 * TOLERANCE


def approve(templates: Sequence[Template] = TEMPLATES) -> None:
    """Write the golden images anew: of all templates, or of those named on the command line."""
    import tempfile

    GOLDEN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, kind in KINDS.items():
            for template in templates:
                pdf = Engine.shared().render(kind.request(template)).pdf
                picture(pdf, Path(folder), kind.page).save(GOLDEN / f"{name}-{template}.png", optimize=True)
        for template in templates:
            write_picture(template, Path(folder))


def write_picture(template: Template, folder: Path) -> None:
    """The first page as README shows it: in colour and large enough to read."""
    source = folder / "page.pdf"
    source.write_bytes(Engine.shared().render(KINDS["staff-engineer"].request(template)).pdf)
    target = folder / f"template-{template}"
    subprocess.run(["pdftoppm", "-r", "100", "-png", "-f", "1", "-l", "1", "-singlefile", source, target], check=True)
    image = Image.open(target.with_suffix(".png")).convert("P", palette=Image.Palette.ADAPTIVE, colors=64)
    image.save(PICTURES / f"template-{template}.png", optimize=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    approve([template for template in TEMPLATES if template in sys.argv[1:]] or TEMPLATES)
