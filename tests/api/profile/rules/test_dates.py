"""Dates as people write them: read where they can be, shown as given, tenure without double counting."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.profile.rules.date_patterns import current_words
from api.profile.rules.dates import (
    PartialDate,
    find_date,
    find_range,
    format_date,
    is_current,
    parse_date,
    parse_range,
    tenure_months,
)
from api.profile.rules.profile import Role


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019", (2019, None, None)),
        ("2019-05", (2019, 5, None)),
        ("2019-05-04", (2019, 5, 4)),
        ("2019-05-04T00:00:00Z", (2019, 5, 4)),
        ("Jan '22", (2022, 1, None)),
        ("Sept. 2020", (2020, 9, None)),
        ("04/2021", (2021, 4, None)),
        ("05.2019", (2019, 5, None)),
        ("31.12.2019", (2019, 12, 31)),
        ("March 3rd, 2018", (2018, 3, 3)),
        ("4 May 2019", (2019, 5, 4)),
        ("März 2020", (2020, 3, None)),
        ("enero de 2020", (2020, 1, None)),
        ("févr. 2017", (2017, 2, None)),
        ("grudzień 2016", (2016, 12, None)),
        ("tháng 3 2020", (2020, 3, None)),
        ("2020年3月", (2020, 3, None)),
        ("Summer 2020", (2020, None, None)),
        ("Q3 2020", (2020, None, None)),
        ("Expected May 2026", (2026, 5, None)),
        ("Graduated 1995", (1995, None, None)),
        ("from March 2019", (2019, 3, None)),
        ("seit 03/2019", (2019, 3, None)),
    ],
)
def test_partial_dates_keep_what_was_given(text: str, expected: tuple[int, int | None, int | None]) -> None:
    assert parse_date(text) == PartialDate(*expected)


@pytest.mark.parametrize(
    "text", ["", None, "banana", "2019-13", "2019-02-30", "3019", "Present", "May", "20XX", "x" * 200, "20 employees"]
)
def test_what_is_no_date_is_not_made_one(text: str | None) -> None:
    assert parse_date(text) is None


def test_day_and_month_that_cannot_be_told_apart_are_left_open() -> None:
    assert parse_date("04/05/2019") == PartialDate(2019)
    assert parse_date("12/25/2019") == PartialDate(2019, 12, 25)


@pytest.mark.parametrize(
    "text", [None, "", "  ", "Present", "PRESENT", "to date", "heute", "aujourd'hui", "現在", "至今", "н.в."]
)
def test_open_ends(text: str | None) -> None:
    assert is_current(text)


@pytest.mark.parametrize("text", ["2020", "soon", "May 2020", "presented"])
def test_closed_ends(text: str) -> None:
    assert not is_current(text)


@pytest.mark.parametrize(
    ("text", "start", "end", "current"),
    [
        ("Jan 2020 to date", "Jan 2020", "", True),
        ("Jan '22 – Present", "Jan '22", "", True),
        ("2019–2021", "2019", "2021", False),
        ("2019–21", "2019", "2021", False),
        ("Jun – Aug 2023", "Jun 2023", "Aug 2023", False),
        ("since 2020", "2020", "", True),
        ("seit 01/2020", "01/2020", "", True),
        ("2019 -", "2019", "", True),
        ("Sep. 2025 – Apr. 2026", "Sep. 2025", "Apr. 2026", False),
        ("August 2016 to present", "August 2016", "", True),
        ("janv. 2020 – aujourd'hui", "janv. 2020", "", True),
        ("enero 2019 a la fecha", "enero 2019", "", True),
        ("2020年3月 – 現在", "2020年3月", "", True),
        ("Fall 2019 - Spring 2020", "Fall 2019", "Spring 2020", False),
        ("Mar. 2010 Aug. 2017", "Mar. 2010", "Aug. 2017", False),
        ("2021 - 2019", "2019", "2021", False),
        ("(03/2018 – 12/2020)", "03/2018", "12/2020", False),
    ],
)
def test_ranges(text: str, start: str, end: str, current: bool) -> None:
    found = parse_range(text)
    assert found is not None
    assert (found.start, found.end, found.current) == (start, end, current)


@pytest.mark.parametrize(
    ("text", "start", "end", "open_word"),
    [
        ("from March 2019 until now", "March 2019", "", "now"),
        ("between 2018 and 2020", "2018", "2020", ""),
        ("zwischen 03/2018 und 05/2020", "03/2018", "05/2020", ""),
        ("entre 2018 et 2020", "2018", "2020", ""),
        ("2019 onwards", "2019", "", "onwards"),
        ("2019 and counting", "2019", "", "and counting"),
        ("de mars 2019 à aujourd'hui", "mars 2019", "", "aujourd'hui"),
        ("de março de 2019 até o presente", "março de 2019", "", "o presente"),
        ("desde marzo de 2019 hasta la actualidad", "marzo de 2019", "", "la actualidad"),
        ("vom 01.03.2019 bis 31.05.2021", "01.03.2019", "31.05.2021", ""),
        ("dal marzo 2019 al maggio 2021", "marzo 2019", "maggio 2021", ""),
        ("från mars 2019 till maj 2021", "mars 2019", "maj 2021", ""),
        ("od března 2019 do května 2021", "března 2019", "května 2021", ""),
        ("с 2019 г. по 2021 г.", "2019", "2021", ""),
        ("март 2019 г. – наст. время", "март 2019", "", "наст. время"),
        ("з січня 2019 по березень 2020", "січня 2019", "березень 2020", ""),
        ("Ocak 2019 – Günümüz", "Ocak 2019", "", "Günümüz"),
        ("Januari 2019 - Sekarang", "Januari 2019", "", "Sekarang"),
        ("2019. március – jelenleg", "2019. március", "", "jelenleg"),
        ("leden 2019 – současnost", "leden 2019", "", "současnost"),
        ("ianuarie 2019 - prezent", "ianuarie 2019", "", "prezent"),
        ("tammikuu 2019 - nykyinen", "tammikuu 2019", "", "nykyinen"),
        ("Φεβρουαρίου 2019 – σήμερα", "Φεβρουαρίου 2019", "", "σήμερα"),
        ("từ tháng 3/2019 đến tháng 5/2021", "tháng 3/2019", "tháng 5/2021", ""),
        ("מרץ 2019 – היום", "מרץ 2019", "", "היום"),
        ("مارس ٢٠١٩ – ديسمبر ٢٠٢٠", "مارس ٢٠١٩", "ديسمبر ٢٠٢٠", ""),
        ("जनवरी २०१९ – मार्च २०२१", "जनवरी २०१९", "मार्च २०२१", ""),
        ("2019年3月から2021年5月まで", "2019年3月", "2021年5月", ""),
        ("2019年3月至2021年5月", "2019年3月", "2021年5月", ""),
        ("2019. 3. ~ 현재", "2019. 3.", "", "현재"),
        ("2019년 3월부터 2021년 5월까지", "2019년 3월", "2021년 5월", ""),
        ("มกราคม 2562 – ปัจจุบัน", "มกราคม 2562", "", "ปัจจุบัน"),
        ("พ.ศ. 2562 - 2564", "พ.ศ. 2562", "2564", ""),
        ("2562 - 2564", "2562", "2564", ""),
        ("令和元年5月 – 現在", "令和元年5月", "", "現在"),
        ("民國 108 年 3 月 - 至今", "民國 108 年 3 月", "", "至今"),
        ("فروردین 1398 تا اکنون", "فروردین 1398", "", "اکنون"),
        ("'19 – '21", "'19", "'21", ""),
        ("03/19 - 05/21", "03/19", "05/21", ""),
        ("Mar-19 – Apr-21", "Mar-19", "Apr-21", ""),
        ("Mar-2019 - Apr-2021", "Mar-2019", "Apr-2021", ""),
        ("2019-03-01/2021-05-31", "2019-03-01", "2021-05-31", ""),
        ("2018/19", "2018", "2019", ""),
    ],
)
def test_ranges_in_prose_in_other_languages_and_calendars(text: str, start: str, end: str, open_word: str) -> None:
    found = find_range(text)
    assert found is not None
    assert (found[0].start, found[0].end, found[0].open_word) == (start, end, open_word)
    assert parse_date(found[0].start) is not None
    assert bool(found[0].end) == (parse_date(found[0].end) is not None)


@pytest.mark.parametrize(
    ("text", "year", "month"),
    [
        ("พ.ศ. 2562", 2019, None),
        ("2562", 2019, None),
        ("ม.ค. 2562", 2019, 1),
        ("令和元年5月", 2019, 5),
        ("平成30年", 2018, None),
        ("H30.4", 2018, 4),
        ("民國108年3月", 2019, 3),
        ("1398", 2019, None),
        ("١٤٤٠ هـ", 2019, None),
        ("٢٠١٩", 2019, None),
        ("'19", 2019, None),
        ("03/19", 2019, 3),
        ("01.03.2019", 2019, 3),
    ],
)
def test_years_of_other_calendars_are_ordered_by_ours(text: str, year: int, month: int | None) -> None:
    parsed = parse_date(text)
    assert parsed is not None
    assert (parsed.year, parsed.month) == (year, month)


@pytest.mark.parametrize(
    "text", ["grew from 2500 - 2600 users", "Raised 2,562 - 2,600", "24/7 support", "May 10 - June 12", "room 1398"]
)
def test_other_numbers_are_no_years(text: str) -> None:
    assert find_range(text) is None
    assert find_date(text) is None


def test_the_word_for_an_open_end_is_kept() -> None:
    found = parse_range("03/2020 – heute")
    assert found is not None
    assert found.open_word == "heute"


@pytest.mark.parametrize("text", ["Led 2000 people to 2010 goals", "Raised $2019 - 2500", "call 555-0123", "3.5 of 4"])
def test_numbers_are_no_ranges(text: str) -> None:
    assert find_range(text) is None


def test_a_date_is_found_within_a_line() -> None:
    assert find_date("Dean's List, 2014") == ("2014", (13, 17))
    assert find_date("GPA 9.10\tAug 2017") is not None
    assert find_date("GPA 9.10\tAug 2017")[0] == "Aug 2017"  # type: ignore[index]


@pytest.mark.parametrize(
    ("value", "language", "shown"),
    [
        ("2019", "en", "2019"),
        ("2019-05", "en", "May 2019"),
        ("2019-05-04", "en", "4 May 2019"),
        ("2019-05", "de", "Mai 2019"),
        ("2019-05-04", "de", "4. Mai 2019"),
        ("2019-05-04", "es", "4 de mayo de 2019"),
        ("2019-05", "ja", "2019年5月"),
        ("2019-05", "xx", "May 2019"),
        ("Summer 2019", "de", "Summer 2019"),
        ("Jan '22", "en", "Jan '22"),
        (None, "en", ""),
        ("2019-13", "en", "2019-13"),
    ],
)
def test_dates_are_shown_as_precisely_as_given(value: str | None, language: str, shown: str) -> None:
    assert format_date(value, language) == shown


@given(st.integers(1900, 2100), st.sampled_from(["en", "de", "fr", "es", "pl", "ja", "ko", "vi"]))
def test_a_year_never_gains_a_month(year: int, language: str) -> None:
    assert format_date(str(year), language) == str(year)


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_iso_dates_are_read_back(value: date) -> None:
    assert parse_date(value.isoformat()) == PartialDate(value.year, value.month, value.day)
    assert parse_date(value.isoformat()[:7]) == PartialDate(value.year, value.month)


@settings(deadline=None)  # the first call compiles the patterns
@given(st.text(max_size=80))
def test_any_text_is_handled(text: str) -> None:
    parse_date(text)
    find_date(text)
    found = find_range(text)
    assert found is None or 0 <= found[1][0] < found[1][1] <= len(text)


def _role(start: str | None, end: str | None) -> Role:
    return Role("r", "Acme", "Engineer", start, end, current=start is not None and is_current(end))


def test_overlapping_jobs_are_counted_once() -> None:
    roles = [_role("2019", "2021"), _role("2020", "2023")]
    assert tenure_months(roles, date(2026, 1, 1)) == 48


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2020-01", "2020-03", 3),
        ("2020-01", "2020-01", 1),
        ("2020-01", None, 12),
        ("2020-01", "Present", 12),
        ("2021-01", "2020-01", 0),
        (None, "2020", 0),
        ("banana", "2020", 0),
        ("2019", "2019", 0),
        ("2030-01", None, 0),
    ],
)
def test_tenure_of_one_job(start: str | None, end: str | None, months: int) -> None:
    assert tenure_months([_role(start, end)], date(2020, 12, 31)) == months


@given(st.lists(st.tuples(st.integers(2000, 2020), st.integers(0, 8)), max_size=8))
def test_tenure_never_exceeds_the_sum_nor_falls_below_the_longest(spans: list[tuple[int, int]]) -> None:
    roles = [_role(str(start), str(start + length)) for start, length in spans]
    total = tenure_months(roles, date(2030, 1, 1))
    assert max((length * 12 for _, length in spans), default=0) <= total <= sum(length * 12 for _, length in spans)
    assert total == tenure_months(list(reversed(roles)), date(2030, 1, 1))


def test_the_word_list_covers_the_common_languages() -> None:
    assert {"present", "heute", "presente", "heden", "obecnie", "現在", "至今", "현재"} <= current_words()


@pytest.mark.parametrize("hyphen", "-\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe63\uff0d~\u2192\u2026")
def test_every_kind_of_dash_makes_a_range(hyphen: str) -> None:
    found = parse_range(f"May 2019 {hyphen} June 2021")
    assert found is not None
    assert (found.start, found.end) == ("May 2019", "June 2021")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2019 ... 2021", "2019", "2021"),
        ("Sep-19 to Dec-20", "Sep-19", "Dec-20"),
        ("mid-2019 to end of 2020", "mid-2019", "end of 2020"),
        ("Anfang 2019 bis Ende 2020", "Anfang 2019", "Ende 2020"),
        ("jesień 2018 – wiosna 2019", "jesień 2018", "wiosna 2019"),
        ("2021 Q3 - 2022-Q1", "2021 Q3", "2022-Q1"),
        ("toukokuu 2019 - nyt", "toukokuu 2019", ""),
        ("06/2019 – lfd.", "06/2019", ""),
    ],
)
def test_ranges_of_more_words(text: str, start: str, end: str) -> None:
    found = parse_range(text)
    assert found is not None
    assert (found.start, found.end, found.current) == (start, end, not end)
