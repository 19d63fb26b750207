"""Breaks the solution of each problem of the arena: its checks notice each break that some input can tell.

CI does it with three breaks of one problem in thirty; `python -m tests.arena` with all of all, and counts them.
"""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet

from tests.arena.breaks import breaks, sample
from tests.arena.equivalents import equivalents
from tests.arena.trials import exercise_of, tried
from tests.spread import in_full_only
from tui_torch.course.arena.problems import Arena, arena_folder
from tui_torch.kernel.session import KernelSession

ARENA = Arena(arena_folder())
FEW = 3
"""How many breaks of a problem CI tries."""


def problems() -> list[ParameterSet]:
    """Problems and how many of their breaks are tried; None: all of them."""
    full = in_full_only(ARENA.ids, 0, parts=30)
    few = [pytest.param(name, FEW, id=f"{name}-{FEW}") for name in ARENA.ids if name not in full]
    return [*few, *(pytest.param(name, None, id=name, marks=pytest.mark.slow) for name in ARENA.ids)]


@pytest.mark.parametrize(("name", "count"), problems())
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.xdist_group("course")
async def test_no_break_of_a_solution_goes_unnoticed(kernel: KernelSession, name: str, count: int | None) -> None:
    problem = ARENA.problem(name)
    solution = exercise_of(problem).solution
    broken = breaks(solution) if count is None else sample(solution, count, name)
    trials = await tried(kernel, problem, broken)
    assert len(trials) == len(broken) > 0
    assert [one.broken.change for one in trials if one.outcome == "survived"] == []
    if count is None:
        excused = {(one.before, one.after) for one in equivalents() if one.problem == name}
        caught = {one.broken.change for one in trials if one.outcome == "caught"}
        assert excused & caught == set(), "what a check notices needs no excuse"


def test_a_break_is_one_slip_in_an_answer() -> None:
    code = "def f(x):\n    # why\n    y = -x.amax(-1, keepdim=True)\n    return y[:2] if x is None else y\n"
    changes = {one.change for one in breaks(code)}
    line = "y = -x.amax(-1, keepdim=True)"
    assert {after for before, after in changes if before == line} == {
        "pass",
        "y = x.amax(-1, keepdim=True)",
        "y = -x.amax(-1)",
        "y = -x.amax(keepdim=True)",
        "y = -x.amin(-1, keepdim=True)",
        "y = -x",
        "y = -x.amax(1, keepdim=True)",
        "y = -x.amax(-2, keepdim=True)",
        "y = -x.amax(-0, keepdim=True)",
        "y = -x.amax(-1, keepdim=False)",
    }
    line = "return y[:2] if x is None else y"
    assert {after for before, after in changes if before == line} == {
        "pass",
        "return y",
        "return y[:2]",
        "return y[:] if x is None else y",
        "return y[:3] if x is None else y",
        "return y[:1] if x is None else y",
        "return y[:2] if x is not None else y",
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a < b", "a <= b"),
        ("a == b", "a >= b"),
        ("a - b", "b - a"),
        ("a @ b", "a"),
        ("a and b", "a or b"),
        ("a and b", "b"),
        ("f(a, b)", "f(b, a)"),
        ("a.detach()", "a"),
        ("F.normalize(a, dim=-1)", "a"),
        ("math.sqrt(a)", "a"),
        ("a.T", "a"),
        ("~a", "a"),
        ("0.5", "0.25"),
        ("a[b:]", "a[:]"),
    ],
)
def test_slips_of_each_kind_are_made(before: str, after: str) -> None:
    assert (before, after) in {one.change for one in breaks(before)}


def test_a_sample_has_one_break_of_each_kind_before_a_second() -> None:
    answer = "def f(a, b):\n    return (a[:2] < b - 1).sum(0, keepdim=True)\n"
    kinds = {one.kind for one in breaks(answer)}
    assert {one.kind for one in sample(answer, len(kinds), "0")} == kinds
    assert sample(answer, 5, "1") == sample(answer, 5, "1") != sample(answer, 5, "2")


@pytest.mark.parametrize("each", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_an_excused_break_is_one_that_is_made(each: int) -> None:
    excused = equivalents()
    for name in sorted({one.problem for one in excused})[::each]:
        made = {one.change for one in breaks(exercise_of(ARENA.problem(name)).solution)}
        assert {(one.before, one.after) for one in excused if one.problem == name} <= made


def test_no_break_is_excused_twice_or_without_a_reason() -> None:
    excused = [(one.problem, one.before, one.after) for one in equivalents()]
    assert len({*excused}) == len(excused)
    assert all(one.reason for one in equivalents())
