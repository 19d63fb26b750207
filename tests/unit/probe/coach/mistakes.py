"""What is known of a program with a mistake: which rule must find it, at which line, and what it proposes instead."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True, slots=True)
class Mistake:
    rule: str
    line: str
    """The text of the line that the note is about."""
    suggested_fix: str | None
    code: str
    says: tuple[str, ...] = ()
    """What must stand in the note: numbers of this very run."""
    is_refused: bool = False
    """Whether older releases of PyTorch raise an error of it, so that there is nothing to coach."""


DATA = dedent("""\
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 8).unsqueeze(1)
    y = 2 * x + 1
    """)
CLASSES = dedent("""\
    torch.manual_seed(0)
    x = torch.randn(12, 4)
    labels = torch.arange(12) % 3
    """)


def program(code: str, before: str = DATA) -> str:
    return before + dedent(code)
