"""Two blocks of CommonMark as a resume means them: a year begins no list, and no cell of a table is dropped."""

from __future__ import annotations

import re

from markdown_it.rules_block import StateBlock, list_block, table
from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token

YEAR = re.compile(r"\d{4,9}[.)]")


def list_without_years(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """`2019. A good year` is a sentence: as a list its number would be the program's and not the person's."""
    if YEAR.match(state.src, state.bMarks[start_line] + state.tShift[start_line]):
        return False
    return list_block(state, start_line, end_line, silent)


def table_with_every_cell(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A row may have more cells than the header; the specification drops them."""
    first = len(state.tokens)
    if not table(state, start_line, end_line, silent):
        return False
    if not silent:
        state.tokens[first:] = _with_further_cells(state, state.tokens[first:])
    return True


def _with_further_cells(state: StateBlock, tokens: list[Token]) -> list[Token]:
    columns = sum(token.type == "th_open" for token in tokens)
    completed: list[Token] = []
    row: list[int] | None = None
    for token in tokens:
        if token.type == "tr_open":
            row = token.map
        elif token.type == "tr_close" and row is not None:
            for text in _cells(state, row[0])[columns:]:
                completed += [
                    Token("td_open", "td", 1, block=True, level=token.level + 1),
                    Token("inline", "", 0, map=row, content=text, children=[], block=True, level=token.level + 2),
                    Token("td_close", "td", -1, block=True, level=token.level + 1),
                ]
        completed.append(token)
    return completed


def _cells(state: StateBlock, line: int) -> list[str]:
    text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip()
    cells = escapedSplit(text)
    if cells and not cells[0]:
        cells.pop(0)
    if cells and not cells[-1]:
        cells.pop()
    return [cell.strip() for cell in cells]
