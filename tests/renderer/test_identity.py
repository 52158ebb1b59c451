"""The content hash changes with everything that may change a byte, and with nothing else."""

import dataclasses

import pytest

from renderer import Contact, Link, RenderRequest, content_hash

REQUEST = RenderRequest("## A", Contact("Ada", links=(Link("GitHub", "ada", "https://github.com/ada"),)))


@pytest.mark.parametrize(
    "change",
    [
        {"markdown": "## B"},
        {"contact": Contact("Bea")},
        {"template": "modern"},
        {"page_size": "Letter"},
        {"language": "de"},
        {"page_target": 1},
        {"title": "T"},
        {"keywords": ("SQL",)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_field_counts(change: dict[str, object]) -> None:
    assert content_hash(dataclasses.replace(REQUEST, **change)) != content_hash(REQUEST)


def test_equal_requests_have_equal_hashes() -> None:
    assert content_hash(RenderRequest.from_json(REQUEST.to_json())) == content_hash(REQUEST)
    assert RenderRequest.from_json(REQUEST.to_json()) == REQUEST


@pytest.mark.parametrize("change", [{"template": "fancy"}, {"page_size": "A5"}, {"page_target": 0}])
def test_impossible_requests_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        dataclasses.replace(REQUEST, **change)
