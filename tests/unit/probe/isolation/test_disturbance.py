"""A program runs to the same end whether it is looked at or not: the proof, over the code of every lesson."""

from __future__ import annotations

import builtins
import contextlib
import gc
import io
import random
import sys
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tests.courses import course_in, that_train
from tests.spread import in_full_only, marks
from tui_torch.course.lesson import Lesson
from tui_torch.course.step_run import code_of
from tui_torch.probe.autograd.saved_tensors import GraphMemory
from tui_torch.probe.inspector.answer import look
from tui_torch.probe.inspector.namespace_diff import Inspector
from tui_torch.probe.inspector.output_shapes import OutputShapes
from tui_torch.probe.lesson.namespace import seed
from tui_torch.probe.replay.line_recorder import LineRecorder
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.probe.training_frames.frames import TrainingFrames
from tui_torch.protocol import wire
from tui_torch.protocol.orders import Request, Side

LESSONS = Path(__file__).parents[4] / "lessons"
COURSE = course_in()
SIDES: tuple[Side, ...] = get_args(Side)
FILE = "<code>"
LONG = {"fit-a-line"}
"""Lessons with so many operations that to count the bytes of each takes seconds."""
LOOKING = 0.3
"""Seconds that a recording looks at the lines of one portion."""

# Every kind of value at once, used after it was looked at.
PROGRAM = """
import warnings, random
import numpy as np, torch
from dataclasses import dataclass

class Hostile(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        print("asked", func.__name__)
        return super().__torch_function__(func, types, args, kwargs or {})
    def __repr__(self, **_):
        print("repr"); return "?"
    def __len__(self):
        print("len"); return 3

class Stranger:
    def __getattribute__(self, name):
        print("got", name); return object.__getattribute__(self, name)
    def __repr__(self):
        print("repr"); return "?"

@dataclass
class Batch:
    x: torch.Tensor
    @property
    def size(self):
        print("size"); return 0

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 2)
        self.drop = torch.nn.Dropout(0.5)
    def forward(self, x):
        return self.drop(self.layer(x)).sum()
    def __repr__(self):
        print("repr"); return "Net"

a = np.arange(6.0).reshape(2, 3)
t = torch.from_numpy(a)
u = t.T
h = torch.ones(3).as_subclass(Hostile)
s = Stranger()
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(9, 3)), batch_size=4, shuffle=True)
batch = Batch(torch.randn(2, 3))
held = {"b": [batch.x, a], "h": h, "s": s}
x = torch.randn(2, 3, requires_grad=True)
between = x * 2
loss = net(between)
iterator = iter(range(3))
"""
FURTHER = """
loss.backward()
optimizer.step()
warnings.warn("mine")
between.grad
for (rows,) in loader:
    print(rows.sum().item(), random.random(), np.random.rand(), torch.rand(1).item())
t += 1
print(a, u, x.grad, next(iterator), float(net(x)))

class Trainer:
    def __init__(self):
        self.net, self.optimizer, self.held, self.s = net, optimizer, held, s
    def step(self, batch):
        loss = self.net(batch)
        loss.backward()
        self.optimizer.step()
        return loss

def train(epochs):
    trainer, stranger, hostile = Trainer(), Stranger(), torch.ones(3).as_subclass(Hostile)
    for epoch in range(epochs):
        print(float(trainer.step(torch.randn(2, 3))))

train(3)
try:
    train("3")
except TypeError as error:
    print(error)
"""


@dataclass(frozen=True)
class Portion:
    """What runs at once: a lesson's setup, or a step."""

    code: str
    pins: tuple[str, ...] = ()


def portions_of(lesson: Lesson) -> list[Portion]:
    """A lesson's setup, examples and solutions, in their order."""
    steps = [Portion(code, tuple(step.pin)) for step in lesson.steps if (code := code_of(step))]
    return [Portion(lesson.setup or ""), *steps]


class Watch:
    """The probe around portions of code, as the kernel's extension puts it there. `traced`: with their lines recorded;
    `looking`: with every side of every name looked at after each."""

    def __init__(self, *, traced: bool = False, looking: bool = True) -> None:
        self._traced = traced
        self._looking = looking
        self._inspector = Inspector()
        self._shapes = OutputShapes()
        self._recorder = TrainingRecorder(self._publish)
        self._graphs = GraphMemory(callers=self._recorder.before_backward)
        self._frames = TrainingFrames(
            FILE.__eq__,
            lambda: self._recorder.backwards,
            self._shapes.of,
            self._publish,
            self._recorder.after_backward,
            self._graphs,
        )
        self._recorder.in_the_loop.append(self._frames.in_the_loop)
        self._recorder.losses_taken.append(self._frames.losses_taken)
        self._recorder.install()
        self._codes: list[str] = []
        self.published = 0
        self.ended_early = False
        """Whether a recording was over before its code was."""

    def _publish(self, payload: object) -> None:
        wire.encode(payload)
        self._shapes.rearm()
        self.published += 1

    @contextlib.contextmanager
    def around(self, portion: Portion, namespace: dict[str, Any]) -> Iterator[None]:
        self._codes.append(portion.code)
        self._graphs.begin()
        self._recorder.begin(*self._codes)
        self._shapes.arm(*self._codes)
        self._frames.begin()
        lines = LineRecorder(namespace, FILE, limit_seconds=LOOKING, source=portion.code, pins=portion.pins)
        if self._traced:
            lines.start(self._frames.left)
        try:
            yield
        finally:
            lines.stop()
            self._frames.end(sys.exc_info()[1])
            self._recorder.end()
            read = self._frames.result()
            self._shapes.disarm()
        self._publish(self._inspector.inspect(namespace, portion.pins))
        if self._traced:
            self.ended_early |= lines.trace().stopped is not None
            assert lines.trace().positions or not portion.code
        for at, frame in enumerate(read.frames if read and self._looking else ()):
            for summary in frame.variables:
                for side in SIDES:
                    self._publish(self._frames.view(Request(side, summary.name, frame=at)))
        for name in list(namespace) if self._looking else ():
            for side in SIDES:
                self._publish(look(Request(side, name), namespace, self._shapes.of, self._graphs))

    def end(self) -> None:
        self._recorder.uninstall()


class Footprint(TorchDispatchMode):
    """The bytes of the storages that PyTorch's operations made and that are still alive, and their most."""

    def __init__(self) -> None:
        super().__init__()
        self.live = self.peak = 0
        self._known: dict[int, weakref.ref[Any]] = {}

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        for part in tree_leaves(result):
            if isinstance(part, torch.Tensor) and part.layout is torch.strided:
                self._count(part.untyped_storage())
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        address, size = storage._cdata, storage.nbytes()
        if address in self._known:
            return

        def gone(_: object) -> None:
            del self._known[address]
            self.live -= size

        self._known[address] = weakref.ref(storage, gone)
        self.live += size
        self.peak = max(self.peak, self.live)


def run(portions: list[Portion], watch: Watch | None, namespace: dict[str, Any] | None = None) -> tuple[object, ...]:
    """What portions of code say, warn of and leave, watched or not."""
    seed(0)
    namespace = {} if namespace is None else namespace
    namespace["__name__"] = "__main__"
    said = io.StringIO()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for portion in portions:
            with contextlib.redirect_stdout(said), watch.around(portion, namespace) if watch else nullcontext():
                try:
                    exec(compile(portion.code, FILE, "exec", dont_inherit=True), namespace)
                except Exception as error:  # a step that shows one
                    said.write(repr(error))
    if watch is not None:
        watch.end()
    # What the generators will say: their states have bytes that mean nothing.
    state = torch.randn(3).tolist(), torch.rand(40).tolist(), random.getstate(), np.random.randn(3).tolist()
    left = {name: described(value) for name, value in namespace.items() if isinstance(value, torch.Tensor | np.ndarray)}
    return said.getvalue(), [str(warning.message) for warning in warned], state, left, torch.is_grad_enabled()


def alone_twice(portions: list[Portion]) -> tuple[object, ...]:
    """What code does by itself; the second time, since Python imports and PyTorch warns of some things only once."""
    run(portions, None)
    return run(portions, None)


@cache
def what_it_does_alone(lesson: str) -> tuple[object, ...]:
    """What the code of a lesson does by itself: found out once for the tests of its group."""
    return alone_twice(portions_of(COURSE.lesson(lesson)))


@cache
def footprint_alone(lesson: str) -> tuple[int, int]:
    return footprint(portions_of(COURSE.lesson(lesson)), None)


def footprint(portions: list[Portion], watch: Watch | None) -> tuple[int, int]:
    """Bytes of tensors, the most at once and those left at the end; the garbage collector frees none of them."""
    namespace: dict[str, Any] = {}
    gc.disable()
    try:
        with Footprint() as taken:
            run(portions, watch, namespace)
            return taken.peak, taken.live
    finally:
        gc.enable()


def described(value: Any) -> object:
    if isinstance(value, np.ndarray):
        return value.tolist(), value.flags.writeable
    with torch._C.DisableTorchFunction():
        plain = torch.Tensor.detach(value)
        inner = value.is_leaf or value.retains_grad
        gradient = value.grad if inner else None
        return (
            str(plain.as_subclass(torch.Tensor)),
            value.requires_grad,
            value.is_leaf,
            type(value.grad_fn).__name__,
            value._version,
            None if gradient is None else (gradient.tolist(), gradient._version),
            plain.untyped_storage().resizable(),
        )


def lessons_apart(part: int, besides: Iterable[str] = ()) -> pytest.MarkDecorator:
    """Parametrizes a test by the lessons of the course; what is done with one of them is done in one process.

    `part` and `besides` are those of `in_full_only`.
    """
    full = in_full_only([lesson.id for lesson in COURSE.lessons], part, {*besides, *that_train()})
    parameters = [
        pytest.param(
            lesson,
            id=lesson.id,
            marks=[pytest.mark.xdist_group(f"{lesson.id} disturbed"), *marks(lesson.id, full)],
        )
        for lesson in COURSE.lessons
    ]
    return pytest.mark.parametrize("lesson", parameters)


@lessons_apart(0)
def test_a_lessons_code_does_the_same_whether_it_is_watched_or_not(lesson: Lesson) -> None:
    portions = portions_of(lesson)
    alone = what_it_does_alone(lesson.id)
    watch = Watch()
    assert run(portions, watch) == alone
    assert watch.published > len(portions)


@lessons_apart(1)
def test_a_lessons_code_does_the_same_whether_it_is_recorded_line_by_line_or_not(lesson: Lesson) -> None:
    alone = what_it_does_alone(lesson.id)
    assert run(portions_of(lesson), Watch(traced=True, looking=False)) == alone


@pytest.mark.parametrize("traced", [False, True], ids=["run", "recorded"])
@lessons_apart(2, besides=LONG)
def test_a_lessons_code_takes_as_much_memory_whether_it_is_watched_or_not(lesson: Lesson, traced: bool) -> None:
    peak, left = footprint_alone(lesson.id)
    watch = Watch(traced=traced)
    watched_peak, watched_left = footprint(portions_of(lesson), watch)
    assert watched_left == left
    # See TraceFunction: a function that goes on after the recording holds some of its values for longer.
    assert watched_peak == peak or (watch.ended_early and sys.version_info < (3, 12))


@pytest.mark.parametrize("traced", [False, True], ids=["run", "recorded"])
def test_a_program_with_every_kind_of_value_does_the_same_whether_it_is_watched_or_not(traced: bool) -> None:
    portions = [Portion(PROGRAM, ("x", "held['b'][0]", "net.layer.weight")), Portion(FURTHER, ("x.grad", "u[0]"))]
    alone = alone_twice(portions)
    assert run(portions, Watch(traced=traced)) == alone
    assert footprint(portions, Watch(traced=traced)) == footprint(portions, None)


def test_a_value_that_is_kept_shows_in_the_footprint() -> None:
    code = "import torch\nx = torch.ones(1000)\nkeep(x)\ndel x\ny = torch.ones(1000)\ndel y"
    kept: list[object] = []
    found: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        for keep in (id, kept.append):
            patch.setattr(builtins, "keep", keep, raising=False)
            found.append(footprint([Portion(code)], None))
    assert [found[1][at] - found[0][at] for at in (0, 1)] == [4000, 4000]


@pytest.mark.parametrize("side", SIDES)
def test_nothing_that_was_looked_at_is_kept(side: Side) -> None:
    namespace: dict[str, Any] = {"w": torch.ones(4, 4, requires_grad=True), "m": torch.nn.Linear(4, 1)}
    namespace["l"] = [torch.ones(2)]
    namespace["m"](namespace["w"]).sum().backward()
    watched = [weakref.ref(value) for value in (namespace["w"], namespace["m"], namespace["l"][0], namespace["w"].grad)]
    gc.disable()
    try:
        for name in ("w", "m", "l"):
            look(Request(side, name), namespace)
        for name in ("w", "m", "l"):
            del namespace[name]
        assert [watch() for watch in watched] == [None] * 4
    finally:
        gc.enable()


def shape_of(shapes: OutputShapes, module: torch.nn.Module) -> str | None:
    found = shapes.of(module)
    return None if found is None else found.shape


def test_the_shapes_of_outputs_keep_no_module_and_no_output_alive() -> None:
    shapes = OutputShapes()
    shapes.arm("")
    module = torch.nn.Linear(2, 1)
    output = module(torch.ones(3, 2))
    watched = weakref.ref(module), weakref.ref(output)
    assert shape_of(shapes, module) == "[3, 1]"
    del module, output
    shapes.disarm()
    assert [watch() for watch in watched] == [None, None]


def test_a_module_at_a_dead_ones_address_has_no_shape() -> None:
    shapes = OutputShapes()
    shapes.arm("")
    for _ in range(50):
        torch.nn.Linear(2, 1)(torch.ones(3, 2))
    assert all(shapes.of(torch.nn.Linear(2, 1)) is None for _ in range(50))
    shapes.disarm()


def test_a_loop_is_watched_for_its_first_calls_only() -> None:
    hooks = torch.nn.modules.module._global_forward_hooks
    shapes = OutputShapes()
    shapes.arm("for …")
    module = torch.nn.Linear(2, 1)
    for _ in range(1000):
        module(torch.ones(1, 2))
    assert not hooks
    shapes.rearm()
    other = torch.nn.Linear(2, 1)
    other(torch.ones(7, 2))
    assert shape_of(shapes, other) == "[7, 1]"
    shapes.disarm()
    assert not hooks


@pytest.mark.parametrize("code", ["m = torch.compile(m)", "torch.jit.trace(m, x)", "torch.onnx.export(m)"])
def test_code_that_compiles_a_module_runs_without_the_hook(code: str) -> None:
    shapes = OutputShapes()
    shapes.arm("x = 1", code)
    assert not torch.nn.modules.module._global_forward_hooks


def peak_growth(work: Callable[[], object]) -> float:
    """MiB by which the process grew at its largest while `work` ran."""
    status = Path("/proc/self/status")
    Path("/proc/self/clear_refs").write_text("5")

    def figure(name: str) -> int:
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(name))

    before = figure("VmRSS:")
    work()
    return (figure("VmHWM:") - before) / 1024


if sys.platform == "linux":

    @pytest.mark.parametrize("side", ["values", "picture", "memory", "distribution"])
    def test_a_large_tensor_is_not_copied(side: Side) -> None:
        namespace = {"big": torch.zeros(8192, 8192), "turned": torch.zeros(8192, 8192).T}
        for name in namespace:
            grown = peak_growth(lambda name=name: look(Request(side, name), namespace))
            assert grown < 64  # of 256
