"""Page targets: the largest readable setting that fits, or an honest no."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer import TEMPLATES, RenderResult, Template
from renderer.fit import largest_fitting
from renderer.setting import SMALLEST_BODY_POINTS, template_data

Render = Callable[..., RenderResult]


def bullets(count: int) -> str:
    return "## Experience\n\n" + "- a bullet that says something about a job\n" * count


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(("count", "target"), [(20, 1), (48, 1), (95, 2)])
def test_a_target_that_can_be_met_is_met(render: Render, template: Template, count: int, target: int) -> None:
    result = render(bullets(count), template=template, page_target=target)
    assert result.page_count <= target
    assert "page_target_missed" not in {warning.code for warning in result.warnings}


def test_shrunk_text_is_reported(render: Render) -> None:
    assert render(bullets(44), template="modern").page_count == 2
    result = render(bullets(44), template="modern", page_target=1)
    assert result.page_count == 1
    assert [warning.code for warning in result.warnings] == ["shrunk_text"]


def test_a_target_that_cannot_be_met_is_said_and_nothing_is_shrunk(render: Render) -> None:
    result = render(bullets(200), page_target=1)
    assert [warning.code for warning in result.warnings] == ["page_target_missed"]
    assert result.page_count == render(bullets(200)).page_count


@pytest.mark.parametrize("template", TEMPLATES)
def test_body_text_is_never_below_nine_points(template: Template) -> None:
    data = template_data(template)
    sizes = [setting.size for setting in data.settings]
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes) >= SMALLEST_BODY_POINTS
    assert 0 < data.default < len(sizes) - 1


@given(
    st.integers(2, 30).flatmap(lambda count: st.tuples(st.lists(st.integers(1, 9), min_size=count, max_size=count))),
    st.integers(0, 29),
    st.integers(1, 9),
)
def test_search_finds_the_first_setting_that_fits(table: tuple[list[int]], default: int, target: int) -> None:
    pages = sorted(table[0], reverse=True)
    asked: list[int] = []

    def pages_at(index: int) -> int:
        asked.append(index)
        return pages[index]

    fit = largest_fitting(pages_at, len(pages), min(default, len(pages) - 1), target)
    fitting = [index for index, count in enumerate(pages) if count <= target]
    assert fit.fits == bool(fitting)
    if fitting:
        assert fit.index == fitting[0]
    assert len(asked) <= 2 + len(pages).bit_length()
