"""A program of one's own: a script or a notebook as its cells, each frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Literal

from tui_torch.protocol.events import Displayed, Figure, Output
from tui_torch.protocol.late_dataclass import dataclass

StoredOutput = Output | Displayed | Figure
"""What a notebook keeps of an earlier run, as what a run itself would send. A traceback is text on stderr."""


@dataclass(frozen=True, slots=True)
class CodeCell:
    """A piece of code that runs as one, with the text that stands above it."""

    id: str
    """The notebook's own id of it; in a script, and in a notebook without ids, `cell-1` for the first."""
    code: str
    """Its code, with lines that end in \\n, and without blank lines at its end in a script. Empty for text that no code
    follows."""
    text: str = ""
    """The Markdown above it: all that stands between it and the code before."""
    title: str = ""
    """What its mark says: `# %% Load the data`."""
    first_line: int = 1
    """The line of the file in which its code begins, from 1; always 1 in a notebook, whose lines nobody counts."""
    outputs: tuple[StoredOutput, ...] = ()
    """What a notebook keeps of its last run."""
    number: int | None = None
    """Its `In [3]`, as a notebook keeps it; None if it has not run."""
    metadata: Mapping[str, object] = field(default_factory=dict[str, object], hash=False)
    """What a notebook says of the cell: tags, whether it is folded."""
    is_numbered: bool = True
    """Whether its id says no more than its place, rather than being the notebook's own."""
    place: int = 0
    """Which cell of the notebook it is, from 0, texts counted too; which cell of the script."""

    takes_code: bool = True
    """Whether code can be written into it; not into text at the end of a notebook."""

    @property
    def is_only_text(self) -> bool:
        """Whether there is nothing in it to run."""
        return not self.code.strip()


@dataclass(frozen=True, slots=True)
class OwnProgram:
    """A file as its cells, and the very content that they were read from."""

    path: Path
    content: bytes
    """What was read: whether the file is still as it was is told by this."""
    kind: Literal["script", "notebook"]
    cells: tuple[CodeCell, ...]
    """At least one in a script; none in a notebook without code and text."""
    has_marks: bool = True
    """False for a script that is one cell since nothing in it begins another."""
    is_converted: bool = False
    """Whether the notebook has an earlier version of the format than 4, in which it is saved."""

    def cell(self, cell_id: str) -> CodeCell:
        """The cell with that id. Raises KeyError when there is none."""
        for cell in self.cells:
            if cell.id == cell_id:
                return cell
        raise KeyError(cell_id)


@dataclass(frozen=True, slots=True)
class WholeScript:
    """A script as it is run by its file: not divided into cells."""

    path: Path
    content: bytes
    """What was read."""
    text: str
    """Its text, with lines that end in \\n."""


class ProgramError(Exception):
    """A file cannot be read as a program, or not be saved: one sentence with the file's name, without a full stop."""
