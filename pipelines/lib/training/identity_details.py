"""What says who a person is beside names and addresses: numbers of papers and accounts, date of birth, nationality and
family status, handles in social networks. Each is found by the word that stands before it, or by its check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.lib.training.ascii_words import may_hold

PAPERS = (
    r"\bssn|\bsocial security(?: number| no\.?)?|\bnational insurance(?: number| no\.?)?|\bnino|\bni number"
    r"|\bpassport(?: number| no\.?| nr\.?)?|\breisepass(?:nummer)?|\bpersonalausweis(?:nummer)?|\bsteuer-?id"
    r"|\bdni|\bnie|\bnif|\bcpf|\bcodice fiscale|\bpesel|\bbsn|\baadhaa?r|\bnational id"
    r"|\bid (?:card|number)|\bdriving licen[cs]e|\bdriver['’]s licen[cs]e|\bинн|\bснилс|\bпаспорт"
    r"|身份证号?码?|護照|护照|주민등록번호|マイナンバー"
)
PAPER_NUMBER = re.compile(
    rf"(?i:{PAPERS})(?:\s(?:is|number|no\.?))?\s?[:：#-]?\s?(?P<value>[A-Z]{{0,3}}[ -]?\d[\dA-Z ./-]{{3,22}}[\dA-Z])\b"
)
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z\d]{4}){2,7}(?:\s?[A-Z\d]{1,4})?\b")
MONTH = r"[^\W\d_]{3,12}\.?"
DATE = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?[\s./-]{{1,2}}(?:de\s+|of\s+)?(?:\d{{1,2}}|{MONTH})[\s./,-]{{1,2}}(?:de\s+)?\d{{2,4}}"
    rf"|{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|\d{{4}}\s?[./年년-]\s?\d{{1,2}}\s?[./月월-]\s?\d{{1,2}}\s?[日일]?)"
)
BIRTH_WORDS = (
    r"\bdate of birth|\bdob|\bd\.o\.b\.|\bbirth ?date|\bbirthday|\bborn(?: on)?|\bgeboren(?: am)?|\bgeburtsdatum"
    r"|\bnée? le|\bdate de naissance|\bfecha de nacimiento|\bdata di nascita|\bnat[oa] il|\bdata de nascimento"
    r"|\bgeboortedatum|\bdata urodzenia|\bдата рождения|\bродил(?:ся|ась)|出生日期|出生年月日?|生年月日|생년월일"
    r"|تاريخ الميلاد|תאריך לידה|जन्म ?तिथि|วันเกิด|ημερομηνία γέννησης"
)
BIRTH = re.compile(rf"(?:{BIRTH_WORDS})\s?[:：]?\s?(?P<value>{DATE})|\bage\s?:\s?(?P<age>\d{{2}})\b", re.IGNORECASE)
STATUS_WORDS = (
    r"\bnationality|\bcitizenship|\bmarital status|\bcivil status|\bfamily status|\bgender|\bfamilienstand"
    r"|\bstaatsangehörigkeit|\bnationalität|\bgeschlecht|\bnationalité|\bsituation (?:de famille|familiale)"
    r"|\bétat civil|\bnacionalidade?|\bestado civil|\bnazionalità|\bstato civile|\bburgerlijke staat|\bnationaliteit"
    r"|\bstan cywilny|\bnarodowość|\bгражданство|\bсемейное положение|\bυπηκοότητα|\bοικογενειακή κατάσταση|国籍|國籍"
    r"|婚姻状况|婚姻狀況|性别|性別|국적|결혼 ?여부|성별|الجنسية|الحالة الاجتماعية|אזרחות|מצב משפחתי"
    r"|राष्ट्रीयता|वैवाहिक स्थिति|สัญชาติ|สถานภาพ"
)
STATUS = re.compile(rf"(?:{STATUS_WORDS})\s?[:：]\s?(?P<value>[^\W\d_][^\n,;|.()/、，。]{{1,29}})", re.IGNORECASE)
NETWORKS = r"twitter|instagram|telegram|tiktok|threads|snapchat|mastodon|github|gitlab|youtube|facebook|skype|wechat"
HANDLE = re.compile(
    rf"\b(?:{NETWORKS})\b(?:\s(?:handle|name|id))?\s?[:：(]?\s?(?P<value>@[\w.]{{2,40}}\w)"
    r"|\bskype(?:\s(?:name|id))?\s?[:：]\s?(?P<skype>live:[\w.-]{2,40}|[a-z][\w.-]*[\d._-][\w.-]*)"
    r"|\bskype(?:\s(?:name|id|is))?\s(?P<live>live:[\w.-]{2,40})"
    r"|\blinked-?in\b\s?[:：(|–-]?\s?/?(?P<linkedin>(?:in|pub)/[\w%-]{3,100})"
    r"|\bdiscord\b(?:\s(?:handle|name|id|is))?\s?[:：(]?\s?(?P<discord>[\w.]{2,32}#\d{4})\b",
    re.IGNORECASE,
)
DIGIT = re.compile(r"\d")
PAPER_WORDS = (
    "ssn social insurance nino ni passport reisepass reisepassnummer personalausweis personalausweisnummer steuer"
    " steuerid dni nie nif cpf codice pesel bsn aadhaar aadhar id driving driver"
)
BIRTH_FIELD_WORDS = (
    "birth dob d birthdate birthday born geboren geburtsdatum naissance nacimiento nascita nata nato nascimento"
    " geboortedatum urodzenia age ne nee"
)
STATUS_FIELD_WORDS = (
    "nationality citizenship status gender familienstand geschlecht famille familiale civil nacionalidad nacionalidade"
    " civile staat nationaliteit cywilny"
)
PAPER_HINTS = frozenset(PAPER_WORDS.split())
BIRTH_HINTS = frozenset(BIRTH_FIELD_WORDS.split())
STATUS_HINTS = frozenset(STATUS_FIELD_WORDS.split())
NETWORK_HINTS = frozenset(f"{NETWORKS}|linkedin|linked|discord".split("|"))
"""Each match in a text of ASCII holds one of these words."""


def paper_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each number of a paper, and of each account number whose check digits are right."""
    if DIGIT.search(text):
        for found in PAPER_NUMBER.finditer(text) if may_hold(text, PAPER_HINTS) else ():
            if len(DIGIT.findall(found["value"])) >= 5:
                yield found.span("value")
        for found in IBAN.finditer(text):
            if is_account(found[0]):
                yield found.span()


def is_account(written: str) -> bool:
    """Whether the check digits of an IBAN are right (ISO 13616: the remainder by 97 is 1)."""
    plain = re.sub(r"\s", "", written)
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(mark, 36)) for mark in plain[4:] + plain[:4])) % 97 == 1


def birth_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each date of birth, and of an age that is said as a field."""
    if DIGIT.search(text) and may_hold(text, BIRTH_HINTS):
        for found in BIRTH.finditer(text):
            yield found.span("value" if found["value"] else "age")


def status_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of what stands behind `Nationality:`, `Marital status:` and their like."""
    if (":" in text or "：" in text) and may_hold(text, STATUS_HINTS):
        for found in STATUS.finditer(text):
            yield found.span("value")


def handle_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each handle behind the name of a network."""
    if "@" in text or "#" in text or "/" in text or "skype" in text.lower():
        for found in HANDLE.finditer(text) if may_hold(text, NETWORK_HINTS) else ():
            yield found.span(str(found.lastgroup))
