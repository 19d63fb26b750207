"""A comprehension runs in the frame around it since Python 3.12: recording it changes nothing and warns of nothing."""

from __future__ import annotations

import warnings

import pytest

from tests.unit.probe.replay.listeners import LISTENERS
from tests.unit.probe.replay.test_listening import lines, recorded
from tui_torch.probe.replay.listening.listener import Listener

PROGRAMS = {
    "an error": """
out = "none"
try:
    out = [part / 0 for part in [1, 2]]
except ZeroDivisionError as error:
    out = str(error)
""",
    "an error in a class body": """
class A:
    rows = [1, 2]
    try:
        out = [part / 0 for part in rows]
    except ZeroDivisionError:
        out = rows
    kept = [part for part in rows]
out = A.out, A.kept
""",
    "an error in a function": """
def f(rows):
    try:
        return [part / 0 for part in rows]
    except ZeroDivisionError:
        return rows
out = f([1, 2])
""",
    "an error within the call that each makes": """
part = 7
def f(x):
    try:
        return x / 0
    except ZeroDivisionError:
        return x + 1
out = [f(part) * part for part in [1, 2]], part
""",
    "a generator that ends within": """
def items(n):
    yield n
out = [[item for item in items(part)] + [part] for part in [1, 2]]
""",
}


@pytest.mark.parametrize("listening", LISTENERS)
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_comprehension_that_is_recorded_gives_what_it_gives_else_without_a_warning(
    program: str, listening: type[Listener]
) -> None:
    bare: dict[str, object] = {}
    exec(program, bare)
    namespace: dict[str, object] = {}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        recorded(program, listening, namespace)
    assert namespace["out"] == bare["out"]
    assert [str(one.message) for one in warned] == []


@pytest.mark.parametrize("listening", LISTENERS)
def test_an_error_that_leaves_the_code_from_a_comprehension_warns_of_nothing(listening: type[Listener]) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(ZeroDivisionError):
            recorded("out = [part / 0 for part in [1, 2]]\n", listening, {})
    assert not warned


@pytest.mark.parametrize("listening", LISTENERS)
def test_a_class_body_shows_its_names_again_after_a_comprehension_that_failed(listening: type[Listener]) -> None:
    trace = recorded(PROGRAMS["an error in a class body"], listening, {})
    assert lines(trace)[-1] == 9
    shown = {summary.name for position in trace.positions if position.line == 8 for summary in position.summaries}
    assert "out" in shown
