"""A program runs to the same end whether it is looked at or not: the proof, over the code of every lesson."""

from __future__ import annotations

import contextlib
import gc
import io
import random
import sys
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch

from tui_torch.course.loader import load_course
from tui_torch.course.play import code_of
from tui_torch.kernel.view import Request, Side
from tui_torch.probe.inspection import Inspector
from tui_torch.probe.namespace import seed
from tui_torch.probe.shapes import OutputShapes
from tui_torch.probe.view import look

LESSONS = Path(__file__).parents[3] / "lessons"
COURSE = load_course(LESSONS)
SIDES: tuple[Side, ...] = get_args(Side)

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
"""


def run(codes: list[str], look_on: Callable[[dict[str, Any], OutputShapes], None] | None) -> tuple[object, ...]:
    """What codes say, warn of and leave, each of them looked at after it ran, or none."""
    seed(0)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    shapes = OutputShapes()
    said = io.StringIO()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for code in codes:
            if look_on is not None:
                shapes.arm(code)
            try:
                with contextlib.redirect_stdout(said):
                    exec(compile(code, "<code>", "exec"), namespace)
            except Exception as error:  # a step that shows one
                said.write(repr(error))
            finally:
                shapes.disarm()
            if look_on is not None:
                with contextlib.redirect_stdout(said):
                    look_on(namespace, shapes)
    # What the generators will say: their states have bytes that mean nothing.
    state = torch.randn(3).tolist(), torch.rand(40).tolist(), random.getstate(), np.random.randn(3).tolist()
    left = {name: described(value) for name, value in namespace.items() if isinstance(value, torch.Tensor | np.ndarray)}
    return said.getvalue(), [str(warning.message) for warning in warned], state, left, torch.is_grad_enabled()


def alone_twice(codes: list[str]) -> tuple[object, ...]:
    """What codes do by themselves; the second time, since Python imports and PyTorch warns of some things only once."""
    run(codes, None)
    return run(codes, None)


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


def everything(namespace: dict[str, Any], shapes: OutputShapes) -> None:
    """Inspect the namespace, and look at every side of every name."""
    Inspector().inspect(namespace, ("x",))
    for name in list(namespace):
        for side in SIDES:
            look(Request(side, name), namespace, shapes.of)


@pytest.mark.parametrize("lesson", COURSE.lessons, ids=lambda lesson: lesson.id)
def test_a_lessons_code_does_the_same_whether_it_is_looked_at_or_not(lesson: Any) -> None:
    codes = [lesson.setup or "", *(code for step in lesson.steps if (code := code_of(step)))]
    alone = alone_twice(codes)
    assert run(codes, everything) == alone


def test_a_program_with_every_kind_of_value_does_the_same_whether_it_is_looked_at_or_not() -> None:
    alone = alone_twice([PROGRAM, FURTHER])
    assert run([PROGRAM, FURTHER], everything) == alone


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


def test_the_shapes_of_outputs_keep_no_module_and_no_output_alive() -> None:
    shapes = OutputShapes()
    shapes.arm("")
    module = torch.nn.Linear(2, 1)
    output = module(torch.ones(3, 2))
    watched = weakref.ref(module), weakref.ref(output)
    assert shapes.of(module) == "[3, 1]"
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
    assert shapes.of(other) == "[7, 1]"
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
