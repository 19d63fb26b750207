"""Whether the formulas of a lesson can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from markdown_it import MarkdownIt

from tui_torch.course.lesson import AnyStep, Exercise, Lesson, Quiz
from tui_torch.course.naming import closest, in_backticks
from tui_torch.course.problem import Loc, Problem
from tui_torch.formulas.markdown import FOUND, formulas_in
from tui_torch.formulas.pattern import FORMULA

_PARSER = formulas_in(MarkdownIt("commonmark").enable("table"))
_SWALLOWED = {"\a": "a", "\b": "b", "\t": "t", "\v": "v", "\f": "f", "\r": "r", "\n": "n"}
"""What YAML makes of a backslash and a letter in double quotes, and the letter."""
_CUT = re.compile(r"([\a\b\t\v\f\r\n])([A-Za-z]{3,})")
_COMMAND = re.compile(r"\\([A-Za-z]{2,})")


def unreadable_formulas(lesson: Lesson) -> Iterator[Problem]:
    """Formulas with a mistake in them, commands of LaTeX outside of formulas, and formulas where text is plain."""
    for loc, markdown in markdown_of(lesson):
        for problem in problems_in(markdown):
            yield replace(problem, loc=loc, sentence=f"{_where(lesson, loc)}{problem.sentence}")
    for loc, line in _plain_lines(lesson):
        found = FORMULA.search(line)
        if found is not None and "\\" in found[0]:
            sentence = (
                f"has the formula {in_backticks(found[0])}, which is shown as it is written here; expected plain text"
            )
            yield Problem(loc, f"{_where(lesson, loc)}`{loc[-1]}` {sentence}")


def problems_in(markdown: str) -> Iterator[Problem]:
    """The same for one Markdown text, with lines and columns counted in it."""
    if "$" not in markdown and "\\" not in markdown:
        return
    # What stands between two dollar signs, in a formula or not.
    for piece in markdown.split("$")[1:-1]:
        for command in (_SWALLOWED[found[1]] + found[2] for found in _CUT.finditer(piece)):
            if _is_known(command):
                sentence = f"in double quotes YAML reads the beginning of `\\{command}` itself, expected single quotes"
                yield Problem((), sentence)
    env: dict[str, Any] = {}
    tokens = _PARSER.parse(markdown, env)
    formulas: list[str] = env.get(FOUND, [])
    for latex in formulas:
        from tui_torch.formulas.shown import problem_of

        if (wrong := problem_of(latex)) is not None:
            sentence = f"the formula {in_backticks(latex)} {wrong.sentence}{_meant(wrong.sentence)}"
            yield _at(markdown, latex, wrong.place, sentence)
    for token in tokens:
        # A formula is text by now, without a backslash; what stands in code is no text.
        texts = [child.content for child in token.children or () if child.type == "text"]
        for command in (found for text in texts for found in _COMMAND.finditer(text)):
            if _is_known(command[1]):
                sentence = (
                    f"{in_backticks(command[0])} stands outside of a formula, expected it between two dollar signs"
                )
                yield _at(markdown, command[0], 0, sentence)


def markdown_of(lesson: Lesson) -> Iterator[tuple[Loc, str]]:
    """Each Markdown text of a lesson, with its path."""
    yield ("summary",), lesson.summary
    for index, step in enumerate(lesson.steps):
        for loc, text in _texts_of(step):
            if text:
                yield ("steps", index, *loc), text


def _texts_of(step: AnyStep) -> Iterator[tuple[Loc, str | None]]:
    yield ("text",), step.text
    match step:
        case Quiz():
            yield ("question",), step.question
            for index, choice in enumerate(step.choices):
                yield ("choices", index, "text"), choice.text
                yield ("choices", index, "because"), choice.because
        case Exercise():
            yield from ((("hints", index), hint) for index, hint in enumerate(step.hints))
            yield from ((("checks", index, "hint"), check.hint) for index, check in enumerate(step.checks))
            yield from ((("mistakes", index, "says"), mistake.says) for index, mistake in enumerate(step.mistakes))
        case _:
            pass


def _plain_lines(lesson: Lesson) -> Iterator[tuple[Loc, str]]:
    """What is shown as it is written, in lists and title bars."""
    yield ("title",), lesson.title
    for index, step in enumerate(lesson.steps):
        if step.title:
            yield ("steps", index, "title"), step.title
        if isinstance(step, Exercise):
            yield from (
                (("steps", index, "checks", number, "name"), check.name) for number, check in enumerate(step.checks)
            )


def _where(lesson: Lesson, loc: Loc) -> str:
    return f"step `{lesson.steps[loc[1]].id}`: " if len(loc) > 1 and isinstance(loc[1], int) else ""


def _meant(sentence: str) -> str:
    """What an unknown command may have meant, as the end of a sentence."""
    unknown = re.search(r"command `\\(\w+)`", sentence)
    near = closest(unknown[1], list(_known())) if unknown is not None else None
    return f"; did you mean {in_backticks(chr(92) + near)}?" if near is not None else ""


@cache
def _known() -> Mapping[str, object]:
    from tui_torch.formulas import commands, symbols

    return {**symbols.NAMED, **commands.SPECS}


def _is_known(name: str) -> bool:
    return name in _known() or name in ("begin", "left", "right")


def _at(markdown: str, sought: str, place: int, sentence: str) -> Problem:
    """A problem at a character of something in a text; without a line where the text has it otherwise, as in a list."""
    start = markdown.find(sought)
    if start < 0:
        return Problem((), sentence)
    before = markdown[: start + place]
    return Problem((), sentence, line=before.count("\n") + 1, column=len(before) - (before.rfind("\n") + 1) + 1)
