"""What a document lists becomes the keywords of its file."""

import io
from collections.abc import Callable

import pikepdf
import pytest

from renderer import RenderResult
from renderer.keywords import MOST_KEYWORDS, keywords_of
from renderer.markdown import parse


@pytest.mark.parametrize(
    ("markdown", "keywords"),
    [
        ("**Languages:** Java, Go, C++\n**Tools:** git, Docker, java", ("Java", "Go", "C++", "git", "Docker")),
        ("- Python, SQL, dbt\n- R&D; AT&T; CI/CD", ("Python", "SQL", "dbt", "R&D", "AT&T", "CI/CD")),
        ("スキル：Python、SQL、統計", ("Python", "SQL", "統計")),
        ("مهارات: بايثون، تحليل، إدارة", ("بايثون", "تحليل", "إدارة")),
        ("### Engineer, Example Ltd, Berlin\n*May 2019, Berlin, Germany*", ()),
        ("- Led five people, built the tools they use every day, and wrote it down.", ()),
        ("- Python\n- SQL", ()),
        ("", ()),
    ],
)
def test_lists_are_keywords(markdown: str, keywords: tuple[str, ...]) -> None:
    assert keywords_of(parse(markdown)) == keywords


def test_there_are_not_too_many() -> None:
    assert len(keywords_of(parse(", ".join(f"skill {number}" for number in range(99))))) == MOST_KEYWORDS


def test_given_keywords_win(render: Callable[..., RenderResult]) -> None:
    def written(**fields: object) -> str:
        with pikepdf.open(io.BytesIO(render("Java, Go, C++", **fields).pdf)) as opened:
            return str(opened.docinfo["/Keywords"])

    assert written() == "Java, Go, C++"
    assert written(keywords=("SQL",)) == "SQL"
