"""Jobs and degrees written as a form: a label before every field, in a column of its own or with a colon.

The Europass form of 2005-2019 and self-made tables name what stands in each field, so nothing has to be guessed. Forms
are read before the sections; what is no form goes on unchanged.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from api.profile.importer.lines import Line, take_bullet
from api.profile.importer.sections import heading_kind
from api.profile.rules.data_files import read_data
from api.profile.rules.dates import find_range

ROLE_FIELDS = frozenset({"title", "employer", "duties"})
DEGREE_FIELDS = frozenset({"degree", "school", "subjects", "area"})
_ONCE = frozenset({"dates", "title", "employer", "degree", "school"})
_MIN_CLOSE_WORDS = 3
_MAX_LABEL_WORDS = 12


@dataclass(slots=True)
class Field:
    """The value of one label, by the lines it runs over, without the label."""

    kind: str
    label: str
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Record:
    """One job or degree as a form gives it, and the lines of the page it takes."""

    fields: list[Field] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)

    def first(self, kind: str) -> Field | None:
        """Return the first field of a kind that has a value."""
        return next((item for item in self.fields if item.kind == kind and item.lines), None)

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of fields that are there."""
        return frozenset(item.kind for item in self.fields)

    @property
    def is_role(self) -> bool:
        """Whether it is a job (else a degree)."""
        return bool(self.kinds & {"title", "employer"}) and not self.kinds & {"degree", "school"}

    def not_understood(self) -> list[str]:
        """Return the fields that no part of a profile holds, as they stand on the page."""
        known = ROLE_FIELDS if self.is_role else DEGREE_FIELDS
        return [
            " ".join([item.label, *(line.plain for line in item.lines)]).strip()
            for item in self.fields
            if item.kind not in known | {"dates", "place"}
        ]

    @property
    def is_entry(self) -> bool:
        """Whether two of its fields say which job or degree it is."""
        named = {item.kind for item in self.fields if item.kind in _ONCE and item.lines}
        return len(named) >= 2 and bool(named - {"dates"})


@functools.cache
def _labels() -> dict[str, str]:
    return {_normalise(name): kind for kind, names in read_data("field_labels")["fields"].items() for name in names}


@functools.cache
def _beginnings() -> frozenset[str]:
    words = [name.split() for name in _labels()]
    return frozenset(" ".join(name[:count]) for name in words for count in range(2, len(name)))


def has_address(label: str) -> bool:
    """Tell whether the value of a label is a name followed by its address."""
    return _normalise(label) in _with_address()


@functools.cache
def _with_address() -> frozenset[str]:
    return frozenset(_normalise(name) for name in read_data("field_labels")["named_with_address"])


def _normalise(text: str) -> str:
    text = re.sub(r"\((?:s|es|e|i|n|en)\)", "", text.casefold().replace("’", "'").replace("–", "-"))
    text = re.sub(r"\s*/\s*", "/", " ".join(text.split()))
    return text.strip(" :.*•")


def label_kind(text: str) -> str | None:
    """Return the field that a text labels, when it is a known label and nothing else."""
    return _labels().get(_normalise(text)) if len(text) <= 90 else None


def begins_label(text: str) -> bool:
    """Tell whether a text is a label or the first line of one that runs over several lines."""
    folded = _normalise(text)
    return folded in _labels() or folded in _beginnings()


def _split_label(line: Line) -> tuple[str, Line | None] | None:
    """Return the label of a line and the line that is left, or None when no label stands first."""
    first, rest = line.segments[0], line.segments[1:]
    if begins_label(first.text):
        if rest and label_kind(rest[0].text) is not None:
            return None  # the first row of a table with labels as columns
        return first.text, replace(line, segments=rest) if rest else None
    label, colon, value = first.text.partition(":")
    if colon and value.strip() and label_kind(label) is not None:
        return label, _behind(line, len(label) + 1, value.strip())
    return _split_close_label(line)


def _split_close_label(line: Line) -> tuple[str, Line] | None:
    """Find a label that no wide gap separates from its value: "Occupation or position held Analyst".

    A short label is one only before what such a label announces: dates, a number, an address of mail.
    """
    words = line.segments[0].text.split()
    for count in range(min(len(words) - 1, _MAX_LABEL_WORDS), 0, -1):
        label, value = " ".join(words[:count]), " ".join(words[count:])
        kind = label_kind(label)
        if kind is None and (count < _MIN_CLOSE_WORDS or not begins_label(label)):
            continue
        found = find_range(value) if kind == "dates" else None
        is_dated = found is not None and found[1][0] == 0
        is_reached = kind == "contact" and (re.match(r"[+(\d]", value) is not None or "@" in value)
        if count >= _MIN_CLOSE_WORDS or is_dated or is_reached:
            return label, _behind(line, len(label), value)
    return None


def _behind(line: Line, label_length: int, value: str) -> Line:
    """Return the line without a label of this length that stood in its first segment."""
    first = line.segments[0]
    x0 = first.x0 + (first.x1 - first.x0) * label_length / len(first.text)
    return take_bullet(replace(line, segments=(replace(first, text=value, x0=x0), *line.segments[1:])))


def read_form(lines: Sequence[Line]) -> tuple[list[Record], list[Line]]:
    """Return the jobs and degrees that stand in forms, and all other lines in their order.

    In the other lines the labels of contact data are left out when the document has a form.
    """
    reader = _Reader()
    for index, line in enumerate(lines):
        reader.read(index, line)
    records = [record for record in reader.records if record.is_entry]
    if not records:
        return [], list(lines)
    taken = {index for record in records for index in record.taken}
    others = [(index, line) for index, line in enumerate(lines) if index not in taken]
    left = [reader.contact.get(index, line) for index, line in others]
    named = [line for (index, _), line in zip(others, left, strict=True) if index in reader.names]
    return records, named + [line for line in left if all(line is not name for name in named)]


class _Reader:
    """Walks the lines once and collects fields into records."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.contact: dict[int, Line] = {}
        self.names: list[int] = []
        self.field: Field | None = None
        self.label_x0 = 0.0
        self.value_x0: float | None = None

    def read(self, index: int, line: Line) -> None:
        """Take one line as a label with its value, as more of the value before, or as the end of a form."""
        if self._goes_on_with_label(index, line):
            return
        split = None if line.bullet else _split_label(line)
        if split is not None:
            self._open(index, line, *split)
        elif self.field is None:
            return
        elif heading_kind(line.segments[0].text) is not None or self._leaves(line):
            self.field = None
            self.records.append(Record())
        elif self._is_unknown_label(line):
            self._take(index, Field("note", "", [line]))
        else:
            self.field.lines.append(line)
            self.records[-1].taken.append(index)

    def _goes_on_with_label(self, index: int, line: Line) -> bool:
        """Join the second line of a label to its first one."""
        if self.field is None or line.bullet or line.x0 > self.label_x0 + 260 or not line.wraps:
            return False
        first, rest = line.segments[0], line.segments[1:]
        if self.value_x0 is not None and first.x0 >= self.value_x0 - 3:
            return False
        joined = f"{self.field.label} {first.text}"
        value = replace(line, segments=rest) if rest else None
        if not begins_label(joined):
            words = first.text.split()
            count = next(
                (n for n in range(len(words) - 1, 0, -1) if label_kind(_joined(self.field.label, words[:n]))), None
            )
            if count is None:
                return False
            joined = _joined(self.field.label, words[:count])
            value = _behind(line, len(" ".join(words[:count])), " ".join(words[count:]))
        self.field.label = joined
        self.field.kind = label_kind(joined) or self.field.kind
        if value is not None:
            self.field.lines.append(take_bullet(value))
        self.records[-1].taken.append(index)
        return True

    def _open(self, index: int, line: Line, label: str, value: Line | None) -> None:
        kind = label_kind(label) or _kind_of_beginning(label)
        if kind in ("contact", "name"):
            self.field = None
            if value is not None:
                self.contact[index] = _first_name_first(value) if kind == "name" else value
                if kind == "name":
                    self.names.append(index)
            return
        self.label_x0 = line.x0
        self.value_x0 = value.x0 if value is not None and len(line.segments) > 1 else None
        self._take(index, Field(kind, label, [take_bullet(value)] if value is not None else []))

    def _take(self, index: int, opened: Field) -> None:
        kinds = self.records[-1].kinds if self.records else frozenset()
        crosses = (opened.kind in ROLE_FIELDS and kinds & DEGREE_FIELDS) or (
            opened.kind in DEGREE_FIELDS and kinds & ROLE_FIELDS
        )
        if not self.records or crosses or (opened.kind in _ONCE and opened.kind in kinds):
            self.records.append(Record())
        self.records[-1].fields.append(opened)
        self.records[-1].taken.append(index)
        self.field = opened

    def _is_unknown_label(self, line: Line) -> bool:
        return self.value_x0 is not None and len(line.segments) > 1 and line.segments[0].x1 < self.value_x0

    def _leaves(self, line: Line) -> bool:
        """Tell whether a line stands outside the column of values, or behind a value that is whole."""
        if self.field is None or line.level is not None:
            return True
        if self.value_x0 is not None and line.wraps:
            return line.x0 < self.value_x0 - 3 and len(line.segments) == 1 and not line.bullet
        has_value = bool(self.field.lines)
        return has_value and self.field.kind != "duties" and not line.wraps and self.value_x0 is None


def _joined(label: str, words: Sequence[str]) -> str:
    return " ".join([label, *words])


def _first_name_first(line: Line) -> Line:
    """Turn "Berthier, Lucie", as a label that asks for the surname first gets it, into the order of speech."""
    match = re.fullmatch(r"([^\W\d_][\w .'’-]*),\s*([^\W\d_][\w .'’-]*)", line.text)
    if match is None:
        return line
    return replace(line, segments=(replace(line.segments[0], text=f"{match[2]} {match[1]}"),))


def _kind_of_beginning(label: str) -> str:
    folded = _normalise(label)
    return next((kind for name, kind in _labels().items() if name.startswith(folded + " ")), "note")
