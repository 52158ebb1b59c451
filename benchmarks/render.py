"""How fast a two-page resume becomes a PDF: this renderer beside headless Chromium and Typst, all in one run.

All set the same text. Chromium prints the same HTML and styles with the same fonts, through playwright and Debian's
chromium: launched for each document, with a new page, and with one page reused. Typst compiles a plain equivalent.
`cached` is what a repeated download costs: content hash and reading the stored file. Peers that are not installed are
left out with a note. Last line of the output: one JSON object.

Usage: python benchmarks/render.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import tostring

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.ats_proof import corpus
from benchmarks.peers import install_peers
from renderer import RenderRequest, Template, content_hash
from renderer.fallback import font_families
from renderer.markdown import parse
from renderer.page import TEMPLATES_FOLDER, build_page
from renderer.pool import DEFAULT_MEMORY_BYTES, RenderPool
from renderer.process import ForkServer
from renderer.setting import page_style, template_data

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
TEMPLATE: Template = "modern"
DEADLINE_SECONDS = 30.0
MEMORY_WARM_UP = 50


def two_page_request() -> RenderRequest:
    """The corpus' staff engineer with earlier roles added until the resume fills two pages."""
    person = next(person for person in corpus() if person.name == "staff-engineer")
    roles = person.markdown.split("## Education")[0].split("### ")[1:]
    earlier = "".join(f"### {role}" for role in (roles * 2)[:5])
    return RenderRequest(person.markdown.replace("## Education", f"{earlier}## Education"), person.contact, TEMPLATE)


def milliseconds(action: Callable[[], object], count: int) -> list[float]:
    """Durations of `count` calls."""
    durations = []
    for _ in range(count):
        started = time.perf_counter()
        action()
        durations.append((time.perf_counter() - started) * 1000)
    return durations


def measure_renderer(request: RenderRequest, count: int) -> dict[str, list[float]]:
    """Cold (a new pool: interpreter, fonts, fork), warm, cached."""

    def cold() -> None:
        with RenderPool(deadline_seconds=DEADLINE_SECONDS) as pool:
            pool.render_sync(request)

    measured = {"cold": milliseconds(cold, 3)}
    with RenderPool(deadline_seconds=DEADLINE_SECONDS) as pool, tempfile.TemporaryDirectory() as folder:
        result = pool.render_sync(request)
        if result.page_count != 2:
            raise SystemExit(f"the benchmark's resume has {result.page_count} pages, not 2")
        milliseconds(lambda: pool.render_sync(request), 3)
        measured["warm"] = milliseconds(lambda: pool.render_sync(request), count)
        (Path(folder) / content_hash(request)).write_bytes(result.pdf)
        measured["cached"] = milliseconds(lambda: (Path(folder) / content_hash(request)).read_bytes(), count)
    return measured


def html_document(request: RenderRequest) -> str:
    """The same page for a browser: our tree, our styles, our fonts."""
    data = template_data(request.template)
    fonts = "".join(
        f'@font-face {{ font-family: "{data.family}"; src: url("{path.as_uri()}"); '
        f"font-weight: {600 if 'SemiBold' in path.stem else 400}; "
        f"font-style: {'italic' if 'Italic' in path.stem else 'normal'} }}"
        for path in sorted((TEMPLATES_FOLDER / request.template / "fonts").glob("*.ttf"))
    )
    styles = [(TEMPLATES_FOLDER / name).read_text("utf-8") for name in ("base.css", f"{request.template}/style.css")]
    families = font_families(data.family, data.fallback, request.language, request.markdown)
    root = build_page(request, parse(request.markdown))
    markup = tostring(root, encoding="unicode", method="html")
    style = "".join([fonts, *styles, page_style(data.settings[data.default], request.page_size, families)])
    return "<!doctype html>" + markup.replace("</head>", f"<style>{style}</style></head>")


def measure_chromium(request: RenderRequest, count: int) -> dict[str, list[float]]:
    """Launched for each document; a new page each; one page reused."""
    from playwright.sync_api import Page, sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "resume.html"
        source.write_text(html_document(request), encoding="utf-8")

        def launch() -> Any:
            return playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)

        def print_on(page: Page) -> bytes:
            page.goto(source.as_uri())
            page.evaluate("document.fonts.ready")
            return bytes(page.pdf(prefer_css_page_size=True, tagged=True))

        def cold() -> None:
            browser = launch()
            print_on(browser.new_page())
            browser.close()

        measured = {"chromium_cold": milliseconds(cold, 3)}
        browser = launch()

        def new_page() -> None:
            page = browser.new_page()
            print_on(page)
            page.close()

        new_page()
        measured["chromium_page"] = milliseconds(new_page, count)
        page = browser.new_page()
        print_on(page)
        measured["chromium_reused"] = milliseconds(lambda: print_on(page), count)
        browser.close()
    return measured


def typst_source(request: RenderRequest) -> str:
    """A plain Typst document with the same headings, lines and bullets."""
    escape = str.maketrans({character: f"\\{character}" for character in "#$*_`<>@[]~\\/"})
    lines = [f"#align(center)[= {request.contact.name.translate(escape)}]"]
    for line in request.markdown.splitlines():
        text = line.lstrip("#-* ").translate(escape)
        if line.startswith("## "):
            lines.append(f"== {text}")
        elif line.startswith("### "):
            lines.append(f"=== {text}")
        elif line.startswith("- "):
            lines.append(f"- {text}")
        else:
            lines.append(text)
    return "\n".join(lines)


def measure_typst(request: RenderRequest, count: int) -> dict[str, list[float]]:
    """Compile to PDF, fonts loaded; each time in a slightly other size, so that no layout comes from Typst's memory."""
    import typst

    fonts = [str(TEMPLATES_FOLDER / request.template / "fonts")]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "resume.typ"
        text = typst_source(request)
        source.write_text(text, encoding="utf-8")
        compiler = typst.Compiler(str(source), font_paths=fonts)
        numbers = iter(range(1_000_000))

        def compile_once() -> None:
            size = 10 + next(numbers) / 1000
            source.write_text(f"#set text(size: {size}pt)\n{text}\n", encoding="utf-8")
            compiler.compile(format="pdf")

        compile_once()
        return {"typst": milliseconds(compile_once, count)}


def memory_growth_megabytes(request: RenderRequest, renders: int) -> float:
    """Growth of one render process' resident memory between render 50 and the last."""
    server = ForkServer(DEFAULT_MEMORY_BYTES)
    process = server.fork()

    def resident() -> float:
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
        return pages * 4096 / 1e6

    for _ in range(MEMORY_WARM_UP):
        process.render(request, DEADLINE_SECONDS)
    before = resident()
    for _ in range(renders - MEMORY_WARM_UP):
        process.render(request, DEADLINE_SECONDS)
    growth = resident() - before
    process.stop()
    server.close()
    return growth


def main() -> None:
    """Command line."""
    arguments = argparse.ArgumentParser(description="Render speed beside Chromium and Typst")
    arguments.add_argument("--quick", action="store_true", help="fewer repetitions, under a minute")
    quick = arguments.parse_args().quick
    install_peers()
    request = two_page_request()
    count = 10 if quick else 40
    measured = measure_renderer(request, count)
    for name, measure in (("chromium", measure_chromium), ("typst", measure_typst)):
        try:
            measured |= measure(request, count)
        except ImportError:
            print(f"{name}: not installed, left out")
    medians = {name: statistics.median(values) for name, values in measured.items()}
    renders = 200 if quick else 2_000
    growth = memory_growth_megabytes(request, renders)
    rows = []
    for name, values in measured.items():
        print(f"{name:16} median {medians[name]:9.2f} ms   best {min(values):9.2f}   worst {max(values):9.2f}")
        rows.append({"name": name, "median_ms": round(medians[name], 3), "best_ms": round(min(values), 3)})
    print(f"memory growth of one process over {renders} renders: {growth:.1f} MB")

    def warm_over(name: str) -> float | None:
        return round(medians["warm"] / medians[name], 3) if name in medians else None

    figures = {
        "warm_over_chromium_page": warm_over("chromium_page"),
        "warm_over_chromium_cold": warm_over("chromium_cold"),
        "warm_over_chromium_reused": warm_over("chromium_reused"),
        "warm_over_typst": warm_over("typst"),
        "cached_speedup": round(medians["warm"] / medians["cached"], 1),
        "memory_growth_mb": round(growth, 1),
        "memory_renders": renders,
        "rows": rows,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
