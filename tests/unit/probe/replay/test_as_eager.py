"""What is recorded is what a recorder without any haste records: names, values, notes and order, at every position."""

from __future__ import annotations

import contextlib
import io
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.courses import course_in, that_train
from tests.spread import in_full_only, marks
from tests.unit.probe.replay.eager_recorder import EagerRecorder
from tests.unit.probe.replay.forked import forked
from tui_torch.course.lesson import Lesson
from tui_torch.course.step_run import code_of
from tui_torch.probe.replay.line_recorder import LineRecorder
from tui_torch.probe.replay.listening.listener import Listener
from tui_torch.protocol.events import Trace

FILE = "<your code>"
LESSONS = course_in()
LONG = {"fit-a-line", "notes-bug-hunt"}
"""Lessons whose loops are so long that both recordings together take half a minute."""
RATHER_LONG = {"linear-regression", "optimizers"}
"""Lessons whose recordings take seconds."""


@contextlib.contextmanager
def _in_silence() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


@contextlib.contextmanager
def _in_one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextlib.contextmanager
def _last_digits_kept() -> Iterator[None]:
    """What is computed twice is the same to the last digit: of `lstsq()`, that depends on where its memory lies."""
    original: Any = torch.linalg.lstsq

    def lstsq(a: torch.Tensor, b: torch.Tensor, **options: Any) -> Any:
        found = original(a.double(), b.double(), **options)
        return type(found)(part.to(a.dtype) if part.is_floating_point() else part for part in found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.linalg, "lstsq", lstsq)
        yield


def _namespace(setup: tuple[str, ...]) -> dict[str, object]:
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    namespace: dict[str, object] = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "np": np}
    for portion in setup:
        with _in_silence(), contextlib.suppress(Exception):  # a step that shows an error
            exec(compile(portion, "<setup>", "exec"), namespace)
    return namespace


def _eager(source: str, namespace: dict[str, object], pins: tuple[str, ...]) -> Trace:
    recorder = EagerRecorder(namespace, FILE, source, pins)
    with _in_silence():
        recorder.start()
        with contextlib.suppress(Exception, KeyboardInterrupt):
            exec(compile(source, FILE, "exec"), namespace)
        return recorder.stop()


def _recorded(
    source: str, namespace: dict[str, object], pins: tuple[str, ...], listening: type[Listener] | None
) -> Trace:
    limits: dict[str, Any] = {"limit_positions": 10**9, "limit_bytes": 2**40, "limit_seconds": 1e9}
    recorder = LineRecorder(namespace, FILE, **limits, source=source, pins=pins, listening=listening)
    error: BaseException | None = None
    with _in_silence():
        recorder.start()
        try:
            exec(compile(source, FILE, "exec"), namespace)
        except (Exception, KeyboardInterrupt) as raised:
            error = raised
        recorder.stop(error)
    return recorder.trace()


def _both(
    source: str, setup: tuple[str, ...], pins: tuple[str, ...], listening: type[Listener] | None, *, is_long: bool
) -> tuple[Trace, Trace]:
    """What both recorders tell; of a long program, by one in a fork while the other is at work."""
    if not is_long:
        return _eager(source, _namespace(setup), pins), _recorded(source, _namespace(setup), pins, listening)
    with _in_one_thread(), _last_digits_kept():
        namespace = _namespace(setup)
        eager = forked(lambda: _eager(source, namespace, pins))
        try:
            found = _recorded(source, namespace, pins, listening)
        finally:
            wanted = eager()
    return wanted, found


def assert_same(
    source: str,
    setup: tuple[str, ...] = (),
    pins: tuple[str, ...] = (),
    *,
    listening: type[Listener] | None = None,
    stopped: str | None = None,
    is_long: bool = False,
) -> Trace:
    """Both recordings of a program are the same."""
    wanted, found = _both(source, setup, pins, listening, is_long=is_long)
    for at, (want, got) in enumerate(zip(wanted.positions, found.positions, strict=False)):
        assert repr(got) == repr(want), f"position {at}"
    assert len(found.positions) == len(wanted.positions)
    assert found.output == wanted.output
    assert found.stopped == stopped
    return found


GAN = """
g = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
d = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 1))
opt_g = torch.optim.Adam(g.parameters(), lr=1e-3)
opt_d = torch.optim.Adam(d.parameters(), lr=1e-3)
history = []
for step in range(6):
    real = torch.randn(32, 2) * 0.5 + 2
    fake = g(torch.randn(32, 4))
    opt_d.zero_grad()
    loss_d = F.softplus(-d(real)).mean() + F.softplus(d(fake.detach())).mean()
    loss_d.backward()
    opt_d.step()
    opt_g.zero_grad()
    loss_g = F.softplus(-d(fake)).mean()
    loss_g.backward()
    opt_g.step()
    history.append((loss_d.item(), loss_g.item()))
"""
CNN = """
x = torch.randn(64, 1, 16, 16)
y = torch.randint(0, 4, (64,))
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.norm = nn.BatchNorm2d(8)
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(8 * 7 * 7, 4)
    def forward(self, x):
        h = F.relu(self.norm(self.conv(x)))
        h = self.pool(h)
        return self.head(h.flatten(1))
net = Net()
opt = torch.optim.Adam(net.parameters())
schedule = torch.optim.lr_scheduler.StepLR(opt, 1, 0.5)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=32)
for epoch in range(2):
    net.train()
    for xb, yb in loader:
        loss = F.cross_entropy(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    schedule.step()
    net.eval()
    with torch.no_grad():
        right = (net(x).argmax(1) == y).sum()
        print(epoch, loss.item(), right.item() / len(x))
"""


@pytest.mark.parametrize("program", [GAN, CNN], ids=["a GAN", "a CNN"])
def test_a_network_in_training_is_recorded_as_without_haste(program: str) -> None:
    found = assert_same(program, pins=("net.conv.weight", "g[0].weight.grad", "d[3].bias", "history[-1]", "loss.shape"))
    assert len(found.positions) > 70


FULL = in_full_only([lesson.id for lesson in LESSONS.lessons], 2, besides=LONG | that_train())


@pytest.mark.parametrize(
    "lesson", [pytest.param(lesson, id=lesson.id, marks=marks(lesson.id, FULL)) for lesson in LESSONS.lessons]
)
def test_every_step_of_a_lesson_is_recorded_as_without_haste(lesson: Lesson) -> None:
    for step in lesson.steps:
        if (code := code_of(step)) is not None:
            setup = tuple(portion.code for portion in lesson.stands_on(step.id))
            assert_same(code, setup, tuple(step.pin), is_long=lesson.id in {*LONG, *RATHER_LONG})


PROGRAMS = {
    "changes in place, by views and aliases": """
t = torch.zeros(3, 4)
row, flat, same = t[1], t.view(-1), t
row += 1
flat[0] = 5
same.mul_(2)
t.data[2] = 7
column = t[:, 1]
column.fill_(3)
a = np.arange(4.0)
shared = torch.from_numpy(a)
a[2] = 9
t.add_(0)
t = t.clone()
t.t_()
t.resize_(2, 2)
t.data = torch.ones(2, 2).t()
t.data = torch.ones(3)
t.data = t.data.view(torch.int32)
""",
    "numbers and texts": """
a = 1
a = True
a = 1.0
a = 0.0
a = -0.0
a = float("nan")
a = float("nan")
a = 10**30
a = 10**30 + 1
a = "text"
a = "text" * 40
a = "te\\nxt"
a = None
a = 3 + 4j
a = ...
""",
    "lists and other containers": """
n = [1, 2.0]
n.append("x")
n[0] = True
n[0] = 1
n.append([1])
n[-1].append(2)
n.append(torch.ones(2))
n[-1].add_(1)
d = {"a": 1}
d["a"] = 2
d["b"] = torch.zeros(2)
d["b"] += 1
s = {1, 2}
s.add(3)
p = (1, [2])
p[1].append(3)
p = (1, [2, 3])
z = torch.Size([1, 2])
z = torch.Size([2, 1])
long = list(range(1200))
long[5] = -1
long.pop()
n.pop()
n.pop()
n[0] = 10**40
n = ["x" * 300, 10**40]
n.append(0.5)
n = [0.5] * 100
n[0] = -0.0
n += [float("nan"), None]
n.pop()
""",
    "gradients": """
w = torch.ones(3, requires_grad=True)
y = w * 2
y.retain_grad()
y.sum().backward()
(w * 3).sum().backward(retain_graph=True)
g = w.grad
g.zero_()
w.grad = None
w.grad = torch.ones(3)
w.grad = torch.ones(3)
w.grad = torch.zeros(3)
w.requires_grad_(False)
w.requires_grad_(True)
big = torch.zeros(100, requires_grad=True)
(big * 2).sum().backward()
(big * 2).sum().backward()
y = (w * 2).sum()
y.detach_()
v = torch.autograd.grad((w ** 2).sum(), w, create_graph=True)[0]
""",
    "backward() anywhere in a line": """
w = torch.ones(2, requires_grad=True)
big = torch.ones(200, 200, requires_grad=True)
loss = (w * 2).sum()
loss.backward()
n = w.grad.zero_()
loss = (w * 3).sum() + big.sum()
loss.backward()
loss = (w * 2).sum(); loss.backward(); n = w.grad.zero_()
loss = (w * 3).sum()
n = w.grad.zero_(); loss.backward()
loss = (w * 3).sum()
loss.backward(retain_graph=True); loss.backward()
(w * 4).sum().backward()
n = (w * 4).sum().backward()
loss = w * 2
loss.backward(torch.ones(2))
ones = torch.ones(2)
loss = w * 2
loss.backward(ones)
loss = w * 2
loss.backward(gradient=ones)
del big
def filled(loss):
    loss.backward()
    return loss
loss = filled((w * 2).sum())
class Held:
    @property
    def loss(self):
        w.grad.zero_()
        return (w * 2).sum()
held = Held()
held.loss.backward()
class Mine(torch.Tensor):
    pass
mine = torch.ones(2).as_subclass(Mine).requires_grad_()
loss = (mine * w).sum()
loss.backward()
del mine
for n in range(2):
    loss = (w * n).sum()
    loss.backward()
handle = w.register_hook(lambda gradient: w.data.add_(1) and None)
loss = (w * 2).sum()
loss.backward()
try:
    loss.backward()
except RuntimeError:
    n = 1
""",
    "every dtype and layout": """
kinds = [torch.float64, torch.float16, torch.bfloat16, torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64]
for kind in kinds:
    t = torch.arange(-3, 5).abs().to(kind) if kind is torch.uint8 else torch.arange(-3, 5).to(kind)
    t += 1
    t = t.view(2, 4).t()
b = torch.tensor([True, False])
b = ~b
c = torch.tensor([1 + 2j, 3.0])
c = c.conj()
i = c.imag
e = torch.empty(0)
e = torch.empty(0, 3, dtype=torch.int64)
s = torch.eye(3).to_sparse()
m = torch.ones(2, device="meta")
q = torch.tensor([float("inf"), float("nan"), 0.1, -0.0, 1e-40, 3e38])
h = torch.rand(70)
big = torch.zeros(20_000)
big[3] = 1
bigger = torch.zeros(200_000)
bigger.add_(1)
with torch.inference_mode():
    inferred = torch.ones(2)
    inferred += 1
freed = torch.ones(4)
freed.untyped_storage().resize_(0)
""",
    "layers": """
m = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
m[1] = nn.Tanh()
m.append(nn.Dropout(0.2))
m[2].p = 0.5
m[0].weight.data.zero_()
m[0].bias = None
m(torch.ones(1, 2)).sum().backward()
m[0].weight.grad.zero_()
m.zero_grad()
m.requires_grad_(False)
lazy = nn.LazyLinear(2)
lazy(torch.ones(1, 3))
large = nn.Linear(200, 200)
large.weight.data[0, 0] = 1
empty = nn.ReLU()
twice = nn.Linear(2, 2)
tied = nn.ModuleList([twice, twice])
class Broken(nn.Module):
    def __init__(self):
        pass
broken = Broken()
conv = nn.Conv2d(2, 3, 3).to(memory_format=torch.channels_last)
conv.weight.data += 1
told = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(0.5))
told[0].weight.data += 1
told[0].in_features = 5
told[0].weight.data += 1
told[0].in_features = 5.0
told[0].weight.data += 1
told[1].eps = [1]
told[1].weight.data += 1
told[1].eps = 1e-3
told[1].weight.data += 1
told[2].extra_repr = lambda: "mine"
told[2].p = 0.1
told[1].weight.data += 1
told[2].__class__ = nn.ReLU
told[1].weight.data += 1
told.add_module("none", None)
told[1].weight.data += 1
values = nn.ParameterList([torch.ones(2)])
values[0].data += 1
values.append(torch.zeros(1))
values[0].data += 1
class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(2))
own = Own()
own.w.data += 1
Own.__name__ = "Other"
own.w.data += 1
own.renamed = own.w
del own.w
own.renamed.data += 1
""",
    "optimizers, datasets and loaders": """
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset, TensorDataset
m = nn.Linear(2, 1)
opt = torch.optim.Adam(m.parameters(), lr=0.1)
opt.param_groups[0]["lr"] = 0.01
opt.param_groups[0]["lr"] *= 0.5
opt.add_param_group({"params": [torch.zeros(1, requires_grad=True)], "lr": 1.0})
opt.param_groups[0]["lr"] = torch.tensor(0.3)
opt.param_groups[0]["lr"] += 1
data = TensorDataset(torch.ones(6, 2), torch.ones(6, 1))
loader = DataLoader(data, batch_size=4)
part = Subset(data, [0, 1])
part.indices.append(2)
both = ConcatDataset([data, part])
class Mine(Dataset):
    def __len__(self):
        return 3
    def __getitem__(self, at):
        return at
mine = DataLoader(Mine(), batch_size=2)
items = DataLoader([1, 2, 3])
for batch in items:
    pass
""",
    "functions, generators, comprehensions and recursion": """
def fact(n):
    k = n
    return 1 if n < 2 else n * fact(n - 1)
x = fact(4)
def g(n):
    for i in range(n):
        t = torch.full((2,), float(i))
        yield t
total = [t.sum().item() for t in g(3)]
def outer(x):
    def inner():
        nonlocal x
        x = x * 2
        return x
    return inner()
y = outer(torch.ones(2))
class A:
    size = 3
    def method(self):
        self.value = 1
        return self
a = A().method()
f = lambda n: n + 1
z = list(map(f, range(2)))
del x
with torch.no_grad():
    w = torch.ones(1)
try:
    fact("a")
except TypeError as error:
    caught = str(error)
def fails():
    part = 1
    raise ValueError("no")
fails()
""",
    "names that come, go and hide others": """
x = torch.ones(2)
y = x
def f(x):
    y = x + 1
    del x
    return y
z = f(x * 2)
del y, x
x = 1
_hidden = 2
import math
x = math
x = f
x = 2
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
@pytest.mark.filterwarnings("ignore")
def test_a_program_is_recorded_as_without_haste(program: str) -> None:
    assert len(assert_same(program, pins=("t.shape", "m[0].weight", "w.grad", "n[-1]", "f")).positions) > 10


STATEMENTS = (
    "a = b + 1",
    "b = a.clone()",
    "a += 1",
    "a.data.mul_(2)",
    "b = a",
    "b = a[:2]",
    "c = a.detach().numpy()",
    "c[0] = 3",
    "a = torch.ones(3, requires_grad=True)",
    "a = torch.arange(4.0)",
    "(a * a).sum().backward()",
    "l = (a * a).sum()",
    "l.backward()",
    "l.backward(); a.grad.add_(1)",
    "a.grad = None",
    "del c",
    "b = [a, 1]",
    "m.weight.data.add_(1)",
    "m(torch.ones(1, 2)).sum().backward()",
    "m.zero_grad()",
    "m = nn.Linear(2, 2)",
    "n = a.sum().item()",
    "n = 0.0",
    "n = -n",
    "x.append(n)",
    "x = x[:]",
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(STATEMENTS), min_size=3, max_size=14))
def test_any_lines_are_recorded_as_without_haste(lines: list[str]) -> None:
    guarded = "".join(f"try:\n    {line}\nexcept Exception:\n    pass\n" for line in lines)
    assert_same(f"a, b, c, n, x = torch.ones(3), torch.zeros(3), np.zeros(2), 1.5, []\nm = nn.Linear(2, 1)\n{guarded}")
