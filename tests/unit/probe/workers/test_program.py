"""What a process is sent of the learner's program, and what that is in the process."""

from __future__ import annotations

import functools
import pickle
import sys
import types
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tui_torch.probe.workers import revival
from tui_torch.probe.workers.program import MainProgram
from tui_torch.probe.workers.revival import Program

Sent = Callable[..., dict[str, Any]]


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """The main module of this process, for as long as the test runs."""
    module = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    monkeypatch.setitem(sys.modules, "__mp_main__", module)
    monkeypatch.setattr(revival, "_kept", None)
    yield module


def program_of(main: types.ModuleType, *codes: str) -> MainProgram:
    program = MainProgram(vars(main))
    for number, code in enumerate(codes):
        program.codes.append((f"<code {number}>", code))
        exec(compile(code, f"<code {number}>", "exec"), vars(main))
    return program


def process(**args: Any) -> SimpleNamespace:
    """What a process that is about to start holds; it works on what it was given."""
    return SimpleNamespace(_target=SimpleNamespace(__module__="torch.utils.data._utils.worker"), _kwargs=args)


def revived(program: Program, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The main module of the process that was sent a program, without what every module has."""
    assert pickle.loads(pickle.dumps(program)) == program
    module = types.ModuleType("__mp_main__")
    monkeypatch.setitem(sys.modules, "__mp_main__", module)
    revival.revive(vars(module))
    return {name: value for name, value in vars(module).items() if not name.startswith("__")}


def names_sent(program: MainProgram, monkeypatch: pytest.MonkeyPatch, **args: Any) -> set[str]:
    return set(revived(program.part_for(process(**args)), monkeypatch))


BASE = """
import math
from collections import namedtuple

N = [1, 2, 3]
UNUSED = [4]
Pair = namedtuple("Pair", "a b")
square = lambda x: x * x

def helper(x, n=N):
    return math.floor(x) + len(n)

class Base:
    def __len__(self):
        return len(N)

class Data(Base):
    def __getitem__(self, at):
        return Pair(helper(at), square(at))

def train():
    print(UNUSED, Data())
"""


def test_an_object_comes_with_its_class_and_all_that_this_uses(
    main: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = program_of(main, BASE)
    found = revived(program.part_for(process(dataset=main.Data())), monkeypatch)
    assert set(found) == {"math", "namedtuple", "N", "Pair", "square", "helper", "Base", "Data"}
    assert found["Data"]()[5] == (8, 25)
    assert found["Data"].__module__ == "__main__"


@pytest.mark.parametrize(
    "held",
    [
        lambda data: [{"data": (data,)}],
        lambda data: functools.partial(print, end=data),
        lambda data: functools.partial(data.__getitem__, 1),
        lambda data: data.__getitem__,
        lambda data: SimpleNamespace(inner=SimpleNamespace(deep=[data])),
        lambda data: type(data),
    ],
)
def test_an_object_is_found_wherever_it_is_held(
    held: Callable[[Any], object], main: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = program_of(main, BASE)
    assert "Data" in names_sent(program, monkeypatch, held=held(main.Data()))


def test_what_the_process_does_not_lead_to_is_not_sent(main: types.ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    program = program_of(main, BASE)
    assert names_sent(program, monkeypatch, collate=main.helper) == {"helper", "math", "N"}
    assert names_sent(program, monkeypatch, count=3) == set()


def test_the_workers_of_a_pool_are_sent_every_definition(
    main: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = program_of(main, BASE)
    waiting = SimpleNamespace(_target=SimpleNamespace(__module__="multiprocessing.pool"))
    assert {"Data", "train", "UNUSED", "helper"} <= set(revived(program.part_for(waiting), monkeypatch))


def test_statements_that_do_something_are_not_run_again(
    main: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    main.ran = ran = []
    code = """
ran.append("top")
def made():
    ran.append("made")
    return [1]
x = made()
class Data:
    def __getitem__(self, at):
        return x[at]
"""
    program = program_of(main, code)
    assert ran == ["top", "made"]
    found = revived(program.part_for(process(data=main.Data())), monkeypatch)
    assert found["Data"]()[0] == 1
    assert ran == ["top", "made"]


def test_the_last_definition_and_the_last_value_of_a_name_count(
    main: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = program_of(
        main, BASE, "def helper(x, n=N):\n    return -x\nN = 'changed'\ndef square(x): return 0\nsquare = [1].index"
    )
    found = revived(program.part_for(process(data=main.Data())), monkeypatch)
    assert found["Data"]()[1] == (-1, 0)
    assert len(found["Data"]()) == len("changed")


def test_a_value_may_be_of_a_class_of_the_learners(main: types.ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
class Scale:
    by = 3
    def __init__(self, parts):
        self.parts = parts
scale = Scale([Scale(()), Scale(())])
def scaled(x):
    return x * scale.by * len(scale.parts)
"""
    program = program_of(main, code)
    assert revived(program.part_for(process(change=main.scaled)), monkeypatch)["scaled"](1) == 6


def test_what_cannot_be_pickled_is_left_out_and_the_rest_is_there(
    main: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "lines = iter(())\nlock = __import__('threading').Lock()\nn = 2\ndef f(x):\n    return (n * x, lock)"
    program = program_of(main, code)
    assert names_sent(program, monkeypatch, f=main.f) == {"f", "n"}


def test_definitions_in_blocks_are_sent(main: types.ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
try:
    import no_such_module
except ImportError:
    def f(x):
        return g(x)
if True:
    import math as m
    def g(x):
        return m.floor(x)
"""
    program = program_of(main, code)
    assert revived(program.part_for(process(f=main.f)), monkeypatch)["f"](2.5) == 2


def test_annotations_stay_text_where_the_program_says_so(
    main: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "from __future__ import annotations\ndef f(x: NoSuchName) -> int:\n    return x"
    program = program_of(main, code)
    assert revived(program.part_for(process(f=main.f)), monkeypatch)["f"].__annotations__["x"] == "NoSuchName"


def test_a_command_of_ipythons_beside_a_definition_does_no_harm(
    main: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = program_of(main, "def f(x):\n    return x")
    program.codes = [("<code>", "%time 1\ndef f(x):\n    return x"), ("<broken>", "def (")]
    assert revived(program.part_for(process(f=main.f)), monkeypatch)["f"](3) == 3


def test_a_traceback_in_the_process_has_the_learners_lines(
    main: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import traceback

    program = program_of(main, "\n\ndef f(x):\n    return 1 / x")
    found = revived(program.part_for(process(f=main.f)), monkeypatch)
    try:
        found["f"](0)
    except ZeroDivisionError:
        assert 'File "<code 0>", line 4, in f\n    return 1 / x' in traceback.format_exc()


def test_a_process_that_was_sent_nothing_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revival, "_kept", None)
    names: dict[str, Any] = {}
    revival.revive(names)
    assert names == {}
