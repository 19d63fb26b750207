"""What is pasted into the editor, as code: from an interpreter's session, a web page, another editor."""

from __future__ import annotations

import re

from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.ui.lesson.editing.indentation import LEVEL

_PROMPT = re.compile(r"^(?:>>>|\.\.\.)(?: |$)|^In \[\d+\]: |^ +\.\.\.: ")
_BEGINS = re.compile(r"^(?:>>>(?: |$)|In \[\d+\]: )")
_TYPOGRAPHIC = re.compile("[‘’“”«»„]")


@dataclass(frozen=True, slots=True)
class Pasted:
    """Text as it goes into the editor."""

    text: str
    says: str = ""
    """What the learner should know of it, in a sentence; empty where there is nothing."""


def as_code(text: str) -> Pasted:
    """Lines without prompts and what was printed between them, and with spaces for the tabs that they begin with."""
    lines = [line.rstrip("\r") for line in text.replace("\r\n", "\n").split("\n")]
    said: list[str] = []
    first = next((line for line in lines if line.strip()), "")
    if _BEGINS.match(first):
        lines = [_PROMPT.sub("", line, count=1) for line in lines if _PROMPT.match(line) or not line.strip()]
        said.append("The prompts and what was printed between them were left out.")
    lines = [_without_tabs(line) for line in lines]
    if found := dict.fromkeys(_TYPOGRAPHIC.findall("\n".join(lines))):
        marks = " ".join(found)
        said.append(f"{marks}: typographic quotes are no quotes to Python; write \" or ' where a text begins and ends.")
    return Pasted("\n".join(lines), " ".join(said))


def _without_tabs(line: str) -> str:
    code = line.lstrip(" \t")
    return line[: len(line) - len(code)].expandtabs(LEVEL) + code
