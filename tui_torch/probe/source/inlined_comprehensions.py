"""Where code runs the comprehensions that Python has compiled into it, since 3.12; read from CPython's bytecode."""

from __future__ import annotations

import dis
from functools import lru_cache
from types import CodeType

_INLINED = dis.opmap.get("LOAD_FAST_AND_CLEAR")
"""What begins each comprehension that is compiled into the code around it, as Python does since 3.12."""


@lru_cache(maxsize=64)
def inlined_comprehensions(code: CodeType) -> frozenset[int]:
    """Return the offsets, in bytes, of the instructions of the comprehensions that are compiled into code.

    What a comprehension goes through is computed before it, and is no part of it.
    """
    found: set[int] = set()
    spans: list[tuple[tuple[int, int], tuple[int, int]]] = []
    if _INLINED is None or _INLINED not in code.co_code[::2]:
        return frozenset()
    for instruction in dis.get_instructions(code):
        where = instruction.positions
        if where is None or None in where:
            continue
        # What stands within a comprehension, and comes after its first instruction, is its own.
        begin, end = (where.lineno or 0, where.col_offset or 0), (where.end_lineno or 0, where.end_col_offset or 0)
        if any(first <= begin and end <= last for first, last in spans):
            found.add(instruction.offset)
        if instruction.opcode == _INLINED:
            spans.append((begin, end))
    return frozenset(found)
