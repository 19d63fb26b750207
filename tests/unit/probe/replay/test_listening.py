"""Whatever hears a program hears the same: each listener that this Python has, beside a plain trace function."""

from __future__ import annotations

import sys

import pytest
import torch

from tests.unit.probe.replay.listeners import LISTENERS, MONITORING, tools
from tests.unit.probe.replay.test_as_eager import CNN, FILE, GAN, PROGRAMS, assert_same
from tests.unit.probe.replay.test_line_recorder import COUNTDOWN
from tui_torch.probe.replay.line_recorder import LineRecorder
from tui_torch.probe.replay.listening.choice import listener_for
from tui_torch.probe.replay.listening.listener import Listener
from tui_torch.probe.replay.listening.trace_function import TraceFunction
from tui_torch.protocol.events import Trace

WAYS = {
    "loops of one line": """
x = 0
for i in range(3): x += i
while x: x -= 1
for a in range(2):
    for b in range(2): x += a * b
for k in map(lambda n: n + 1, range(2)): pass
def items():
    for j in range(2): yield j
for k in items(): x += k
if x: y = 1; z = 2
""",
    "comprehensions": """
def f(x): return x
a = [f(n) for n in range(3)]
b = {n for n in a if n}
c = {k: f(v)
     for k, v in
     zip("ab", [1, 2])}
d = list(f(x) for x in a)
e = [[f(y) for y in range(x)] for x in a]
def g(zs):
    return [z
        for z in zs
        if f(z)]
a = g(a)
class A:
    z = [n for n in range(2)]
try:
    h = [1 / n for n in (1, 0)]
except ZeroDivisionError:
    pass
w = torch.ones(2, requires_grad=True)
[(w * k).sum().backward() for k in range(2)]
def train():
    return [(w * k).sum().backward() for k in range(2)]
train()
""",
    "exceptions": """
def f(n):
    try:
        if n: raise ValueError(n)
        return "a"
    except ValueError as error:
        return str(error)
    finally:
        n = 3
f(0), f(1)
def g():
    for i in range(3):
        try:
            continue
        finally:
            i += 1
    else:
        return 1
g()
try:
    try:
        1 / 0
    finally:
        b = 1
except ZeroDivisionError: c = 1
def h():
    try:
        f(x, y)
    except* NameError as group:
        pass
h()
e = ValueError("again")
for i in range(2):
    try:
        raise e
    except ValueError:
        pass
def deep(n):
    return deep(n - 1) if n else 1 / 0
deep(4)
""",
    "an exit": "def f():\n    raise KeyboardInterrupt\ntry:\n    f()\nexcept KeyboardInterrupt:\n    a = 1\n",
    "with": """
import contextlib
@contextlib.contextmanager
def c():
    try:
        yield 1
    finally:
        a = 2
with c() as x:
    y = x
with contextlib.suppress(ValueError):
    with c():
        raise ValueError
class M:
    def __enter__(self): return self
    def __exit__(self, *_):
        return True
with M():
    1 / 0
z = 1
""",
    "recursion": """
def fact(n):
    return 1 if n < 2 else n * fact(n - 1)
fact(6)
def a(n):
    if n: b(n - 1)
def b(n):
    if n: a(n - 1)
a(5)
""",
    "generators": COUNTDOWN
    + """
def g():
    x = yield 1
    try:
        yield x
    except ValueError:
        yield "caught"
    return 9
h = g()
next(h); h.send(5); h.throw(ValueError)
try:
    next(h)
except StopIteration as end:
    v = end.value
def d():
    r = yield from g()
    return r
list(d())
k = g(); next(k); k.close()
a = [*Countdown(2)]
for q in Countdown(2): pass
any(x > 1 for x in Countdown(3))
for i, j in zip(d(), g()): pass
def t():
    yield from Countdown(2)
sum(t())
m = g()
next(m)
try:
    m.throw(KeyError("a"))
except KeyError: pass
""",
    "coroutines": COUNTDOWN
    + """
import asyncio
async def f(n):
    await asyncio.sleep(0)
    return n
async def items():
    for i in range(2):
        yield i
        await asyncio.sleep(0)
async def main():
    async for k in Countdown(2):
        pass
    async for k in items(): pass
    xs = [k async for k in items()]
    ys = [await f(k) for k in range(2)]
    await asyncio.gather(f(1), f(2))
    task = asyncio.create_task(asyncio.sleep(9))
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
asyncio.run(main())
""",
    "closures": """
def outer(n):
    total = 0
    def inner(k):
        nonlocal total
        total += k
        return total
    return [inner(i) for i in range(n)], inner
r, f = outer(3)
f(1)
fs = [lambda: i for i in range(3)]
[g() for g in fs]
""",
    "threads": """
import threading
def f(n):
    for i in range(n): pass
    return n
t = threading.Thread(target=f, args=(3,))
t.start()
f(2)
t.join()
""",
    "classes": """
from dataclasses import dataclass
class A:
    x = 1
    def __init__(self): self.a = 2
    @property
    def p(self):
        return self.a
    def __getattr__(self, name):
        raise AttributeError(name)
    def __del__(self):
        y = 1
a = A(); a.p
hasattr(a, "q")
del a
@dataclass
class D:
    x: int = 1
d = D()
""",
    "matching": """
def f(x):
    match x:
        case [a, b]:
            return a
        case {"k": v}:
            return v
        case _:
            return None
f([1, 2]); f({"k": 3}); f(1)
""",
    "code made by code": """
exec("a = 1\\nb = 2")
exec(compile("c = 1\\ndef q():\\n    return 2\\nq()", "<your code>", "exec"))
exec(compile("c = 1\\nd = [x for x in range(2)]", "<your code>", "exec"), {}, {})
""",
    "hooks, and PyTorch that calls back": """
m = nn.Linear(2, 1)
def hook(module, given, out):
    k = out * 1
    return k
m.register_forward_hook(hook)
m(torch.ones(1, 2)).sum().backward()
t = torch.ones(2, requires_grad=True)
t.register_hook(lambda g: g * 2)
(t * 3).sum().backward()
class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
    @staticmethod
    def backward(ctx, g):
        return g * 2
Double.apply(t).sum().backward()
def q(x):
    y = x * x
    return y.sum()
torch.func.grad(q)(torch.ones(2))
torch.func.vmap(lambda x: x + 1)(torch.ones(2, 2))
""",
    "worker processes": """
from torch.utils.data import DataLoader, Dataset
class Mine(Dataset):
    def __len__(self): return 4
    def __getitem__(self, at):
        return torch.tensor(at)
for x in DataLoader(Mine(), batch_size=2, num_workers=1):
    y = x + 1
""",
}


@pytest.mark.parametrize("listening", LISTENERS)
@pytest.mark.parametrize("program", [*WAYS.values(), GAN, CNN], ids=[*WAYS, "a GAN", "a CNN"])
@pytest.mark.filterwarnings("ignore")
def test_each_listener_hears_a_program_as_a_plain_trace_function_does(program: str, listening: type[Listener]) -> None:
    assert_same(program, listening=listening)


@pytest.mark.parametrize("listening", LISTENERS)
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.filterwarnings("ignore")
def test_each_listener_sees_the_values_that_a_plain_trace_function_sees(
    program: str, listening: type[Listener]
) -> None:
    assert_same(program, listening=listening)


@pytest.mark.parametrize("listening", LISTENERS)
def test_each_listener_hears_the_lines_up_to_an_interrupt(listening: type[Listener]) -> None:
    program = "def f(i):\n    if i == 1:\n        raise KeyboardInterrupt\nfor i in range(3):\n    f(i)\n"
    assert_same(program, listening=listening, stopped="The recording ends at line 3: the run was interrupted there.")


def recorded(
    source: str, listening: type[Listener], namespace: dict[str, object] | None = None, **limits: int
) -> Trace:
    namespace = {"torch": torch} if namespace is None else namespace
    recorder = LineRecorder(namespace, FILE, source=source, listening=listening, **limits)
    recorder.start()
    try:
        exec(compile(source, FILE, "exec"), namespace)
    finally:
        recorder.stop()
    return recorder.trace()


def lines(trace: Trace) -> list[int]:
    return [position.line for position in trace.positions if position.event == "line"]


@pytest.mark.parametrize("listening", LISTENERS)
def test_a_recording_that_is_full_leaves_generators_comprehensions_and_threads_to_run_on(
    listening: type[Listener],
) -> None:
    source = """
import threading
def g(n):
    for i in range(n):
        yield i
def f(n):
    out = []
    def inner(k):
        try:
            out.append(k)
            if k % 2: raise ValueError
        except ValueError:
            pass
    for k in g(n): inner(k)
    return sum([x for x in out if x] + list(y for y in out))
threads = [threading.Thread(target=f, args=(20,)) for _ in range(2)]
for t in threads: t.start()
total = f(50)
for t in threads: t.join()
"""
    namespace: dict[str, object] = {}
    for limit in range(1, 60):
        trace = recorded(source, listening, namespace, limit_positions=limit)
        assert (len(trace.positions), namespace["total"]) == (limit, 2 * sum(range(50)))
        assert trace.stopped is not None and f"it has {limit} positions" in trace.stopped
        assert (sys.gettrace(), tools().count("tui-torch")) == (None, 0)


@pytest.mark.parametrize("listening", LISTENERS)
def test_one_recording_after_another_hears_the_same(listening: type[Listener]) -> None:
    source = "def f():\n    for i in range(2):\n        pass\nf()\n"
    names: dict[str, object] = {}

    assert lines(recorded(source, listening, names)) == [1, 4, 2, 3, 2, 3, 2]
    assert lines(recorded("f()\n", listening, names)) == [1, 2, 3, 2, 3, 2]
    assert lines(recorded(source, listening, names)) == [1, 4, 2, 3, 2, 3, 2]


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # PyTorch has threads, which the child needs not
@pytest.mark.parametrize("listening", LISTENERS)
def test_a_forked_process_hears_nothing(listening: type[Listener]) -> None:
    source = """
import os
def f():
    return 1
if not (child := os.fork()):
    f()
    f()
    os._exit(0)
code = os.waitpid(child, 0)[1]
f()
"""
    names: dict[str, object] = {}
    assert lines(recorded(source, listening, names)) == [2, 3, 5, 9, 10, 4]
    assert names["code"] == 0


def test_what_hears_a_program_is_the_quickest_that_this_python_has() -> None:
    assert listener_for("a = 1  # monitoring") is LISTENERS[-1]


def test_a_program_that_speaks_of_monitoring_finds_every_tool_free() -> None:
    source = "import sys\nfree = [sys.monitoring.get_tool(tool) for tool in range(6)]\n"

    assert listener_for(source) is TraceFunction


if MONITORING is not None:

    def test_where_no_tool_is_free_a_trace_function_hears_the_program() -> None:
        for tool in (3, 4):
            MONITORING.use_tool_id(tool, "somebody else")
        try:
            assert listener_for("a = 1") is TraceFunction
            MONITORING.free_tool_id(3)
            assert lines(recorded("a = 1\n", listener_for("a = 1"))) == [1]
            assert tools()[4] == "somebody else"
        finally:
            for tool in (3, 4):
                MONITORING.free_tool_id(tool)

    def test_a_program_that_takes_the_tool_away_ends_the_recording() -> None:
        source = "import sys\na = 1\nsys.monitoring.free_tool_id(4)\nsys.monitoring.use_tool_id(4, 'mine')\nb = 2\n"
        trace = recorded(source, LISTENERS[-1])

        assert tools()[4] == "mine"
        MONITORING.free_tool_id(4)
        assert trace.stopped is not None and "the code changed the tool of sys.monitoring" in trace.stopped

    def test_a_tool_and_a_trace_function_of_the_programs_own_hear_what_they_hear_without_it() -> None:
        source = """
import sys
tools = sys.monitoring
heard, traced = [], []
tools.use_tool_id(2, "mine")
tools.register_callback(2, tools.events.LINE, lambda code, line: heard.append((code.co_name, line)))
tools.set_events(2, tools.events.LINE)
def trace(frame, event, argument):
    if frame.f_code.co_filename == "<your code>":
        traced.append((event, frame.f_lineno, dict(frame.f_locals).get("k")))
        return trace
sys.settrace(trace)
def f(n):
    for k in range(n): pass
    return [n + k for k in range(2)]
f(2)
sys.settrace(None)
tools.set_events(2, 0)
tools.free_tool_id(2)
heard = [line for name, line in heard if name == "f"]
"""
        bare: dict[str, object] = {}
        exec(compile(source, FILE, "exec"), bare)
        names: dict[str, object] = {}
        trace = recorded(source, LISTENERS[-1], names)

        assert trace.stopped is None
        assert (names["heard"], names["traced"]) == (bare["heard"], bare["traced"])
