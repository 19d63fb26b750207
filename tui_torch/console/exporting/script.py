"""A handout as a script in cells, `# %%`, which editors and `tui-torch open` run one by one."""

from __future__ import annotations

from tui_torch.console.exporting.handout import Handout, Passage

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
    cells = [f"# %%\n{_HEAD}"]
    for part in handout.parts:
        if isinstance(part, Passage):
            cells.append("# %% [markdown]\n" + _commented(part.markdown))
        else:
            cells.append(f"# %%\n{_RAISES if part.raises else ''}begin_step()\n{part.code}\n")
    return "\n".join([*cells[1:2], cells[0], *cells[2:]])


def _commented(text: str) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())
