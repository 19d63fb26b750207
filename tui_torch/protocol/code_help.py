"""What helps to write code: what a name may go on as, what a call takes, what the documentation says.

It is asked and answered while code runs, too.
"""

from __future__ import annotations

from typing import Literal

from tui_torch.protocol.late_dataclass import dataclass

COMPLETIONS = 200
"""Maximum number of completions in one answer."""
DOCUMENTATION = 40_000
"""Maximum number of characters of a documentation."""

BindingKind = Literal["import", "class", "function", "value", "annotated", "instance"]
"""How code binds a name: `value` to an expression, `annotated` to something of a class, `instance` to `self`."""


@dataclass(frozen=True, slots=True)
class Member:
    """What a class of the learner's code defines, or gives to `self`."""

    name: str
    kind: BindingKind
    source: str = ""
    """As of a `Binding`."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A name that the code binds, and to what as far as the code says."""

    name: str
    kind: BindingKind
    source: str = ""
    """An import's dotted path, the bases of a class, the parameters of a function and what it returns, the expression
    that gives a value, an annotation, the class of an instance. Empty where the code does not say it."""
    members: tuple[Member, ...] = ()
    """Of a class."""
    is_run: bool = False
    """Whether the code that ran last bound the name to the same, so that the namespace has its value."""


@dataclass(frozen=True, slots=True)
class Completion:
    """How what is being typed may go on."""

    text: str
    """The whole name; `dim=` for an argument."""
    detail: str = ""
    """What it is, in a few words: `Tensor [2, 3] float32`, `function`."""


@dataclass(frozen=True, slots=True)
class Completions:
    """The answer to `Complete`, in the order in which they are shown."""

    items: tuple[Completion, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call something."""

    name: str
    parameters: tuple[str, ...]
    """As they are written: `dim=None`, `*`, `out: Tensor`."""
    returns: str = ""


@dataclass(frozen=True, slots=True)
class Signatures:
    """The answer to `DescribeCall`: the ways to call something, none where it is not known."""

    ways: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Documentation:
    """What there is to read about something; the answer to `DescribeExpression`."""

    title: str
    """The expression, and what it is."""
    text: str
    """Empty where there is none."""
