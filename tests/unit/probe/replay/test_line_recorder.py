"""Recording a run line by line: what it tells, and that the code runs as if nobody watched."""

from __future__ import annotations

import gc
import json
import random
import sys
import threading
import tracemalloc
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from tests.unit.probe.replay.listeners import LISTENERS, tools
from tui_torch.probe.inspector.namespace_diff import VARIABLES
from tui_torch.probe.replay import changed_names, line_recorder
from tui_torch.probe.replay.line_recorder import LineRecorder
from tui_torch.probe.replay.listening.listener import Listener
from tui_torch.probe.replay.listening.trace_function import TraceFunction
from tui_torch.probe.values.summary import summarize
from tui_torch.protocol import wire
from tui_torch.protocol.events import Position, Summary, Trace

FILE = "<your code>"


def recorded(
    source: str, namespace: dict[str, object] | None = None, *, pins: tuple[str, ...] = (), **limits: Any
) -> Trace:
    """Run code with its lines recorded, as the kernel does; an error ends it, and nothing else."""
    namespace = {"torch": torch, "np": np} if namespace is None else namespace
    code = compile(source, FILE, "exec")
    recorder = LineRecorder(namespace, FILE, source=source, pins=pins, **limits)
    error: BaseException | None = None
    recorder.start()
    try:
        exec(code, namespace)
    except BaseException as raised:
        error = raised
    finally:
        recorder.stop(error)
    return recorder.trace()


def lines(trace: Trace) -> list[int]:
    """The lines that were about to run, in order."""
    return [position.line for position in trace.positions if position.event == "line"]


def told(trace: Trace, event: str) -> list[str | None]:
    """The notes of the positions of one kind."""
    return [position.note for position in trace.positions if position.event == event]


def changes(trace: Trace, name: str) -> list[tuple[int, str]]:
    """Where a name changed, and how: the line that was next, the change."""
    return [
        (position.line, summary.change)
        for position in trace.positions
        for summary in position.summaries
        if summary.name == name and summary.change != "same"
    ]


def summary(position: Position, name: str) -> Summary:
    return next(summary for summary in position.summaries if summary.name == name)


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Every recording leaves the process as it found it."""
    before = sys.gettrace(), tools(), torch.Tensor.backward, sys.stdout.write, threading.active_count()
    yield
    assert (sys.gettrace(), tools(), torch.Tensor.backward, sys.stdout.write, threading.active_count()) == before


@pytest.fixture(params=LISTENERS, autouse=True)
def listening(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[Listener]:
    """What hears the code, each that this Python has."""
    monkeypatch.setattr(line_recorder, "listener_for", lambda source: request.param)
    return request.param


# What is told


def test_each_line_is_a_position_and_the_end_is_one_more() -> None:
    trace = recorded("a = 1\nb = 2\n")

    assert [(position.line, position.event) for position in trace.positions] == [
        (1, "line"),
        (2, "line"),
        (2, "return"),
    ]
    assert changes(trace, "a") == [(2, "new")]
    assert changes(trace, "b") == [(2, "new")]


def test_what_was_there_before_is_told_once_as_it_was() -> None:
    trace = recorded("a = 1\nb = 2\n", {"old": 7})

    assert [(s.name, s.text, s.change) for s in trace.positions[0].summaries] == [("old", "7", "same")]
    assert not changes(trace, "old")


def test_a_function_is_followed_into_with_its_own_names_and_out_again() -> None:
    trace = recorded("def f(n):\n    m = n + 1\n    return m\nf(3)\n")

    inside = [position for position in trace.positions if position.depth == 1]
    assert [(position.line, position.function, position.call) for position in inside] == [
        (2, "f", 1),
        (3, "f", 1),
        (3, "f", 1),
    ]
    assert told(trace, "return") == ["returns 4", None]
    assert changes(trace, "m") == [(3, "new"), (4, "gone")]


def test_a_method_of_a_module_is_named_by_its_class_and_pytorch_is_passed_over() -> None:
    source = """
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)
    def forward(self, x):
        return self.layer(x)
out = Net()(torch.ones(1, 2))
"""
    trace = recorded(source)

    assert {position.function for position in trace.positions} == {"<module>", "Net", "Net.__init__", "Net.forward"}
    assert [position.depth for position in trace.positions if position.function == "Net.forward"] == [1, 1]


def test_calls_are_numbered_in_the_order_in_which_they_begin() -> None:
    trace = recorded("def r(n):\n    return n if n == 0 else r(n - 1)\nr(2)\n")

    inside = [(position.depth, position.call) for position in trace.positions if position.event == "line"]
    assert inside[2:] == [(1, 1), (2, 2), (3, 3)]


def test_a_generator_goes_on_as_the_call_that_it_was() -> None:
    trace = recorded("def g():\n    yield 1\n    yield 2\nfor k in g():\n    pass\n")

    assert {position.call for position in trace.positions if position.function == "g"} == {1}
    assert told(trace, "return") == ["yields 1", "yields 2", "returns None", None]


def test_a_comprehension_is_part_of_its_line() -> None:
    trace = recorded("a = [n for n in range(5)]\nb = sum(n for n in a)\n")

    assert lines(trace) == [1, 2]


def test_a_loop_is_told_pass_by_pass() -> None:
    trace = recorded("for i in range(3):\n    j = i * i\n")

    assert lines(trace) == [1, 2, 1, 2, 1, 2, 1]
    assert [s.text for p in trace.positions for s in p.summaries if s.name == "j"] == ["0", "1", "4"]


def test_a_gradient_that_is_cleared_is_a_change_in_place() -> None:
    source = "w = torch.ones(2, requires_grad=True)\nw.sum().backward()\nw.grad = None\n0"

    assert changes(recorded(source), "w")[-2:] == [(2, "gradient filled"), (4, "changed in place")]


def test_a_deleted_name_is_gone() -> None:
    trace = recorded("a = 1\ndel a\nb = 2\n")

    assert changes(trace, "a") == [(2, "new"), (3, "gone")]


@pytest.mark.parametrize(
    ("source", "change"),
    [
        ("t = torch.zeros(3)\nt.add_(1)\n0", "changed in place"),
        ("t = torch.zeros(3)\nt[0] = 5\n0", "changed in place"),
        ("t = torch.zeros(3)\nt = t + 1\n0", "changed"),
        ("t = torch.zeros(3)\nt.data.add_(1)\n0", "changed in place"),
        ("t = [1]\nt.append(2)\n0", "changed in place"),
        ("t = {}\nt['a'] = 2\n0", "changed in place"),
        ("t = np.zeros(3)\nt += 1\n0", "changed in place"),
        ("t = torch.nn.Linear(2, 1)\nt.weight.data.zero_()\n0", "changed in place"),
        ("t = torch.nn.Linear(2, 1)\nt(torch.ones(1, 2)).sum().backward()\n0", "gradient filled"),
        ("t = torch.zeros(200_000)\nt.add_(1)\n0", "changed in place"),
        ("t = torch.zeros(3)\nt.requires_grad_()\n0", "changed in place"),
        ("t = torch.nn.Linear(2, 1)\nt.extra = torch.nn.Linear(2, 1)\n0", "changed in place"),
    ],
)
def test_what_a_line_did_to_a_value_is_told(source: str, change: str) -> None:
    assert changes(recorded(source), "t")[1][1] == change


@pytest.mark.parametrize("numel", [20_000, 2_000_000])
def test_a_change_of_a_large_tensor_that_pytorch_does_not_count_is_told(numel: int) -> None:
    source = f"t = torch.zeros({numel})\nm = torch.nn.Linear({numel}, 1)\nt.data -= 1\nm.weight.data -= 1\n0"
    trace = recorded(source)

    assert changes(trace, "t") == [(2, "new"), (4, "changed in place")]
    assert changes(trace, "m") == [(3, "new"), (5, "changed in place")]


@pytest.mark.parametrize(
    ("made", "note"),
    [
        ("torch.zeros(10_000)", None),
        ("torch.zeros(20_000)", "more than 10,000 elements: not described at every line"),
        (
            "torch.zeros(200_000)",
            "more than 10,000 elements: not described at every line; a change of a few by .data or NumPy, which "
            "PyTorch does not count, may go unseen",
        ),
    ],
)
def test_what_is_not_read_of_a_large_tensor_is_said(made: str, note: str | None) -> None:
    assert summary(recorded(f"t = {made}\n0").positions[1], "t").note == note


def test_pinned_expressions_are_told_where_they_change() -> None:
    source = """model = torch.nn.Sequential(torch.nn.Linear(2, 1))
seen = [1]
model(torch.ones(1, 2)).sum().backward()
model[0].weight.data.zero_()
seen.append(2)
x = torch.ones(3)
x = x[1:]
del model
0"""
    pins = ("model[0].weight", "model[0].weight.grad", "seen[-1]", "x.shape", "x + 1", "x", "1 +")
    told = [(p.line, s.name, s.change) for p in recorded(source, pins=pins).positions for s in p.pinned]

    assert told == [
        (2, "model[0].weight", "new"),
        (2, "model[0].weight.grad", "new"),
        (3, "seen[-1]", "new"),
        (3, "model[0].weight", "gradient filled"),
        (3, "model[0].weight.grad", "changed"),
        (5, "model[0].weight", "changed in place"),
        (6, "seen[-1]", "changed"),
        (7, "x.shape", "new"),
        (8, "x.shape", "changed"),
        (9, "model[0].weight", "gone"),
        (9, "model[0].weight.grad", "gone"),
    ]


def test_a_tensor_that_shares_an_arrays_memory_changes_with_it() -> None:
    trace = recorded("a = np.zeros(3)\nt = torch.from_numpy(a)\na[0] = 9\n0")

    assert changes(trace, "t") == [(3, "new"), (4, "changed in place")]


def test_the_gradient_that_arrives_is_told_where_backward_is() -> None:
    source = """x = torch.tensor(3.)
w = torch.tensor(4., requires_grad=True)
y = w * x
y.backward()
0"""
    trace = recorded(source)

    arrived = next(position for position in trace.positions if position.event == "backward")
    assert (arrived.line, arrived.note) == (4, "the gradient 1.0 arrives at y; w.grad 3.0")
    assert summary(arrived, "w").change == "gradient filled"
    gradient = summary(arrived, "w").gradient
    assert gradient is not None
    assert gradient.values == (3.0,)


def test_a_second_backward_is_told_as_an_accumulation() -> None:
    source = "w = torch.tensor(4., requires_grad=True)\nfor i in range(2):\n    (3 * w).backward()\n"

    assert told(recorded(source), "backward") == [
        "the gradient 1.0 arrives at the result; w.grad 3.0",
        "the gradient 1.0 arrives at the result; w.grad 3.0 → 6.0",
    ]


def test_the_gradients_of_a_modules_parameters_are_told_by_their_names() -> None:
    source = "m = torch.nn.Linear(1, 1, bias=False)\nm(torch.tensor([[2.]])).sum().backward()\n"

    assert told(recorded(source), "backward") == ["the gradient 1.0 arrives at the result; m.weight.grad 2.0"]


def test_the_gradients_of_nested_layers_are_told_as_python_reaches_them() -> None:
    source = "m = torch.nn.Sequential(torch.nn.Linear(1, 1, bias=False))\nm(torch.tensor([[2.]])).sum().backward()\n"

    assert told(recorded(source), "backward") == ["the gradient 1.0 arrives at the result; m[0].weight.grad 2.0"]


def test_an_error_is_told_once_where_it_was_raised() -> None:
    trace = recorded("def f():\n    return 1 / 0\nf()\n")

    assert told(trace, "exception") == ["ZeroDivisionError: division by zero"]
    assert (trace.positions[-1].line, trace.positions[-1].event) == (2, "exception")


def test_an_error_that_is_caught_is_told_and_the_run_goes_on() -> None:
    trace = recorded("try:\n    1 / 0\nexcept ZeroDivisionError:\n    a = 1\nb = 2\n")

    assert lines(trace) == [1, 2, 3, 4, 5]
    assert told(trace, "exception") == ["ZeroDivisionError: division by zero"]


COUNTDOWN = """
class Countdown:
    def __init__(self, n):
        self.n = n
    def __iter__(self):
        return self
    def __next__(self):
        self.n -= 1
        if self.n < 0:
            raise StopIteration
        return self.n
    def __aiter__(self):
        return self
    async def __anext__(self):
        self.n -= 1
        if self.n < 0:
            raise StopAsyncIteration
        return self.n
"""


@pytest.mark.parametrize(
    "iterating",
    [
        "for k in iter([1, 2]):\n    pass\n",
        "a = next(iter([]), None)\n",
        "for k in Countdown(2):\n    pass\n",
        "a = [*Countdown(2)]\n",
        "a, b = Countdown(2)\n",
        "def g():\n    yield from Countdown(2)\nfor k in g():\n    pass\n",
        "def g():\n    yield 1\nh = g()\nnext(h)\nh.close()\n",
        "import asyncio\nasync def f():\n    async for k in Countdown(2):\n        pass\nasyncio.run(f())\n",
    ],
)
def test_the_end_of_an_iteration_is_no_error(iterating: str) -> None:
    trace = recorded(COUNTDOWN + iterating)

    assert not told(trace, "exception")
    assert trace.positions[-1].event == "return"


def test_a_stop_iteration_that_escapes_is_an_error() -> None:
    assert told(recorded(COUNTDOWN + "next(Countdown(0))\n"), "exception") == ["StopIteration"]


def test_an_error_that_is_raised_again_is_told_again() -> None:
    source = (
        "e = ValueError('a')\nfor i in range(2):\n    try:\n        raise e\n    except ValueError:\n        pass\n"
    )

    assert told(recorded(source), "exception") == ["ValueError: a", "ValueError: a"]


def test_a_function_that_an_error_leaves_returns_nothing() -> None:
    source = (
        "def f():\n    1 / 0\ndef g():\n    try:\n        f()\n    except ZeroDivisionError:\n        return 'g'\ng()\n"
    )

    assert told(recorded(source), "return") == ["returns 'g'", None]


@pytest.mark.parametrize("leaving", ["h.close()", "try:\n    h.throw(ValueError)\nexcept ValueError:\n    pass"])
def test_a_generator_that_is_left_at_a_yield_yields_nothing_more(leaving: str) -> None:
    trace = recorded(f"def g():\n    yield 1\nh = g()\nnext(h)\n{leaving}\n")

    assert told(trace, "return") == ["yields 1", None]


def test_what_a_function_returns_is_said_by_its_value_or_its_class() -> None:
    source = "class A: pass\ndef f(x):\n    return x\nf(None)\nf([1, 2])\nf(torch.ones(2))\nf(A())\nf('x' * 1000)\n"
    *returned, long, end = told(recorded(source), "return")

    assert returned == ["returns None", "returns [1, 2]", "returns tensor([1., 1.])", "returns an A"]
    assert long is not None and len(long) < 250 and long.startswith("returns 'xxx")
    assert end is None


def test_a_class_body_returns_nothing() -> None:
    assert told(recorded("class A:\n    x = 1\n"), "return") == [None]


def test_a_long_error_is_cut() -> None:
    [note] = told(recorded("raise ValueError('x' * 1000)\n"), "exception")

    assert note is not None and len(note) == 400


@pytest.mark.parametrize("raised", ["Mine()", "ValueError(Odd())"])
def test_an_error_is_told_without_running_the_codes_own_text(raised: str) -> None:
    source = f"""
asked = []
class Mine(Exception):
    def __str__(self):
        asked.append("str")
class Odd:
    def __str__(self):
        asked.append("argument")
    __repr__ = __str__
try:
    raise {raised}
except Exception:
    pass
"""
    namespace: dict[str, object] = {}

    assert told(recorded(source, namespace), "exception") == [raised.partition("(")[0]]
    assert namespace["asked"] == []


def test_an_interrupted_recording_says_at_which_line() -> None:
    trace = recorded("a = 1\nraise KeyboardInterrupt\n")

    assert trace.stopped == "The recording ends at line 2: the run was interrupted there."


def test_each_call_has_a_number_of_its_own_and_keeps_it() -> None:
    source = """
def g(n):
    yield n
    yield n
a, b = g(0), g(1)
next(a), next(b), next(a), next(b)
def f():
    return 1
f()
f()
"""
    trace = recorded(source)

    assert [position.call for position in trace.positions if position.function == "g"] == [1, 1, 2, 2, 1, 1, 2, 2]
    assert [position.call for position in trace.positions if position.function == "f"] == [3, 3, 4, 4]


def test_a_generator_that_began_before_the_recording_has_a_number_too() -> None:
    namespace: dict[str, object] = {}
    exec(compile("def g():\n    yield 1\n    yield 2\nh = g()\nnext(h)\n", FILE, "exec"), namespace)
    trace = recorded("next(h)\n", namespace)

    assert [position.call for position in trace.positions if position.function == "g"] == [1, 1]


def test_a_coroutine_that_waits_goes_on_as_the_call_that_it_was() -> None:
    source = """
import asyncio
async def f():
    await asyncio.sleep(0)
    return 3
asyncio.run(f())
"""
    trace = recorded(source)

    assert {position.call for position in trace.positions if position.function == "f"} == {1}
    assert told(trace, "return") == ["returns 3", None]


def test_only_functions_of_the_code_count_as_depth() -> None:
    source = "def f(n):\n    return n\na = [f(n) for n in range(2)]\nb = list(filter(f, map(f, range(2))))\n"
    source += "def g():\n    return [f(n) for n in range(1)]\ng()\n"

    depths = {(position.function, position.depth) for position in recorded(source).positions}
    assert depths == {("<module>", 0), ("f", 1), ("g", 1), ("f", 2)}


def test_names_beyond_the_limit_are_counted() -> None:
    names: dict[str, object] = {f"n{number}": number for number in range(VARIABLES + 7)}
    first = recorded("a = 1\n", names).positions[0]

    assert (len(first.summaries), first.omitted) == (VARIABLES, 7)


def test_a_functions_names_beyond_the_limit_are_counted() -> None:
    many = "; ".join(f"n{number} = 0" for number in range(VARIABLES + 7))
    inside = next(position for position in recorded(f"def f():\n    {many}\nf()\n").positions if position.note)

    assert (sum(summary.name.startswith("n") for summary in inside.summaries), inside.omitted) == (VARIABLES, 7)


@pytest.mark.parametrize("given", ["torch.tensor([1., 2.])", "gradient=torch.tensor([1., 2.])"])
def test_the_gradient_that_backward_was_given_is_the_one_that_arrives(given: str) -> None:
    source = f"w = torch.ones(2, requires_grad=True)\ny = 3 * w\ny.backward({given})\n"

    assert told(recorded(source), "backward") == ["the gradient tensor([1., 2.]) arrives at y; w.grad tensor([3., 6.])"]


def test_of_many_gradients_six_are_named_and_the_others_counted() -> None:
    source = (
        "m = torch.nn.Sequential(*(torch.nn.Linear(1, 1) for _ in range(4)))\nm(torch.ones(1, 1)).sum().backward()\n"
    )
    [note] = told(recorded(source), "backward")

    assert note is not None
    assert note.count(".grad ") == 6 and note.endswith("; and 2 more")


def test_a_large_gradient_is_told_by_its_shape_and_norm() -> None:
    source = "w = torch.zeros(100, requires_grad=True)\n(w * 2).sum().backward()\n"

    assert told(recorded(source), "backward") == ["the gradient 1.0 arrives at the result; w.grad [100], norm 20"]


def test_a_large_gradient_that_accumulates_is_told_without_what_it_was() -> None:
    source = "w = torch.zeros(100, requires_grad=True)\nfor i in range(2):\n    (w * 2).sum().backward()\n"

    assert told(recorded(source), "backward")[1] == "the gradient 1.0 arrives at the result; w.grad [100], norm 40"


def test_a_backward_in_another_thread_is_not_told() -> None:
    source = """
import threading
w = torch.tensor(4., requires_grad=True)
t = threading.Thread(target=lambda: (3 * w).backward())
t.start()
t.join()
"""
    assert not told(recorded(source), "backward")


def test_what_is_printed_is_counted_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    trace = recorded("import sys\nprint('one')\nprint('two', file=sys.stderr)\nprint('three')\n")

    assert [(piece.text, piece.stream) for piece in trace.output] == [
        ("one\n", "stdout"),
        ("two\n", "stderr"),
        ("three\n", "stdout"),
    ]
    assert [position.printed for position in trace.positions] == [0, 0, 4, 8, 14]
    assert capsys.readouterr().out == "one\nthree\n"


# The bounds


def test_a_long_run_is_cut_and_says_at_which_line() -> None:
    namespace: dict[str, object] = {}
    trace = recorded("n = 0\nfor i in range(10_000):\n    n += i\n", namespace)

    assert len(trace.positions) == 20_000
    assert trace.stopped is not None
    assert "line 3: it has 20,000 positions" in trace.stopped
    assert namespace["n"] == 49_995_000


def test_a_run_of_as_many_positions_as_are_kept_is_whole() -> None:
    loop = "n = 0\nfor i in range({}):\n    n += i\n"

    whole, cut = recorded(loop.format(3), limit_positions=9), recorded(loop.format(4), limit_positions=9)
    assert (len(whole.positions), whole.stopped) == (9, None)
    assert len(cut.positions) == 9 and cut.stopped is not None


def test_a_recording_holds_32_mib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changed_names.NameChange, "size", 2**20)
    trace = recorded("for i in range(100):\n    pass\n")

    assert trace.stopped is not None
    assert "it takes 32 MiB, as much as is kept" in trace.stopped


@pytest.mark.parametrize(
    "value",
    [
        "x" * 200,
        torch.randn(64),
        torch.randn(1000),
        torch.nn.Sequential(*(torch.nn.Linear(2, 2) for _ in range(10))),
    ],
    ids=["text", "a small tensor", "a large tensor", "a module"],
)
def test_the_size_of_a_recording_is_estimated_to_a_factor_of_two(value: object) -> None:
    found = summarize("x", value)
    assert found is not None
    text = json.dumps(wire.encode(found))
    wire.decode(Summary, json.loads(text))
    tracemalloc.start()
    kept = [wire.decode(Summary, json.loads(text)) for _ in range(100)]
    size = tracemalloc.get_traced_memory()[0] / len(kept)
    tracemalloc.stop()

    assert 0.5 < changed_names.size_of(found) / size < 2


def test_pins_count_towards_the_size_of_a_recording() -> None:
    source = "layers = {'a': torch.nn.Linear(3, 1)}\nfor i in range(100):\n    layers['a'].weight.data.add_(1)\n"
    plain = recorded(source, limit_bytes=60_000)
    pinned = recorded(source, pins=("layers['a'].weight",), limit_bytes=60_000)

    assert any(position.pinned for position in pinned.positions)
    assert len(pinned.positions) < len(plain.positions)


def test_a_recording_looks_for_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        now = 0.0

        @classmethod
        def perf_counter(cls) -> float:
            cls.now += 0.5
            return cls.now

    monkeypatch.setattr(line_recorder, "time", Clock)
    trace = recorded("for i in range(100):\n    pass\n")

    assert len(trace.positions) == 20
    assert trace.stopped is not None
    assert "it took 10 seconds to look at every line so far" in trace.stopped


def test_of_what_is_printed_the_first_200_000_characters_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    trace = recorded("print('x' * 150_000)\nprint('y' * 150_000)\nprint('z')\n")

    kept = "".join(piece.text for piece in trace.output)
    assert (len(kept), kept.count("y"), kept.count("z")) == (200_000, 49_999, 0)
    assert trace.positions[-1].printed == 300_004
    assert len(capsys.readouterr().out) == 300_004


def test_a_recording_that_grows_too_large_is_cut() -> None:
    trace = recorded("for i in range(100):\n    t = torch.ones(60) * i\n", limit_bytes=30_000)

    assert trace.stopped is not None
    assert "as much as is kept" in trace.stopped
    assert len(trace.positions) < 60


def test_a_recording_that_takes_too_long_is_cut() -> None:
    trace = recorded("for i in range(100):\n    t = torch.ones(60) * i\n", limit_seconds=0.0)

    assert trace.stopped is not None
    assert "seconds to look" in trace.stopped


def test_a_trace_function_of_the_codes_own_is_left_to_it(listening: type[Listener]) -> None:
    namespace: dict[str, object] = {}
    before = sys.gettrace()
    trace = recorded("import sys\nsys.settrace(mine := lambda *_: None)\nkept = sys.gettrace() is mine\n", namespace)
    sys.settrace(before)

    assert namespace["kept"] is True
    if listening is TraceFunction:
        reason = "the code called sys.settrace, and Python has room for one trace function only"
        assert trace.stopped == f"The recording ends at line 3: {reason}."
    else:
        assert (trace.stopped, lines(trace)) == (None, [1, 2, 3])


def test_a_recursion_without_end_is_the_codes_own_error(listening: type[Listener]) -> None:
    namespace: dict[str, object] = {}
    trace = recorded("def f(n):\n    f(n + 1)\ntry:\n    f(0)\nexcept RecursionError:\n    caught = True\n", namespace)

    assert namespace["caught"] is True
    if listening is TraceFunction:  # Python removes a trace function that it has no stack to call
        assert trace.stopped == "The recording ends at line 2: the code ran out of stack, or called sys.settrace."
    else:
        assert trace.stopped is None
        assert [note.partition(":")[0] for note in told(trace, "exception") if note] == ["RecursionError"]
        assert lines(trace)[-2:] == [5, 6]


# Not disturbing


def test_random_numbers_are_the_same_as_without_a_recording() -> None:
    source = (
        "import random\nr = (torch.rand(3).tolist(), np.random.rand(), random.random())\ns = torch.randn(2).tolist()\n"
    )

    def drawn(traced: bool) -> tuple[object, object]:
        torch.manual_seed(0), np.random.seed(0), random.seed(0)
        namespace: dict[str, object] = {"torch": torch, "np": np}
        recorded(source, namespace) if traced else exec(source, namespace)
        return namespace["r"], namespace["s"]

    assert drawn(traced=True) == drawn(traced=False)


@pytest.mark.parametrize("within", ["", "def run():\n"])
def test_memory_is_freed_as_soon_as_without_a_recording(within: str) -> None:
    body = ["import weakref", "t = torch.zeros(10)", "r = weakref.ref(t)", "t = t + 1", "alive = r() is not None"]
    source = "\n".join(body) if not within else within + "\n".join(f"    {line}" for line in body)
    source += "" if not within else "\n    return alive\nalive = run()\n"
    namespace: dict[str, object] = {"torch": torch}
    gc.disable()
    try:
        recorded(source, namespace)
    finally:
        gc.enable()

    assert namespace["alive"] is False


def test_no_gradient_history_or_version_is_made() -> None:
    source = "w = torch.ones(3, requires_grad=True)\ny = (w * 2).sum()\nz = w.detach()\n0\n"
    namespace: dict[str, object] = {"torch": torch}
    recorded(source, namespace)

    w, y = namespace["w"], namespace["y"]
    assert isinstance(w, torch.Tensor)
    assert isinstance(y, torch.Tensor)
    assert (w.grad, w._version, y.retains_grad) == (None, 0, False)
    y.backward()
    assert w.grad is not None
    assert w.grad.tolist() == [2.0, 2.0, 2.0]


def test_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trace = recorded("w = torch.ones(3, requires_grad=True)\ny = w * 2\nz = y.sum()\nz.backward()\n0")

    assert trace.stopped is None


def test_a_hostile_object_is_not_asked_anything() -> None:
    source = """
class Hostile:
    asked = []
    def __getattribute__(self, name):
        Hostile.asked.append(name)
        raise RuntimeError(name)
    __repr__ = __len__ = __iter__ = __bool__ = __eq__ = __hash__ = __str__ = (
        lambda self, *a: Hostile.asked.append("method")
    )
    @classmethod
    def __torch_function__(cls, *args):
        cls.asked.append("torch")
h = Hostile()
k = [h]
def f(it):
    return it
f(h)
asked = list(Hostile.asked)
"""
    namespace: dict[str, object] = {}
    trace = recorded(source, namespace, pins=("h.weight", "h[0]", "k[0].weight"))

    assert namespace["asked"] == []
    assert trace.stopped is None


def test_a_hostile_tensor_subclass_is_not_asked_anything() -> None:
    source = """
asked = []
class Mine(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        asked.append(str(function))
        return super().__torch_function__(function, types, args, kwargs or {})
    @property
    def shape(self):
        asked.append("shape")
m = torch.ones(3).as_subclass(Mine)
a = len(asked)
b = 2
c = len(asked)
"""
    namespace: dict[str, object] = {"torch": torch}
    recorded(source, namespace, pins=("m.shape", "m.grad", "m[0]"))

    assert namespace["a"] == namespace["c"]


def test_other_threads_are_not_recorded() -> None:
    source = "import threading\ndef f():\n    a = 1\nt = threading.Thread(target=f)\nt.start()\nt.join()\n"

    assert {position.function for position in recorded(source).positions} == {"<module>"}


def test_jit_tracing_does_not_record_the_looking() -> None:
    namespace: dict[str, object] = {"torch": torch, "__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        recorded("def f(x):\n    y = x * 2\n    return y + 1\ng = torch.jit.trace(f, torch.ones(2))\n", namespace)

    graph = str(namespace["g"].graph)  # type: ignore[attr-defined]
    assert graph.count("aten::") == 2
