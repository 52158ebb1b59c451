"""Headings over two lines: joined where they are one heading, left alone where they are two or none."""

import pytest

from api.profile.importer.broken_headings import join_headings
from api.profile.importer.draft import Source
from api.profile.importer.lines import Line, Segment
from api.profile.importer.sections import heading_kind


def line(number: int, *texts: tuple[str, float], bold: bool = True) -> Line:
    """A line of segments, each a text and where it begins; 12 points below the line before."""
    segments = tuple(
        Segment(text, x0, x0 + 5.0 * len(text), 12.0 * number, 12.0 * number + 10, bold=bold and index == 0)
        for index, (text, x0) in enumerate(texts)
    )
    return Line(segments, Source(page=1, line=number), 0.2)


def texts(lines: list[Line]) -> list[str]:
    return [one.text for one in join_headings(lines, heading_kind)]


@pytest.mark.parametrize(
    ("first", "second"), [("PERSONAL", "PROFILE"), ("Professional", "Experience"), ("Education", "and training")]
)
def test_a_heading_in_the_margin_is_put_before_its_section(first: str, second: str) -> None:
    rail = [line(1, (first, 40), ("Ward Manager", 140)), line(2, (second, 40), ("Northgate Trust", 140))]
    assert texts(rail) == [f"{first} {second}", "Ward Manager", "Northgate Trust"]


def test_lines_of_the_section_may_stand_between() -> None:
    rail = [line(1, ("WORK", 40), ("Ward Manager", 140)), line(2, ("Northgate", 140), bold=False)]
    rail[1:] = [Line(rail[1].segments, rail[1].source, -0.3), line(2, ("EXPERIENCE", 40))]
    assert texts(rail) == ["WORK EXPERIENCE", "Ward Manager", "Northgate"]


@pytest.mark.parametrize(
    "stacked",
    [
        [("Experience", 40), ("Skills", 40)],
        [("Ada Example", 40), ("Engineer", 40)],
        [("Technical", 40), ("Skills", 90)],
        [("2019", 40), ("Experience", 40)],
    ],
)
def test_two_headings_and_other_lines_stay(stacked: list[tuple[str, float]]) -> None:
    assert texts([line(number, text) for number, text in enumerate(stacked)]) == [text for text, _ in stacked]


def test_list_items_are_no_pieces() -> None:
    item = line(1, ("Professional", 40))
    items = [Line(item.segments, item.source, 0.2, bullet=True), line(2, ("Experience", 40))]
    assert texts(items) == ["Professional", "Experience"]
