"""The lines `# %%` that begin cells, and what they say."""

from __future__ import annotations

import re
from typing import Literal

from tui_torch.protocol.late_dataclass import dataclass

_MARK = re.compile(r"#[ \t]*%%(?P<level>%*)(?:[ \t]+(?P<says>[^\r\n]*))?[\r\n]*\Z")
_KIND = re.compile(r"\[(markdown|md|raw)\]", re.IGNORECASE)
_METADATA = re.compile(r"(?:^|\s)(?:[\w.-]+=|\{).*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CellMark:
    """What a mark says of its cell."""

    title: str
    kind: Literal["code", "markdown", "raw"]


def mark_in(line: str) -> CellMark | None:
    """The mark that a line is, if it stands where one counts; None for any other line.

    `# %%time` is none: so a magic is written that is commented out. `# %%%`, a cell within a cell of Spyder's, is one.
    """
    found = _MARK.match(line) if line.startswith("#") else None
    if found is None:
        return None
    says = found["says"] or ""
    kind = _KIND.search(says)
    title = says[: kind.start()] if kind else _METADATA.sub("", says)
    name = kind[1].lower() if kind else "code"
    return CellMark(title.strip(), "raw" if name == "raw" else "code" if name == "code" else "markdown")
