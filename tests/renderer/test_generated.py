"""Generated Markdown: no crash, nothing opened, no word lost."""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pymupdf
import pytest

from renderer import TEMPLATES, DocumentTooComplex, DocumentTooLarge, RenderResult, characters
from renderer.markdown import parse, visible_text

WORDS = [
    *("Python", "C#", "C++", ".NET", "R&D", "AT&T", "5*3*2=30", "__init__", "snake_case", "$5", "<1%", "List<String>"),
    *(
        "80%",
        "naïve",
        "Łódź",
        "Київ",
        "Αθήνα",
        "Nguyễn",
        "東京",
        "한국",
        "https://example.com/a?b=c#d",
        "a@example.com",
    ),
    *("[ref]", "(x)", "'q'", '"q"', "—", "–", "…", "•", "1.", "-", "+", ">", "#", "|", "~50", "`code`", "&", "&amp;"),
    *("\\*", "½", "²", "€"),
]
BLOCKS = (
    "# {}",
    "## {}",
    "### {}, {}",
    "*{} – {}*",
    "- {} {} {}",
    "  - {} {}",
    "1. {}",
    "> {} {}",
    "{} {} {} {}",
    "**{}:** {}, {}",
    "[{}](https://example.com/x)",
    "![{}](file:///etc/passwd)",
    "<b>{}</b> <script>{}</script>",
    "| {} | {} |\n|---|---|\n| {} | {} |",
    "```\n{} {}\n```",
    "---",
    "{}\n{}",
    "***{}*** _{}_",
    "[{}](javascript:alert(1))",
    "<link rel=stylesheet href=http://127.0.0.1:9/x>",
)
COUNT_IN_PROVE = 2_000
COUNT = 40
opened: list[str] = []
watching = False


def watch(event: str, arguments: tuple[object, ...]) -> None:
    if watching and (event in {"open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system"}):
        opened.append(f"{event} {arguments[:1]}")


sys.addaudithook(watch)


@contextmanager
def nothing_is_opened() -> Iterator[None]:
    global watching
    opened.clear()
    watching = True
    try:
        yield
    finally:
        watching = False
    assert opened == []


def document(seed: int) -> str:
    generator = random.Random(seed)
    blocks = []
    for _ in range(generator.randint(1, 25)):
        pattern = generator.choice(BLOCKS)
        words = [" ".join(generator.choices(WORDS, k=generator.randint(1, 6))) for _ in range(pattern.count("{}"))]
        blocks.append(pattern.format(*words))
    return generator.choice(("\n", "\n\n")).join(blocks)


def letters(text: str) -> str:
    return "".join(characters.clean(text).text.split())


def check(render: Callable[..., RenderResult], seed: int) -> None:
    markdown = document(seed)
    template = TEMPLATES[seed % len(TEMPLATES)]
    with nothing_is_opened():
        try:
            result = render(markdown, template=template)
        except (DocumentTooLarge, DocumentTooComplex):
            return
    found = letters("".join(page.get_text() for page in pymupdf.open(stream=result.pdf, filetype="pdf")))
    for word in visible_text(parse(characters.clean(markdown).text)).split():
        assert letters(word) in found, (seed, word)


@pytest.fixture(scope="module")
def warm(render: Callable[..., RenderResult]) -> Callable[..., RenderResult]:
    """Fonts and codecs that are read once are read before anyone watches."""
    for template in TEMPLATES:
        render(" ".join(WORDS), template=template)
    return render


@pytest.mark.parametrize("seed", range(COUNT))
def test_generated_document(warm: Callable[..., RenderResult], seed: int) -> None:
    check(warm, seed)


@pytest.mark.prove
@pytest.mark.timeout(3_000)
def test_two_thousand_generated_documents(warm: Callable[..., RenderResult]) -> None:
    for seed in range(COUNT, COUNT + COUNT_IN_PROVE):
        check(warm, seed)


def test_the_watch_sees_an_opened_file() -> None:
    with pytest.raises(AssertionError), nothing_is_opened():
        Path("/dev/null").read_bytes()
