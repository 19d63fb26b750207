"""A handout as a script in cells, `# %%`, which editors and `tui-torch open` run one by one.

That of a problem checks its answer at its end.
"""

from __future__ import annotations

from tui_torch.console.exporting.handout import Handout, Passage
from tui_torch.console.exporting.problem_cells import checking, machinery

_HEAD = '''\
import random

import numpy as np
import torch


def begin_step() -> None:
    """Seed, as each step of the lesson begins."""
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
'''
_RAISES = "# This cell ends in an exception: run the file cell by cell.\n"


def as_script(handout: Handout) -> str:
    """The texts as comments, and the code as it is."""
    # What a problem asks of an answer may count its statements.
    head, begin = ("", "") if handout.is_problem else (f"# %%\n{_HEAD}", "begin_step()\n")
    cells: list[str] = []
    for part in handout.parts:
        if isinstance(part, Passage):
            cells.append("# %% [markdown]\n" + _commented(part.markdown))
            continue
        cells.append(f"# %%\n{_RAISES if part.raises else ''}{begin}{part.code}\n")
        if part.problem is not None:
            # Below the answer, which is what somebody opens the file for.
            cells.append(f"# %%\n{machinery()}")
            cells.append(f"# %%\n{checking(part.problem.exercise, part.problem.by)}")
    return "\n".join([*cells[:1], *filter(None, [head]), *cells[1:]])


def _commented(text: str) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())
