"""Which of a function's names are bound before its first loop, or after an instruction."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType


def names_bound_before_loops(code: CodeType) -> frozenset[str]:
    """The local names that are bound in no loop, nor after the first one begins, nor by any other function.

    Args:
        code: That of the function. Its arguments are bound when it is called.
    """
    jumps = dis.hasjrel + dis.hasjabs
    backward = [one.argval for one in dis.get_instructions(code) if one.opcode in jumps and one.argval <= one.offset]
    again = names_bound_after(code, min(backward, default=len(code.co_code)) - 1)
    return frozenset(code.co_varnames) - again - {*code.co_cellvars, *code.co_freevars}


def names_bound_after(code: CodeType, offset: int) -> frozenset[str]:
    """The names that a function binds or deletes further down than at an instruction."""
    return frozenset(name for at, name in _bindings(code) if at > offset)


def _bindings(code: CodeType) -> Iterator[tuple[int, str]]:
    for one in dis.get_instructions(code):
        if one.opname.startswith(("STORE_", "DELETE_")) and ("FAST" in one.opname or "DEREF" in one.opname):
            # One instruction may bind two names.
            for name in one.argval if isinstance(one.argval, tuple) else (one.argval,):
                yield one.offset, name
