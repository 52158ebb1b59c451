"""Skills, languages and interests from lists and labelled lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from api.profile.importer.lexicon import is_human_language
from api.profile.importer.lines import Line
from api.profile.importer.paragraphs import is_full, paragraphs
from api.profile.importer.sections import heading_kind

_GROUP = re.compile(
    r"^(?P<name>[^:,;|•·\t]{2,45}?)\s*:\s+(?P<list>\S.*)$|^(?P<dash>[^:,;|•·\t]{2,35}?)\s+[–—]\s+(?P<items>\S.*,.*)$"
)
_ITEM_BREAK = re.compile(
    r"\s*[,;|•·∙⋅●▪■⬥]\s+(?![^()]*\))|\t|\s*[，、；]\s*|\s{2,}|\s*[|•·∙⋅●]\s*(?![^()]*\))|,(?=[^\W\d_])(?![^()]*\))"
)
_LEVEL = re.compile(
    r"^(?P<name>[^\W\d_][^\d:()–—]*?)\s*(?:[:–—(-]|\s-\s|\t)\s*(?P<level>[^()]+?)\)?\s*$|^(?P<only>[^\W\d_][\w .'’-]*)$"
)


@dataclass(slots=True)
class SkillDraft:
    """A group of skills; the name is empty when the person named none."""

    name: str
    line: Line
    keywords: list[tuple[str, Line]] = field(default_factory=list)


@dataclass(slots=True)
class SkillsDraft:
    """What a skills section holds: groups, and the languages and interests that stand among them."""

    groups: list[SkillDraft] = field(default_factory=list)
    languages: list[tuple[str, str, Line]] = field(default_factory=list)
    interests: list[tuple[str, Line]] = field(default_factory=list)
    certificates: list[tuple[str, Line]] = field(default_factory=list)


def split_items(text: str) -> list[str]:
    """Split a list written in one line; commas within brackets do not split."""
    items = [
        item.strip().strip(".;").strip() if not re.search(r"\.\w", item) else item.strip(" ;,")
        for item in _ITEM_BREAK.split(text)
    ]
    return [re.sub(r"^(?:and|und|et|y)\s+", "", item) for item in items if re.search(r"\w", item)]


def read_skills(lines: Sequence[Line]) -> SkillsDraft:
    """Read a skills section."""
    draft = SkillsDraft()
    open_group: SkillDraft | None = None
    texts = _labelled_lines(lines)
    for text, line in texts:
        match = _GROUP.match(text)
        if match:
            name, listed = (match["name"] or match["dash"]).strip(), match["list"] or match["items"]
            open_group = _add_group(name, listed, line, draft)
            continue
        is_label = text.rstrip().endswith(":") or (
            line.bold and len(text.split()) <= 5 and not re.search(r"[,;|•·\t]", text)
        )
        if is_label and len(text) <= 45 and any(not other.bold for _, other in texts):
            open_group = SkillDraft(text.rstrip(": "), line)
            draft.groups.append(open_group)
            continue
        if open_group is None:
            open_group = SkillDraft("", line)
            draft.groups.append(open_group)
        open_group.keywords += [(item, line) for item in split_items(text)]
    for group in [group for group in draft.groups if heading_kind(group.name) in ("languages", "interests")]:
        _move_group(group, draft)
    draft.groups = [group for group in draft.groups if group.keywords or group.name]
    return draft


def _labelled_lines(lines: Sequence[Line]) -> list[tuple[str, Line]]:
    """Join wrapped list lines: a line goes on with the one before when that ended in the middle of a list."""
    result: list[tuple[str, Line]] = []
    last = lines[0] if lines else None
    for paragraph_line in lines:
        text = paragraph_line.text.strip()
        text = re.sub(r"^([^\t:]{2,40}):\t", r"\1: ", text)
        segments = paragraph_line.segments
        if len(segments) == 2 and segments[0].bold and not segments[1].bold and ":" not in segments[0].text:
            text = f"{segments[0].text}: {segments[1].text}"
        previous = result[-1][0] if result else ""
        goes_on = result and (
            previous.endswith((",", "(", "/")) or text[:1] in ")," or previous.count("(") > previous.count(")")
        )
        if not goes_on and result and not paragraph_line.bullet and result[-1][1].bullet and not _GROUP.match(text):
            joined = paragraphs([result[-1][1], paragraph_line])
            goes_on = len(joined) == 1
        if result and not goes_on and "," in previous and not _GROUP.match(text) and (paragraph_line.gap or 0) < 0.9:
            goes_on = not paragraph_line.bullet and last is not None and is_full(last, paragraph_line)
        last = paragraph_line
        if goes_on:
            result[-1] = (f"{previous} {text}", result[-1][1])
        else:
            result.append((text, paragraph_line))
    return result


def _add_group(name: str, listed: str, line: Line, draft: SkillsDraft) -> SkillDraft | None:
    kind = heading_kind(name)
    items = split_items(listed)
    if kind == "interests":
        draft.interests += [(item, line) for item in items]
        return None
    if kind == "certificates":
        draft.certificates += [(item, line) for item in items]
        return None
    if kind == "languages" and items and sum(is_human_language(item) for item in items) * 2 > len(items):
        draft.languages += [(*split_language(item), line) for item in items]
        return None
    group = SkillDraft(name, line, [(item, line) for item in items])
    draft.groups.append(group)
    return group


def _move_group(group: SkillDraft, draft: SkillsDraft) -> None:
    items = [item for item, _ in group.keywords]
    if heading_kind(group.name) == "interests":
        draft.interests += group.keywords
        draft.groups.remove(group)
    elif items and sum(is_human_language(item) for item in items) * 2 > len(items):
        draft.languages += [(*split_language(item), line) for item, line in group.keywords]
        draft.groups.remove(group)


def split_language(text: str) -> tuple[str, str]:
    """Split "German (native)" into ("German", "native")."""
    match = _LEVEL.match(text.strip())
    if match is None:
        return text.strip(), ""
    if match["only"]:
        words = match["only"].split()
        level = " ".join(words[1:])
        return (words[0], level) if len(words) > 1 and is_human_language(words[0]) else (match["only"].strip(), "")
    return match["name"].strip(), match["level"].strip()


def read_languages(lines: Sequence[Line]) -> list[tuple[str, str, Line]]:
    """Read a section of human languages; a level may stand beside the language or on the line below it."""
    found: list[tuple[str, str, Line]] = []
    for line in lines:
        segments = line.text.split("\t")
        if len(segments) == 2 and not is_human_language(segments[1]):
            found.append((segments[0].strip(" :"), segments[1].strip(" ()"), line))
            continue
        for item in re.split(r"\s*[,;|•·]\s+(?![^()]*\))|\t", line.text):
            if not item.strip():
                continue
            if found and not is_human_language(item) and not found[-1][1]:
                found[-1] = (found[-1][0], item.strip(" ()"), found[-1][2])
            else:
                found.append((*split_language(item), line))
    return [(name, level, line) for name, level, line in found if name]


def read_interests(lines: Sequence[Line]) -> list[tuple[str, Line]]:
    """Read a list of interests."""
    return [
        (item, paragraph.line) for paragraph in paragraphs(lines) for item in split_items(paragraph.text.rstrip("."))
    ]
