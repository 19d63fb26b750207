"""Which cells of a notebook are IPython's and not Python: `%magics`, `!commands`, `help?`."""

from __future__ import annotations

import ast
import re
import warnings
from difflib import SequenceMatcher
from functools import lru_cache

from tui_torch.protocol.late_dataclass import dataclass

_MAY_BE = re.compile(r"^[ \t]*(?:[%!?,;/]|>>>|In \[)|=[ \t]*[%!]|\?[ \t]*(?:#.*)?$", re.MULTILINE)
"""What every cell has that is not Python; others need no IPython, whose import takes a tenth of a second."""
_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_OF_PYTHON = frozenset({"time", "timeit", "capture", "prun", "debug"})
"""Cell magics below which there is Python."""


@dataclass(frozen=True, slots=True)
class CellSyntax:
    """What a cell is written in."""

    python: str
    """The cell as Python, to be parsed: as it is, or as IPython would run it."""
    lines: tuple[int, ...] = ()
    """The lines, from 1, that are IPython's. Empty in a cell of Python."""
    magic: str = ""
    """The cell magic, without its `%%`: `bash`. Empty without one."""

    @property
    def is_python(self) -> bool:
        """Whether it is Python as it stands."""
        return not self.lines

    @property
    def has_python_below(self) -> bool:
        """Whether the lines below its cell magic are Python, as below `%%time`, or there is no magic."""
        return not self.magic or self.magic in _OF_PYTHON


@lru_cache(maxsize=256)
def syntax_of(code: str) -> CellSyntax:
    """What the code of a notebook's cell is written in. In a script such lines are what Python says of them."""
    if _MAY_BE.search(code) is None:
        return CellSyntax(code)
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        python = TransformerManager().transform_cell(code)
    except Exception:  # code that is not even a sequence of words: Python will say so
        return CellSyntax(code)
    before = [line.strip() for line in code.splitlines()]
    after = [line.strip() for line in python.splitlines()]
    if before == after:
        return CellSyntax(code)
    if (magic := _CELL_MAGIC.match(code)) is not None:
        first = code[: magic.start(1)].count("\n") + 1
        return CellSyntax(python, (first,), magic[1])
    same = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    unchanged = {block.a + number for block in same for number in range(block.size)}
    lines = (number for number, line in enumerate(before) if number not in unchanged and line)
    return CellSyntax(python, tuple(number + 1 for number in lines))


def compiles(code: str, *, is_notebook: bool) -> bool:
    """Whether code is Python, so that it begins to run; in a notebook, also with lines that are IPython's."""
    python = syntax_of(code).python if is_notebook else code
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(python, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True
