"""The share page as HTML: nothing a person wrote becomes markup, and its style is the one the policy allows."""

import base64
import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.sharing.page import markdown_html, not_found_page, page_headers, resume_page
from renderer import Contact, RenderRequest

ALLOWED = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")


@given(st.text(max_size=200))
def test_only_known_tags_come_out(text: str) -> None:
    assert {tag.lower() for tag in TAG.findall(markdown_html(text))} <= ALLOWED


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,hi)",
        "[x](/api/me)",
        '<img src="x" onerror="alert(1)">',
        "![x](https://example.com/a.png)",
        '[x](https://example.com/"onmouseover="alert(1))',
    ],
)
def test_nothing_runs_and_nothing_is_fetched(markdown: str) -> None:
    html = markdown_html(markdown)
    assert not re.search(r"<script|<img|\son\w+=\"", html)
    for address in re.findall(r'href="([^"]*)"', html):
        assert address.startswith(("https://", "http://", "mailto:", "tel:"))


def test_words_stay_literal() -> None:
    assert "5*3*2=30" in markdown_html("5*3*2=30")
    assert "List&lt;String&gt;" in markdown_html("List<String>")


def test_the_policy_allows_exactly_the_style_in_the_page() -> None:
    page = bytes(not_found_page().body).decode()
    found = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert found is not None
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page_headers()["Content-Security-Policy"]


def test_a_right_to_left_resume_reads_right_to_left() -> None:
    page = resume_page(
        RenderRequest(markdown="## نبذة\n\nمهندسة", contact=Contact(name="ليلى"), language="ar"), "/x.pdf"
    )
    assert '<html lang="ar" dir="rtl">' in bytes(page.body).decode()


def test_a_name_cannot_break_out_of_the_preview() -> None:
    contact = Contact(name='"><script>alert(1)</script>', url="javascript:alert(1)")
    html = bytes(resume_page(RenderRequest(markdown="text", contact=contact), "/x.pdf").body).decode()
    assert "<script" not in html
    assert 'href="javascript' not in html
