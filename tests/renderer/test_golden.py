"""Pages look as they did when a person last looked at them.

Golden images were made on Debian bookworm with its Pango, poppler and Noto packages; the same test runs there without
anything else installed. After a wanted change: `python tests/renderer/test_golden.py`, look at every image, commit.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from benchmarks.ats_proof import Person, corpus
from renderer import TEMPLATES, RenderResult, Template

GOLDEN = Path(__file__).parent / "golden"
PEOPLE = {
    person.name: person
    for person in corpus()
    if person.name in {"staff-engineer", "arabic", "japanese", "nested-roles"}
}
DOTS_PER_INCH = 50
# Mean difference of grey levels out of 255; a line of text that moves by one line is about 4.
TOLERANCE = 1.5


def picture(pdf: bytes, folder: Path) -> Image.Image:
    """First page as a grey image."""
    source = folder / "page.pdf"
    source.write_bytes(pdf)
    target = folder / "page"
    subprocess.run(
        ["pdftoppm", "-r", str(DOTS_PER_INCH), "-gray", "-png", "-f", "1", "-l", "1", "-singlefile", source, target],
        check=True,
    )
    return Image.open(target.with_suffix(".png")).convert("L")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean grey difference."""
    return ImageStat.Stat(ImageChops.difference(one, other)).mean[0]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_page_looks_as_approved(
    render: Callable[..., RenderResult], template: Template, name: str, tmp_path: Path
) -> None:
    person: Person = PEOPLE[name]
    result = render(person.markdown, person.contact, template=template, language=person.language)
    golden = Image.open(GOLDEN / f"{name}-{template}.png").convert("L")
    page = picture(result.pdf, tmp_path)
    assert page.size == golden.size
    assert difference(page, golden) < TOLERANCE


def test_the_comparison_sees_a_wrong_template(render: Callable[..., RenderResult], tmp_path: Path) -> None:
    person = PEOPLE["staff-engineer"]
    page = picture(render(person.markdown, person.contact, template="modern").pdf, tmp_path)
    assert difference(page, Image.open(GOLDEN / "staff-engineer-classic.png").convert("L")) > 2 * TOLERANCE


def approve() -> None:
    """Write all golden images anew."""
    import tempfile

    from renderer.engine import Engine

    GOLDEN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, person in PEOPLE.items():
            for template in TEMPLATES:
                pdf = Engine.shared().render(person.request(template, "A4")).pdf
                picture(pdf, Path(folder)).save(GOLDEN / f"{name}-{template}.png", optimize=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    approve()
