"""The short ways through WeasyPrint lead to the same bytes as its own ways."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.ats_proof import corpus
from renderer import TEMPLATES, Contact, RenderRequest
from renderer.direction import MAY_RUN_RIGHT_TO_LEFT, runs_right_to_left
from renderer.engine import Engine
from renderer.kept_styles import MOST_KEPT
from renderer.page import TEMPLATES_FOLDER
from renderer.setting import page_style, template_data

ROOT = Path(__file__).parents[2]
LISTS = """## One

- a
- b
  - c
    1. d
    2. e

> - f
> - g

3. h
4. i

| a | b |
|---|---|
| 1 | 2 |

```
code  x
```

---

**b**

text  \nbreak `c` [x](https://example.com) שלום
"""
THE_LIBRARY_S_WAY = """
import hashlib, json, sys
from renderer.coverage import use_own_fonts
use_own_fonts()
from renderer import kept_styles, shortcuts
kept_styles.install = shortcuts.install = lambda: None
from renderer import RenderRequest
from renderer.engine import Engine
requests = map(RenderRequest.from_json, json.load(sys.stdin))
print(json.dumps([hashlib.sha256(Engine.shared().render(request).pdf).hexdigest() for request in requests]))
"""


def requests() -> list[RenderRequest]:
    people = {person.name: person for person in corpus()}
    named = (("staff-engineer", "modern"), ("nested-roles", "classic"), ("arabic", "minimal"), ("japanese", "modern"))
    return [
        *(people[name].request(template, "A4") for name, template in named),  # type: ignore[arg-type]
        *(RenderRequest(LISTS, Contact("Ada"), template=template) for template in TEMPLATES),
        RenderRequest("- a bullet of a job that is wanted on a page\n" * 44, Contact("Ada"), page_target=1),
        RenderRequest("- a\n- b", Contact(""), language="he"),
    ]


def test_both_ways_lead_to_the_same_bytes(engine: Engine) -> None:
    wanted = requests()
    library = subprocess.run(
        [sys.executable, "-c", THE_LIBRARY_S_WAY],
        input=json.dumps([request.to_json() for request in wanted]),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    expected = json.loads(library.stdout)
    for _ in range(2):  # the second time with every style kept
        assert [hashlib.sha256(engine.render(request).pdf).hexdigest() for request in wanted] == expected


def test_an_element_with_a_style_of_its_own_leaves_no_style_behind(engine: Engine) -> None:
    def page(start: int) -> bytes:
        return engine.render(RenderRequest(f"{start}. a\n", Contact(""))).pdf

    first, *_ = (page(start) for start in (7, 8, 9))
    assert page(7) == first
    assert page(8) != first


def test_kept_styles_are_bounded() -> None:
    own = Engine()
    for number in range(40):
        own.render(RenderRequest("- a\n  - b\n\n> c\n\n1. d\n", Contact("Ada"), language=f"en-{number:03}"))
    data = template_data("classic")
    sheet = own._page_style(page_style(data.settings[data.default], "A4", [data.family]))
    kept = sheet.__dict__
    assert 100 < len(kept["kept_styles"]) <= MOST_KEPT
    assert 100 < len(kept["kept_places"]) <= 2 * MOST_KEPT


@pytest.mark.parametrize("sheet", sorted(TEMPLATES_FOLDER.rglob("*.css")), ids=lambda path: path.parent.name)
def test_no_sheet_asks_for_what_is_taken_to_be_absent(sheet: Path) -> None:
    style = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    for absent in ("display: table", "page:", "outline", "background", "attr(", "float", "position:", "columns"):
        assert absent not in style.replace("list-style-position:", ""), absent
    selectors = " ".join(re.findall(r"([^{}]+)\{", style))
    assert "~" not in selectors
    assert "#" not in selectors
    assert set(re.findall(r":[\w-]+", selectors)) <= {":first-child", ":before", ":marker"}
    assert set(re.findall(r"\[[^\]]*\]", selectors)) <= {"[dir=rtl]", "[dir=ltr]"}
    # The element before counts by its name alone.
    assert not re.search(r"[.\]][^ +>,]* \+", selectors)


def test_no_right_to_left_letter_is_overlooked() -> None:
    overlooked = [
        code
        for code in range(sys.maxunicode + 1)
        if runs_right_to_left(chr(code)) and not MAY_RUN_RIGHT_TO_LEFT.search(chr(code))
    ]
    assert overlooked == []
