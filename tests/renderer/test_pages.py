"""What a page must do whatever stands on it: read back, stay inside, break in good places."""

import re
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest
import weasyprint

from benchmarks.ats_proof import EXTRACTORS, Person, corpus, missing_in_order, normalise
from renderer import PAGE_SIZES, TEMPLATES, Contact, Link, PageSize, RenderResult, Template
from renderer.coverage import REPLACEMENT
from renderer.engine import Engine, RefusingFetcher
from renderer.overflow import overflowing_text

Render = Callable[..., RenderResult]
POINTS = {"A4": (595.28, 841.89), "Letter": (612.0, 792.0)}
TEMPLATES_FOLDER = Path(__file__).parents[2] / "renderer" / "templates"


def pages(result: RenderResult) -> list[pymupdf.Page]:
    return list(pymupdf.open(stream=result.pdf, filetype="pdf"))


def lines(page: pymupdf.Page) -> list[str]:
    return [normalise(line) for line in page.get_text(sort=True).split("\n") if line.strip()]


@pytest.mark.parametrize("missing", ["👩\u200d👩\u200d👧", "\uf0e0", "\ufffd", "\U0001f680", "\U000f0001"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_character_without_a_font_is_reported_and_harms_no_other(
    render: Render, template: Template, missing: str
) -> None:
    latin = [f"- Line {number} about efficient workflow and verification" for number in range(20)]
    result = render("\n".join([*latin, f"- Sign {missing} here"]), template=template)
    reported = [warning for warning in result.warnings if warning.code == "missing_glyphs"]
    assert len(reported) == 1
    assert set(reported[0].characters) == set(missing) - {"\u200d"}
    for name, extract in EXTRACTORS.items():
        text = normalise(extract(result.pdf))
        for line in latin:
            assert line[2:] in text, name
        assert REPLACEMENT in text, name


@pytest.mark.parametrize(
    "name", ["李明", "Анна Вишневская", "Łukasz Żółć", "Nguyễn", "Ελένη", "김민지", "ნინო", "Արամ"]
)
@pytest.mark.parametrize("template", TEMPLATES)
def test_names_are_shown_and_extracted(render: Render, template: Template, name: str) -> None:
    result = render("## Skills\n\n- SQL", Contact(name), template=template)
    assert not result.warnings
    for extractor, extract in EXTRACTORS.items():
        assert name in extract(result.pdf), extractor


@pytest.mark.parametrize(
    "person", [person for person in corpus() if person.script == "latin"], ids=lambda item: item.name
)
@pytest.mark.parametrize("template", TEMPLATES)
def test_latin_corpus_reads_back_whole(render: Render, template: Template, person: Person) -> None:
    result = render(person.markdown, person.contact, template=template, language=person.language)
    for name, extract in EXTRACTORS.items():
        assert missing_in_order(person.expected(), extract(result.pdf)) == [], name


OTHER_SCRIPTS = [person for person in corpus() if person.script != "latin"]


@pytest.mark.parametrize(("index", "person"), enumerate(OTHER_SCRIPTS), ids=[person.name for person in OTHER_SCRIPTS])
def test_other_scripts_read_back_whole(render: Render, index: int, person: Person) -> None:
    template = TEMPLATES[index % len(TEMPLATES)]
    result = render(person.markdown, person.contact, template=template, language=person.language)
    for name, extract in EXTRACTORS.items():
        assert missing_in_order(person.expected(), extract(result.pdf)) == [], name


MIXED_LINES = {
    "ar": [
        "زيادة الإيرادات من 1.2 مليون إلى 3.5 مليون دولار (بنسبة 192%).",
        "إدارة فريق: 12 مهندسًا، 3 مصممين، و4 محللين.",
        "استخدام C++, C#, .NET و Node.js/React لبناء المنصة (Cloud & DevOps).",
        "خبير لدى Example International Trading Company LLC",
        "عملت مع Example International Trading Company Limited Liability of Northern Something and Sons في القاهرة",
    ],
    "he": [
        "הקטינה עלויות ב-30%-40% (כ-$1.5M לשנה)",
        'הרצאה: "Scaling to 1M users" בכנס PyCon IL 2022',
        'ראשת צוות, Example Labs Ltd. (לשעבר "דוגמה בע״מ")',
        "Led 5 people (2019–2021), cut costs by 30%.",
        "“Scaling PostgreSQL to 1M users” talk, PyCon 2022 (invited); Python, Django, Kubernetes, Terraform and SQL!",
        "Python, Django, Kubernetes, PostgreSQL ועוד",
    ],
    "fa": ["کاهش ۴۰٪ هزینه‌ها با Docker و Kubernetes"],
    "ur": ["Python اور SQL میں ٹیم کی قیادت (5 افراد)"],
    "lo": ["ພາສາລາວເປັນພາສາທາງການຂອງປະເທດລາວແລະມີການຂຽນໂດຍບໍ່ມີຊ່ອງຫວ່າງລະຫວ່າງຄຳຕ່າງໆຄືກັບພາສາໄທທີ່ຢູ່ໃກ້ຄຽງກັນ"],
    "th": ["บริหารทีม 12 คน ที่บริษัท Example Co., Ltd. ตั้งแต่ปี 2563", "น้ำหนัก กำลังใจ ซื้อที่ดิน"],
    "hi": ["क्षेत्रीय प्रबंधक (12 लोग), Example Technologies प्रा. लि.", "लागत में 30% की कमी; **Python** और SQL का उपयोग"],
    "km": ["ភាសាខ្មែរគឺជាភាសាកំណើតរបស់ជនជាតិខ្មែរនិងជាភាសាផ្លូវការរបស់ប្រទេសកម្ពុជាដែលមានអ្នកនិយាយច្រើនជាងគេ" * 2],
    "my": ["မြန်မာဘာသာစကားသည်မြန်မာနိုင်ငံ၏ရုံးသုံးဘာသာစကားဖြစ်ပြီးတရုတ်တိဘက်ဘာသာစကားမိသားစုတွင်ပါဝင်သည်" * 3],
    "bn": ["ঢাকা বিশ্ববিদ্যালয়, কম্পিউটার বিজ্ঞান (2015)"],
    "ta": ["சென்னைப் பல்கலைக்கழகம், கணினி அறிவியல்"],
    "en": ["Worked with שלום Ltd. on 3 projects and with شركة النموذج in Cairo", "Native עברית speaker"],
}


@pytest.mark.parametrize("language", MIXED_LINES)
def test_lines_of_mixed_scripts_read_back_whole(render: Render, language: str) -> None:
    person = Person("", "", language, Contact("Ada"), "".join(f"- {line}\n" for line in MIXED_LINES[language]))
    pdf = render(person.markdown, person.contact, language=language, template="minimal").pdf
    for name, extract in EXTRACTORS.items():
        assert missing_in_order(person.expected(), extract(pdf)) == [], name


@pytest.mark.parametrize(
    "line",
    [
        "Fluent in עברית, Arabic and English.",
        "Led (שלום עולם) team; native עברית.",
        "Wrote “ספר חדש”: a book, עברית!",
        "Worked with שלום בע״מ, then moved.",
    ],
)
def test_signs_behind_a_right_to_left_phrase_stay_behind_it(render: Render, line: str) -> None:
    pdf = render(f"- {line}\n", Contact("")).pdf
    for name, extract in EXTRACTORS.items():
        if name != "pymupdf":  # exchanges the sign and the space after it
            assert line in normalise(extract(pdf)), name


@pytest.mark.parametrize("name", ["arabic", "hebrew"])
def test_right_to_left_begins_at_the_right(render: Render, name: str) -> None:
    person = next(person for person in OTHER_SCRIPTS if person.name == name)
    result = render(person.markdown, person.contact, language=person.language)
    heading = re.findall(r"(?m)^## (.+)$", person.markdown)[0]
    page = pages(result)[0]
    assert page.search_for(heading)[0].x1 > page.rect.width * 0.75


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_right_to_left_item_hangs_from_the_margin(render: Render, template: Template) -> None:
    item = "הובילה השקה של מוצר תשלומים בשנים עשר מדינות " * 4
    page = pages(render(f"## ניסיון\n\n- {item}\n\n1. {item}", language="he", template=template))[0]
    edges: dict[float, tuple[float, float]] = {}
    for block in page.get_text("dict")["blocks"]:
        for span in (span for line in block["lines"] for span in line["spans"]):
            baseline = round(span["origin"][1])
            left, right = edges.get(baseline, (page.rect.width, 0.0))
            edges[baseline] = min(left, span["bbox"][0]), max(right, span["bbox"][2])
    _, _, (_, margin), (first_left, first), (_, second), *_, (last_left, _) = (edges[line] for line in sorted(edges))
    assert first == pytest.approx(margin, abs=1)
    assert second < margin - 4
    assert min(first_left, last_left) > page.rect.width - margin - 0.5


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_line_of_contact_items_ends_with_a_separator(render: Render, template: Template) -> None:
    links = tuple(Link("", "", f"https://example.com/a-longer-address-{number}") for number in range(9))
    result = render("## Skills", Contact("Ada Example", links=links), template=template)
    text = pages(result)[0].get_text()
    assert [line for line in text.split("\n") if line.rstrip().endswith("·")] == []
    assert text.count("·") >= 4


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_few_contact_items_share_a_line(render: Render, template: Template) -> None:
    def baselines(link: str) -> set[float]:
        contact = Contact("Ada Example", email="ada@example.com", phone="+1 202 555 0101", url=f"https://{link}")
        page = pages(render("## Skills", contact, template=template))[0]
        return {round(page.search_for(text)[0].y1) for text in ("ada@example.com", link)}

    assert len(baselines("ada.example.com")) == 1
    assert len(baselines("example.com/" + "w" * 40)) == 2


@pytest.mark.parametrize("page_size", PAGE_SIZES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_long_address_wraps_inside_the_page(render: Render, template: Template, page_size: PageSize) -> None:
    address = "https://example.com/" + "a1b2c3d4e5" * 30
    bold = "a" * 150 + "/**bold**/" + "b" * 150
    result = render(f"- {address}\n- {bold}", template=template, page_size=page_size)
    page = pages(result)[0]
    assert (round(page.rect.width, 2), round(page.rect.height, 2)) == pytest.approx(POINTS[page_size], abs=0.02)
    assert max(word[2] for word in page.get_text("words")) < page.rect.width - 30
    assert address in "".join(page.get_text().split())
    assert not result.warnings


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_heading_or_role_line_never_ends_a_page(render: Render, template: Template) -> None:
    for filler in range(24, 44, 2):
        markdown = (
            "- filler line\n" * filler + "\n## Next section\n\n### Role, Employer\n*2020 – 2021*\n\n- first\n- second\n"
        )
        markdown += "\n**Second role, Employer**\n\n- third\n- fourth\n" * 3
        for page in pages(render(markdown, template=template)):
            last = lines(page)[-1]
            assert not last.startswith(("Next section", "Role,", "2020", "Second role")), (filler, last)


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_page_begins_or_ends_with_one_line_of_a_paragraph(render: Render, template: Template) -> None:
    split = 0
    for filler in range(28, 40):
        markdown = "- filler\n" * filler + "\n" + "- " + "paragraph words " * 40
        counts = [
            sum("paragraph" in line for line in lines(page)) for page in pages(render(markdown, template=template))
        ]
        assert 1 not in counts, (filler, counts)
        split += len(counts) == 2 and 0 not in counts
    assert split


def test_invisible_characters_are_taken_out_and_reported(render: Render) -> None:
    (warning,) = render("a\x07b\n\nc\u200bd").warnings
    assert (warning.code, warning.characters) == ("removed_characters", ("U+0007",))


def test_sections_split_so_that_no_page_is_wasted(render: Render) -> None:
    bullets = "".join(f"- bullet number {number} of a long section\n" for number in range(130))
    result = render(f"## One\n\n{bullets}")
    filled = [len(lines(page)) for page in pages(result)]
    assert all(count >= max(filled) - 4 for count in filled[1:-1]), filled


def test_contact_is_visible_text_with_links(render: Render) -> None:
    contact = Contact(
        "Ada Example",
        email="ada+jobs@example.com",
        phone="+44 (0)20 7946 0101",
        url="https://example.com",
        links=(Link("LinkedIn", "ada", "linkedin.com/in/ada"),),
    )
    page = pages(render("", contact))[0]
    links = {link["uri"]: normalise(page.get_textbox(link["from"] + (-1, 2, 1, -2))) for link in page.get_links()}
    assert links == {
        "mailto:ada+jobs@example.com": "ada+jobs@example.com",
        "tel:+442079460101": "+44 (0)20 7946 0101",
        "https://example.com": "example.com",
        "https://linkedin.com/in/ada": "linkedin.com/in/ada",
    }


@pytest.mark.parametrize("sheet", sorted(TEMPLATES_FOLDER.rglob("*.css")), ids=lambda path: path.parent.name)
def test_styles_use_nothing_that_breaks_extraction(sheet: Path) -> None:
    style = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    for forbidden in (
        "small-caps",
        "uppercase",
        "hyphens: auto",
        "float:",
        "list-style-position: outside",
        "flex",
        "grid",
        "column",
        "url(",
        " position:",
    ):
        assert forbidden not in style
    assert not re.search(r"letter-spacing:\s*[^0;]", style)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_colour_of_text_has_wcag_aa_contrast(template: Template) -> None:
    style = (TEMPLATES_FOLDER / template / "style.css").read_text(encoding="utf-8")
    colours = re.findall(r"[{;\s]color:\s*#([0-9a-f]{6})", style)
    assert colours
    for colour in colours:
        channels = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (luminance + 0.05) >= 4.5, colour


@pytest.mark.parametrize(
    ("markdown", "markers"),
    [
        ("1. a\n2. b\n   1. c\n   2. d\n3. e", "1.a2.b1.c2.d3.e"),
        ("7. a\n8. b", "7.a8.b"),
        ("- x\n- y\n\nz\n\n1. a", "•x•yz1.a"),
    ],
)
def test_numbered_lists_count_from_their_own_start(render: Render, markdown: str, markers: str) -> None:
    text = "".join(pages(render(markdown, Contact("")))[0].get_text().split())
    assert text == markers


def test_text_past_the_margin_is_found(engine: Engine) -> None:
    def laid_out(style: str) -> str:
        document = weasyprint.HTML(string=f"<p style='{style}'>" + "word " * 60, url_fetcher=RefusingFetcher()).render()
        return overflowing_text(document.pages)

    assert laid_out("white-space: nowrap").startswith("word word")
    assert laid_out("margin-left: -200px").startswith("word word")
    assert laid_out("") == ""


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_long_contact_wraps(render: Render, template: Template) -> None:
    contact = Contact("W" * 80, "M" * 120, "W" * 60 + "@example.com", "8" * 60, url="https://example.com/" + "W" * 60)
    result = render("", contact, template=template)
    assert not result.warnings
    page = pages(result)[0]
    assert max(word[2] for word in page.get_text("words")) < page.rect.width - 30
