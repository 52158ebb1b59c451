"""Postcodes: in Britain and the Netherlands a few houses, elsewhere a part of a town.

British and Canadian ones have a shape of their own and are found anywhere. One of digits alone is found behind a
street, behind its name (`ZIP code: 62704`), a state (`, IL 62704`) or a country (`D-80331`): any other number of five
digits is a count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.lib.training.ascii_words import may_hold

AREAS = (
    "AB|AL|BA|BB|BD|BF|BH|BL|BN|BR|BS|BT|B|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|EC|EH|EN|EX|E|FK|FY|GL"
    "|GU|GY|G|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|LA|LD|LE|LL|LN|LS|LU|L|ME|MK|ML|M|NE|NG|NN|NP|NR|NW|N|OL|OX"
    "|PA|PE|PH|PL|PO|PR|RG|RH|RM|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|S|TA|TD|TF|TN|TQ|TR|TS|TW|UB|WA|WC|WD|WF|WN|WR|WS"
    "|WV|W|YO|ZE"
)
BRITISH = rf"(?:{AREAS})\d[A-Z\d]?\s\d(?!GB\b|TB\b|PL\b|FA\b|XX\b|EA\b)[ABD-HJLNP-UW-Z]{{2}}"
CANADIAN = r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][\s-]?\d[ABCEGHJ-NPRSTV-Z]\d"
STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|PA|RI"
    "|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|DC|PR"
)
COUNTRIES = "D|DE|F|FR|A|AT|CH|L|LU|B|BE|I|IT|E|ES|PL|CZ|S|SE|DK|N|NO|FIN|FI|NL|PT|P"
NAMES = (
    r"post ?code|postal code|zip(?: ?code)?|plz|postleitzahl|code postal|c[oó]digo postal|codice postale|kod pocztowy"
    r"|почтовый индекс|индекс|邮编|郵便番号|우편번호"
)
YEAR = r"(?:19|20)\d\d"
DIGITS = rf"\d{{5}}(?:-\d{{4}})?|\d{{2}}-\d{{3}}|\d{{3}}\s\d{{2}}|\d{{4}}\s?[A-Z]{{2}}|\d{{6}}|(?!{YEAR})\d{{4}}"
CAPITAL = r"[^\W\d_a-zà-öø-ÿ]"
POSTCODE = re.compile(
    rf"\b(?P<own>{BRITISH}|{CANADIAN})\b"
    rf"|,\s(?:{STATES})\s(?P<state>\d{{5}}(?:-\d{{4}})?)\b"
    rf"|\b(?:{COUNTRIES})-(?P<country>\d{{4,5}})\b(?=\s{CAPITAL})"
    rf"|(?i:\b(?:{NAMES}))\s?[:：]?\s?(?P<named>(?:(?=[A-Z\d]*\d)[A-Z\d]{{2,5}}[\s-]?(?:\d[A-Z\d]{{2}})?|{DIGITS}))\b"
    rf"|\[STREET_\d+\](?:[,;]?\s[^\n\d\[\]]{{0,24}}|[,;]?\s\d{{1,3}}º?\s?[^\n\d\[\]]{{0,8}}){{0,2}}?[,;]?\s(?P<behind>{DIGITS})(?=\s{CAPITAL})"
    rf"|\[STREET_\d+\][,;]?\s{CAPITAL}[^\W\d_]+(?:[\s-]{CAPITAL}[^\W\d_]+){{0,2}},?\s(?P<town>\d{{5}}(?:-\d{{4}})?|\d{{6}}|(?!{YEAR})\d{{4}})\b"
    rf"|(?:^|[,\n]\s?)(?P<dutch>(?!{YEAR})[1-9]\d{{3}}\s[A-Z]{{2}})(?=\s{CAPITAL}[^\W\d_])",
)
DIGIT = re.compile(r"\d")
HINT = re.compile(r"\d[A-Z]{2}(?!\w)|\d[A-Z]\d|[A-Z][\s-]\d{4}|\d{4}\s[A-Z]{2}(?!\w)|STREET_\d")
NAME_WORDS = frozenset(["postcode", "code", "zip", "plz", "postleitzahl", "postal", "postale", "pocztowy", "zipcode"])


def postcode_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each postcode; those behind a street are found once that is a placeholder."""
    if DIGIT.search(text) and (HINT.search(text) or may_hold(text, NAME_WORDS)):
        for found in POSTCODE.finditer(text):
            yield found.span(str(found.lastgroup))
