"""The names of a frame of the learner's code, read alike on every Python.

`frame.f_locals` is a dict that the frame keeps, until Python 3.12, and a view of the variables themselves since 3.13.
As of 3.12, a comprehension runs in the frame around it; a module's frame then gives its globals no longer, but a
copy with the comprehension's variables, or these alone. In 3.12 to ask there, within a trace function, makes Python
put the frame's names back without those variables: it warns, and they become None.
"""

from __future__ import annotations

import sys
from inspect import CO_OPTIMIZED
from types import CodeType, FrameType
from typing import Any

from tui_torch.probe.source.inlined_comprehensions import inlined_comprehensions

_OWN_REFERENCES = 3
"""References to a frame's names when nobody else has them: the frame's, our variable's, and the count's own."""
_FORGETS = (3, 12) <= sys.version_info < (3, 13)
"""Whether Python puts names back after a trace function without those of a comprehension."""
_VIEW: type[Any] = (lambda: type(sys._getframe().f_locals))()
"""What `f_locals` of a function is."""


def has_own_names(frame: FrameType) -> bool:
    """Return whether a frame runs a function or a class body rather than a module."""
    code = frame.f_code
    if code.co_flags & CO_OPTIMIZED:
        return True
    if _cannot_be_asked(frame):
        return code.co_name != "<module>"
    held = frame.f_locals
    return held is not frame.f_globals and not (code.co_name == "<module>" and _is_in_comprehension(code, held))


def local_names(frame: FrameType, *, is_traced: bool = False) -> dict[str, Any]:
    """Return the local variables of a running function as a copy: nothing but the copy keeps their values alive.

    Args:
        frame: The function's frame.
        is_traced: Whether a trace function is looking at this frame just now. In Python 3.12, a class body's names are
            not known to it within a comprehension.
    """
    if is_traced and _cannot_be_asked(frame):
        return {}
    held = frame.f_locals
    if type(held) is not dict and not frame.f_code.co_flags & CO_OPTIMIZED:
        return {}  # a mapping of the learner's own, given to exec()
    names = dict(held)
    # Until Python 3.12, the frame keeps what f_locals gave, and would keep a tensor alive that the function drops.
    # A function's own `locals()` is the very same dict. What a trace function clears, Python deletes from the function.
    if sys.version_info < (3, 13) and not is_traced and frame.f_code.co_flags & CO_OPTIMIZED:
        if sys.getrefcount(held) <= _OWN_REFERENCES:
            held.clear()
    return names


def _cannot_be_asked(frame: FrameType) -> bool:
    """Whether a module or a class body is in a comprehension, while a trace function may be looking at it."""
    code = frame.f_code
    if not _FORGETS or code.co_flags & CO_OPTIMIZED or not code.co_varnames:
        return False
    return frame.f_lasti in inlined_comprehensions(code)


def _is_in_comprehension(code: CodeType, held: Any) -> bool:
    """Whether a module is in a comprehension, whose variables are the only ones that its frame has."""
    # A mapping of the learner's own, given to exec(), is not asked.
    return type(held) in (dict, _VIEW) and any(name in held for name in code.co_varnames)
