"""Whether what a lesson shows fits a terminal of 80 columns, and whether its links are web addresses.

Prose is wrapped. Code and the words of a table are not: what does not fit is cut off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.cells import cell_len

from tui_torch.course.format.fields import WEB_ADDRESS
from tui_torch.course.lesson import AnyStep, Example, Exercise, Lesson, Quiz
from tui_torch.course.naming import in_backticks
from tui_torch.course.problem import Loc, Problem

COLUMNS = 80
"""Width of the smallest terminal that lessons are written for."""
PAGE = 77
"""Cells in a line of the lesson's page in that terminal."""
CODE = 73
"""Cells in a line of code in the editor there."""
FENCE = 76
"""Cells in a line of code in a fence of the page there."""

_INDENTED = {"bullet_list": 2, "ordered_list": 4, "blockquote": 3}
"""Cells by which a block narrows the blocks inside it."""
_MARKDOWN = MarkdownIt("commonmark").enable("table")


def unfit(lesson: Lesson) -> Iterator[Problem]:
    """The parts of a lesson's text and code that are cut off at 80 columns, and links that are not web addresses."""
    for index, step in enumerate(lesson.steps):
        for loc, markdown in _texts(step):
            yield from (_placed(problem, ("steps", index, *loc), step.id) for problem in unfit_markdown(markdown))
        for name, code in _codes(step):
            yield from (_placed(problem, ("steps", index, name), step.id) for problem in _wide_lines(code, CODE))


def unfit_markdown(markdown: str) -> Iterator[Problem]:
    """The same for one Markdown text, with lines counted in it."""
    width_lost: list[int] = []
    tokens = _MARKDOWN.parse(markdown)
    for place, token in enumerate(tokens):
        first = token.map[0] + 1 if token.map else 1
        match token.type.rpartition("_"):
            case (kind, _, "open") if kind in _INDENTED:
                width_lost.append(_INDENTED[kind])
            case (kind, _, "close") if kind in _INDENTED:
                width_lost.pop()
            case ("table", _, "open"):
                yield from _wide_table(tokens[place:], PAGE - sum(width_lost), first)
            case (_, _, "fence" | "block"):
                # The first line of a fence is its backticks.
                skipped = first if token.type == "fence" else first - 1
                yield from _wide_lines(token.content, FENCE - sum(width_lost), skipped)
            case (_, _, "inline"):
                yield from _dead_links(token.children or (), first)
            case _:
                pass


def _wide_lines(code: str, width: int, skipped: int = 0) -> Iterator[Problem]:
    for number, line in enumerate(code.expandtabs(4).splitlines(), start=1):
        if (needed := cell_len(line)) > width:
            sentence = (
                f"this line of code takes {needed} cells, expected at most {width}: "
                f"the rest is out of sight at {COLUMNS} columns"
            )
            yield Problem((), sentence, line=skipped + number, column=width + 1)


def _wide_table(tokens: Sequence[Token], width: int, line: int) -> Iterator[Problem]:
    """A problem if the longest words of each column, side by side, do not fit. `tokens` begin with the table."""
    longest: list[int] = []
    column = 0
    for place, token in enumerate(tokens):
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            column = 0
        elif token.type in ("th_open", "td_open"):
            words = "".join(child.content for child in tokens[place + 1].children or ()).split()
            longest += [0] * (column + 1 - len(longest))
            longest[column] = max(longest[column], *(cell_len(word) for word in words), 0)
            column += 1
    # Each cell has a space on both sides and a line before it; one more line ends the row.
    needed = sum(longest) + 3 * len(longest) + 1
    if needed > width:
        sentence = (
            f"this table takes {needed} cells however its text is wrapped, expected at most {width}, "
            f"which there are at {COLUMNS} columns"
        )
        yield Problem((), sentence, line=line, column=1)


def _dead_links(tokens: Sequence[Token], line: int) -> Iterator[Problem]:
    for token in tokens:
        line += token.type in ("softbreak", "hardbreak")
        address = str(token.attrGet("href") or "")
        if token.type == "link_open" and not re.fullmatch(WEB_ADDRESS, address):
            sentence = (
                f"a link leads to {in_backticks(address)}, expected an address that begins with https:// or http://"
            )
            yield Problem((), sentence, line=line, column=1)


def _placed(problem: Problem, loc: Loc, step_id: str) -> Problem:
    return replace(problem, loc=loc, sentence=f"step `{step_id}`: {problem.sentence}")


def _texts(step: AnyStep) -> Iterator[tuple[Loc, str]]:
    """Each Markdown text of a step, with its path in the step."""
    if step.text is not None:
        yield ("text",), step.text
    match step:
        case Quiz():
            yield ("question",), step.question
        case Exercise():
            yield from ((("hints", index), hint) for index, hint in enumerate(step.hints))
        case Example():
            pass


def _codes(step: AnyStep) -> Iterator[tuple[str, str]]:
    match step:
        case Exercise():
            yield "starter", step.starter
            yield "solution", step.solution
        case _:
            if step.code is not None:
                yield "code", step.code
