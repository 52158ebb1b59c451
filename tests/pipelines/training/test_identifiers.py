"""Mail, phone, web and street addresses and names as they are written in many countries; and what is none of them."""

import csv
import random
from pathlib import Path
from typing import Any

import pytest

from pipelines.lib.training.identity_details import BIRTH, PAPER_NUMBER, STATUS, birth_spans, paper_spans, status_spans
from pipelines.lib.training.known_name import spans_of_known
from pipelines.lib.training.names import MOST_FOREIGN_WORDS
from pipelines.lib.training.personal_data import Placeholders, mask, names_given_away, residual_kinds
from pipelines.lib.training.streets import PATTERNS, street_spans

TEXTS = [
    (row["kind"], row["text"].replace("\\n", "\n"))
    for row in csv.DictReader(Path(__file__).with_name("identifiers.csv").open(encoding="utf-8"))
]
CONTACT_LINES = [
    (row["text"], row["gone"])
    for row in csv.DictReader(Path(__file__).with_name("contact_lines.csv").open(encoding="utf-8"))
]


@pytest.mark.parametrize("text", [text for kind, text in TEXTS if kind == "none"])
def test_what_identifies_nobody_stays(text: str) -> None:
    assert mask(text, Placeholders()) == text
    assert list(residual_kinds(text)) == []


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, text in TEXTS if kind != "none"])
def test_an_identifier_is_masked_and_seen_when_it_is_not(kind: str, text: str) -> None:
    masked = mask(text, Placeholders())
    assert f"[{kind.upper()}_1]" in masked
    assert kind in set(residual_kinds(text))
    assert list(residual_kinds(masked)) == []


@pytest.mark.parametrize(("text", "gone"), CONTACT_LINES)
def test_nothing_of_a_line_that_leads_to_somebody_stays(text: str, gone: str) -> None:
    """Also what only means something beside another identifier: an extension, a postcode behind a street."""
    masked = mask(text, Placeholders())
    assert [piece for piece in gone.split("|") if piece in masked] == []
    assert list(residual_kinds(text)) != []
    assert list(residual_kinds(masked)) == []


STREET_PARTS = """Unter den An der Auf dem Am Zum Zur Postfach Allee Ring Weg Main Street ST Avenue 12 5a 10115 3/4
C/ Calle Via Roma rue de la Paix place cours ul. al. os. Nowa aleja Sok. Cad. No: Caddesi Damm Rathausplatz
Keizersgracht Storgatan"""

KNOWN = {
    "Ann-Marie Example-Smith": (
        "ANN-MARIE EXAMPLE-SMITH", "Example-Smith, Ann-Marie", "Ann Marie Example Smith", "A. Example-Smith",
        "A.-M. Example-Smith", "Example-Smith A.", "Ann-Marie B. Example-Smith", "Ann-Marie Exam-\nple-Smith",
        "ann-marie example-smith's plan",
    ),
    "Łukasz Żółć": ("Lukasz Zolc", "ŁUKASZ ŻÓŁĆ", "Żółć Łukasz", "Ł. Żółć"),
    "Jürgen Müller": ("Juergen Mueller", "Jurgen Muller", "Mu\u0308ller, Ju\u0308rgen", "Jür\u200bgen Müller"),
    "Nguyễn Văn An": ("Nguyen Van An", "An Nguyen", "NGUYỄN VĂN AN"),
    "José María O'Neill": ("Jose Maria ONeill", "O’Neill, José María", "J. M. O'Neill", "José O'Neill"),
    "Анна Вишневская": ("АННА ВИШНЕВСКАЯ", "Вишневская Анна", "А. Вишневская", "с Анной Вишневской"),
    "Γιώργος Παπαδόπουλος": ("ΓΙΩΡΓΟΣ ΠΑΠΑΔΟΠΟΥΛΟΣ", "του Γιώργου Παπαδόπουλου"),
    "李明": ("我是李明，", "李 明", "名字李明在"),
    "田中 太郎": ("田中太郎", "田中\u3000太郎さん", "太郎 田中"),
    "김민수": ("김민수는", "김 민수"),
    "أحمد علي": ("وأحمد علي", "لأحمد علي", "علي أحمد"),
    "דנה כהן": ("כהן דנה", "לדנה כהן"),
    "राम शर्मा": ("शर्मा राम", "राम शर्मा ने"),
    "สมชาย ใจดี": ("นายสมชาย ใจดี", "สมชายใจดี"),
    "Ann Example": ("ann_example", "Ann\u00a0Example", "Ann  Example", "A. Example", "Ann\nExample"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in KNOWN.items() for text in texts])
def test_a_known_name_is_masked_in_any_form(name: str, text: str) -> None:
    known = {name: "NAME"}
    masked = mask(f"1: {text} :2", Placeholders(), known)
    assert "[NAME_1]" in masked
    assert "name" in set(residual_kinds(text, known))
    assert list(residual_kinds(masked, known)) == []


@pytest.mark.parametrize(
    "text",
    ["Annual Leeds fair", "Ann led the example project", "an example of smith work", "Anna's examples"],
)
def test_a_known_name_is_not_found_in_other_words(text: str) -> None:
    assert list(spans_of_known("Ann Example", text)) == []
    assert list(spans_of_known("Ann Lee", text)) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a@example.com, b@example.org; c@example.net", 3),
        ("用户@例子.公司 राम@उदाहरण.भारत почта@пример.рф", 3),
        ("https://example.com/a www.example.org vk.com/id1", 3),
        ("12 Elm Street, ул. Ленина, д. 5 and Musterstraße 12", 3),
        ("+49 30 5550100, +33 1 55 50 10 00; +1 (555) 555-0102", 3),
        ("Worked with 李明, Анна Вишневская, then with דנה כהן on the ward for years", 3),
        ("Contact: Ann Example\nContact: Bo Sample\nContact: Cy Specimen", 3),
    ],
)
def test_each_of_three_in_one_text_is_masked(text: str, count: int) -> None:
    masked = mask(text, Placeholders())
    assert masked.count("[") == count
    assert f"_{count}]" in masked


def test_a_name_that_one_text_gives_away_is_masked_in_all() -> None:
    texts = ("My name is Ann Example.", "Plan by EXAMPLE, ANN for 20 people", "A. Example's team")
    known = names_given_away(*texts)
    placeholders = Placeholders()
    assert [mask(text, placeholders, known) for text in texts] == [
        "My name is [NAME_1].",
        "Plan by [NAME_1] for 20 people",
        "[NAME_1]'s team",
    ]


def test_a_resume_in_other_letters_is_not_full_of_names() -> None:
    words = " ".join(["Опыт Работы"] * MOST_FOREIGN_WORDS) + ", Python, SQL"
    assert mask(words, Placeholders()) == words


def test_a_look_at_the_words_rules_out_no_street() -> None:
    """Words of the labelled texts thrown together, in ASCII too: what every pattern finds, the quick way finds."""
    choose = random.Random(3)
    parts = sorted({part for _, text in TEXTS for part in text.split()} | set(STREET_PARTS.split()))
    found = 0
    for _ in range(3_000):
        text = choose.choice((" ", "  ", "\n")).join(choose.choices(parts, k=choose.randint(2, 5)))
        text = choose.choice((text, text.upper(), text.encode("ascii", "ignore").decode()))
        spans = [match.span() for _, pattern in PATTERNS for match in pattern.finditer(text)]
        assert spans == list(street_spans(text)), text
        found += bool(spans)
    assert found >= 30


PAPER_LABELS = """SSN|Social Security|Social security number|National insurance no.|NINO|NI number|Passport
Reisepassnummer|Personalausweis|Steuer-ID|SteuerID|DNI|NIE|NIF|CPF
Codice fiscale|PESEL|BSN|Aadhaar|Aadhar|National ID|ID card|ID number|Driving licence|Driver's license"""
BIRTH_LABELS = """Date of birth|DOB|D.O.B.|Birth date|Birthdate|Birthday|Born|born on|Geboren am|Geburtsdatum
Date de naissance|Fecha de nacimiento|Data di nascita|Nata il|nato il|Data de nascimento|Geboortedatum|Data urodzenia"""
STATUS_LABELS = """Nationality|Citizenship|Marital status|Civil status|Family status|Gender|Familienstand|Geschlecht
Situation de famille|Situation familiale|Nacionalidad|Nacionalidade|Estado civil|Stato civile
Burgerlijke staat|Nationaliteit|Stan cywilny"""


def labels(lines: str) -> list[str]:
    return lines.replace("\n", "|").split("|")


@pytest.mark.parametrize(
    ("text", "pattern", "spans"),
    [
        *((f"{label}: 123 456 78 9", PAPER_NUMBER, paper_spans) for label in labels(PAPER_LABELS)),
        *((f"{label}: 12.03.1988", BIRTH, birth_spans) for label in labels(BIRTH_LABELS)),
        *((f"{label}: single", STATUS, status_spans) for label in labels(STATUS_LABELS)),
        ("Age: 36", BIRTH, birth_spans),
    ],
)
def test_a_look_at_the_words_rules_out_no_field(text: str, pattern: Any, spans: Any) -> None:
    for written in (text, text.upper(), text.lower()):
        assert len(list(pattern.finditer(written))) == len(list(spans(written))), written
    assert list(spans(text)), "the label is not known at all"
