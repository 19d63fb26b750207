"""What the coach says about a run, and how the code becomes what it suggests."""

from __future__ import annotations

from collections.abc import Iterable

from tui_torch.protocol.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class LineEdit:
    """Lines of the learner's code, and what stands in their place."""

    first: int
    """The first of these lines, counted from 1."""
    last: int
    """The last of them; `first - 1` if the new lines only come before `first`."""
    text: str
    """The new lines with their indentation; empty if the old ones only go."""


@dataclass(frozen=True, slots=True)
class Note:
    """What the coach says about a run."""

    rule: str
    """The rule that found it: `never-zeroed`."""
    says: str
    """One or two sentences, with the numbers of this run."""
    line: int | None = None
    """The learner's line that it is about, from 1."""
    suggested_fix: str | None = None
    """That line, or several, corrected."""
    edits: tuple[LineEdit, ...] = ()
    """What makes the whole code be as suggested: the edit that `suggested_fix` shows comes first. Lines are counted in
    the code as it was."""

    @property
    def fix_line(self) -> int | None:
        """The line where the suggested fix is: that of the note, unless it is further away than the next one."""
        first = self.edits[0].first if self.edits else None
        near = first is None or (self.line is not None and abs(first - self.line) <= 1)
        return self.line if near else first


def applied(text: str, edits: Iterable[LineEdit]) -> str:
    """Return code with edits made; edits before the same line come in the order that they are given in."""
    lines = text.splitlines()
    for _, edit in sorted(enumerate(edits), key=lambda pair: (pair[1].first, pair[1].last, pair[0]), reverse=True):
        lines[edit.first - 1 : edit.last] = edit.text.splitlines()
    return "\n".join(lines) + "\n"
