"""The functions that train are seen with their locals, and nothing in them is any different for that."""

from __future__ import annotations

import pytest
import torch

from tests.unit.probe.training_frames.frame_session import FrameSession
from tui_torch.probe.training_frames import frames as frames_module
from tui_torch.protocol.views import (
    AutogradGraphView,
    DistributionView,
    ItemsView,
    LayersView,
    MemoryView,
    ValuesView,
)

HEAD = """
import torch
from torch import nn
def net():
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
"""
MAIN = (
    HEAD
    + """
def main():
    torch.manual_seed(1)
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.randn(8, 2)
    y = x.sum(1, keepdim=True)
    batch = {"x": x, "first": x[0]}
    losses = []
    for step in range(40):
        optimizer.zero_grad()
        loss = (model(x) - y).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print([round(float(p.norm()), 6) for p in model.parameters()])
    print([round(float(p.grad.norm()), 6) for p in model.parameters()])
    print(losses[-1])
main()
"""
)


@pytest.fixture(scope="module")
def trained() -> FrameSession:
    return FrameSession(MAIN)


def test_the_locals_of_the_function_that_trained_are_there_when_it_has_ended(trained: FrameSession) -> None:
    (frame,) = trained.read
    assert (frame.function, frame.state, frame.steps) == ("main", "ended", 40)
    assert trained.rows() == ["model", "optimizer", "x", "y", "batch", "losses", "step", "loss"]
    assert trained.row("x").shape == (8, 2) and trained.row("x").statistics is not None
    assert trained.row("optimizer").kind == "optimizer" and ("lr", "0.1") in trained.row("optimizer").facts


def test_a_module_is_as_it_was_when_its_function_ended(trained: FrameSession) -> None:
    norms, gradients, _ = map(eval, trained.printed.splitlines())
    rows = trained.row("model").parameters
    assert [round(row.norm or 0, 6) for row in rows] == norms
    assert [round(row.gradient_norm or 0, 6) for row in rows] == gradients
    tree = trained.view("layers", "model")
    assert isinstance(tree, LayersView)
    assert [layer.name for layer in tree.layers] == ["model", "0", "1", "2"]
    assert tree.layers[1].settings == "in_features=2, out_features=3, bias=True"
    assert [layer.output for layer in tree.layers] == ["[8, 1]", "[8, 3]", "[8, 3]", "[8, 1]"]
    assert tree.gradient_norm is not None and tree.count == 13


def test_every_page_of_a_local_is_there(trained: FrameSession) -> None:
    values = trained.view("values", "model[0].weight")
    assert isinstance(values, ValuesView) and values.shape == (3, 2) and values.note is None
    spread = trained.view("distribution", "x")
    assert isinstance(spread, DistributionView) and spread.mean is not None
    graph = trained.view("graph", "loss")
    assert isinstance(graph, AutogradGraphView) and len(graph.graph.nodes) > 5
    assert graph.graph.note == "The graph is that of step 2."
    for name, type_name in (("optimizer", "SGD"), ("model", "Sequential")):
        graph = trained.view("graph", name)
        assert isinstance(graph, AutogradGraphView) and graph.graph.nodes == ()
        assert graph.graph.note == f"{name} is no tensor ({type_name}): only tensors have an autograd graph."
    items = trained.view("items", "batch")
    assert isinstance(items, ItemsView) and [item.name for item in items.items] == ["batch['x']", "batch['first']"]
    memory = trained.view("memory", "x")
    assert isinstance(memory, MemoryView) and memory.note is None


def test_the_loss_is_the_last_one_however_long_ago_it_was_read(trained: FrameSession) -> None:
    loss = trained.row("loss")
    assert loss.grad_fn == "MeanBackward0" and not loss.is_leaf and loss.requires_grad
    assert trained.read[0].step == 40 and trained.row("step").read_at == f"step {int(trained.row('step').text) + 1}"
    assert loss.note is None and loss.values == pytest.approx((eval(trained.printed.splitlines()[2]),))
    assert trained.row("x").note is None


@pytest.mark.parametrize(
    ("code", "functions", "rows"),
    [
        pytest.param(
            """
class Trainer:
    def __init__(self):
        self.model, self.name = net(), "a"
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
        self.data = [torch.ones(4, 2)]
    def fit(self, steps):
        for step in range(steps):
            self.training_step(self.data[0])
    def training_step(self, x):
        self.optimizer.zero_grad()
        loss = self.model(x).square().mean()
        loss.backward()
        self.optimizer.step()
Trainer().fit(5)
""",
            ["Trainer.training_step", "Trainer.fit"],
            ["self.model", "self.optimizer", "self.data", "x", "loss"],
            id="attributes of self",
        ),
        pytest.param(
            """
def fit(model):
    x = torch.ones(4, 2)
    optimizer = torch.optim.LBFGS(model.parameters())
    def closure():
        optimizer.zero_grad()
        loss = model(x).square().mean()
        loss.backward()
        return loss
    for _ in range(2):
        optimizer.step(closure)
fit(net())
""",
            ["fit.closure", "fit"],
            ["loss", "model", "optimizer", "x"],
            id="a closure that the optimizer calls, with what it takes from around",
        ),
        pytest.param(
            """
def backward_of(loss):
    loss.backward()
def pretrain(model):
    backward_of(model(torch.ones(1, 2)).sum())
def finetune(model):
    torch.autograd.backward(model(torch.zeros(1, 2)).sum())
def main():
    model = net()
    pretrain(model)
    finetune(model)
main()
""",
            ["finetune", "main", "backward_of", "pretrain"],
            ["model"],
            id="one function after another, the last first",
        ),
        pytest.param(
            """
def descend(model, depth):
    if depth:
        return descend(model, depth - 1)
    model(torch.ones(1, 2)).sum().backward()
descend(net(), 3)
""",
            ["descend"],
            ["model", "depth"],
            id="recursion",
        ),
        pytest.param(
            """
def steps(model):
    while True:
        loss = model(torch.ones(1, 2)).sum()
        loss.backward()
        yield loss
for number, loss in enumerate(steps(net())):
    if number == 3:
        break
""",
            ["steps"],
            ["model", "loss"],
            id="a generator that is left",
        ),
        pytest.param(
            """
from threading import Thread
def work(model):
    model(torch.ones(1, 2)).sum().backward()
thread = Thread(target=work, args=(net(),))
thread.start()
thread.join()
""",
            ["work"],
            ["model"],
            id="a thread",
        ),
        pytest.param(
            """
def grads(w):
    loss = (w * 2).sum()
    loss.backward()
[grads(torch.ones(2, requires_grad=True)) for _ in range(3)]
""",
            ["grads"],
            ["w", "loss"],
            id="a function that a comprehension calls",
        ),
        pytest.param(
            "w = torch.ones(2, requires_grad=True)\n(w * 2).sum().backward()\n", [], [], id="no function at all"
        ),
    ],
)
def test_the_functions_that_teach_are_found(code: str, functions: list[str], rows: list[str]) -> None:
    session = FrameSession(HEAD + code)
    assert session.error is None and session.functions == functions
    assert not functions or sorted(session.rows()) == sorted(rows)


def test_attributes_of_self_are_reached_as_one_writes_them() -> None:
    session = FrameSession(
        HEAD
        + """
class Trainer:
    def __init__(self):
        self.model, self.data = net(), [torch.ones(4, 2)]
    def fit(self):
        self.model(self.data[0]).sum().backward()
Trainer().fit()
"""
    )
    values = session.view("values", "self.model[0].weight")
    assert isinstance(values, ValuesView) and values.shape == (3, 2)
    values = session.view("values", "self.data[0]")
    assert isinstance(values, ValuesView) and values.shape == (4, 2)


def test_where_it_raises_the_functions_are_as_they_were_then() -> None:
    session = FrameSession(
        HEAD
        + """
def loss_of(model, x):
    hidden = x * 2
    return model(hidden).sum()
def train(model):
    for step in range(3):
        loss_of(model, torch.ones(1, 2 if step < 2 else 5)).backward()
train(net())
"""
    )
    assert session.functions == ["loss_of", "train"]
    assert [(frame.state, frame.line) for frame in session.read] == [("raised", 9), ("raised", 12)]
    assert session.row("hidden").shape == (1, 5) and session.row("step", 1).text == "2"


def test_an_exception_that_is_caught_leaves_what_was_read_last() -> None:
    session = FrameSession(
        HEAD
        + """
def train(model):
    for step in range(9):
        model(torch.ones(1, 2)).sum().backward()
        tick(0.3)
        if step == 5:
            raise KeyboardInterrupt
try:
    train(net())
except KeyboardInterrupt:
    print("saved")
"""
    )
    (frame,) = session.read
    assert (frame.state, frame.step, frame.steps) == ("running", 6, 6) and session.printed == "saved\n"
    tree = session.view("layers", "model")
    assert isinstance(tree, LayersView) and tree.gradient_norm is not None


def test_a_function_of_every_step_and_its_caller_are_read_as_they_end() -> None:
    session = FrameSession(
        HEAD
        + """
def step_of(model, x):
    loss = model(x).sum()
    loss.backward()
    tick(0.01)
def main():
    model = net()
    for _ in range(200):
        step_of(model, torch.ones(1, 2))
main()
"""
    )
    inner, outer = session.read
    assert (inner.function, inner.state, inner.step) == ("step_of", "ended", 200)
    assert (outer.function, outer.state) == ("main", "ended")


def test_variables_come_while_the_learner_looks_at_them_and_once_otherwise() -> None:
    code = HEAD + "def train(model):\n    for _ in range(9):\n        model(torch.ones(1, 2)).sum().backward()\n"
    alone = FrameSession(code + "        tick(0.3)\ntrain(net())\n")
    assert [event.frames[0].step for event in alone.events] == [1, 9]

    class Watched(FrameSession):
        def _tick(self, seconds: float) -> None:
            super()._tick(seconds)
            self.frames.is_looked_at = True

    watched = Watched(code + "        tick(0.3)\ntrain(net())\n")
    assert [event.frames[0].step for event in watched.events] == [*range(1, 10), 9]
    assert watched.events[4].frames[0].state == "running"


DESTROYED = (
    HEAD
    + """
import gc, weakref
gc.disable()
def tensors():
    return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())
before = tensors()
class Said:
    def __init__(self, name): self.name = name
    def __del__(self): print("gone", self.name)
class Net(nn.Module):
    def __init__(self, name):
        super().__init__()
        self.layer, self.said = nn.Linear(2, 1), Said(name)
    def forward(self, x): return self.layer(x)
class Holder:
    def __init__(self): self.model, self.said = Net("held"), Said("holder")
    def fit(self):
        self.model(torch.ones(1, 2)).sum().backward()
def said(what):
    return lambda _: print("weakly", what)
def train(name, fails=False):
    model, x = Net(name), torch.ones(4, 2)
    refs = [weakref.ref(x, said("x")), weakref.ref(model.layer.weight, said("weight"))]
    refs.append(weakref.ref(x.untyped_storage(), said("storage")))
    alive.append(refs)
    for step in range(3):
        loss = model(x).sum()
        loss.backward()
    if fails: raise ValueError(name)
alive = []
train("first"); print("between")
Holder().fit(); print("held")
try: train("second", True)
except ValueError as error: print(error)
print("after", [ref() for refs in alive for ref in refs])
print(tensors() - before)
gc.enable()
"""
)


def test_what_a_function_leaves_is_destroyed_when_it_would_be_alone() -> None:
    alone, read = FrameSession(DESTROYED, is_on=False), FrameSession(DESTROYED)
    assert alone.error is None and "gone second" in alone.printed
    assert read.printed == alone.printed and len(read.read) == 2 and not alone.read


def test_an_array_of_a_function_can_still_be_resized() -> None:
    session = FrameSession(
        """
import numpy, torch
def train():
    array, w = numpy.arange(2.0), torch.ones(2, requires_grad=True)
    for _ in range(3):
        (w * w).sum().backward()
    array.resize(3)
    print(array)
train()
"""
    )
    assert session.printed == "[0. 1. 0.]\n" and session.row("array").kind == "array"


def test_what_is_too_large_is_described_and_its_layers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames_module, "ENDED_ROOM", 16)
    monkeypatch.setattr(frames_module, "RUNNING_ROOM", 16)
    session = FrameSession(MAIN)
    assert session.row("x").statistics is not None
    values = session.view("values", "x")
    assert isinstance(values, ValuesView) and values.note is not None and "not kept" in values.note
    tree = session.view("layers", "model")
    assert isinstance(tree, LayersView) and tree.count == 13 and tree.request.expression == "model"


def test_tensors_that_share_memory_do_in_their_copies() -> None:
    session = FrameSession(
        HEAD
        + """
def train(w):
    rows = w.detach()[1:]
    other = torch.ones(3)
    (w * 2).sum().backward()
train(torch.zeros(3, 2, requires_grad=True))
"""
    )
    assert session.row("w").shares == ("rows",) and session.row("other").shares == ()
    memory = session.view("memory", "rows")
    assert isinstance(memory, MemoryView) and [sharer.name for sharer in memory.sharers] == ["w"]


def test_tensors_in_a_list_keep_what_made_them() -> None:
    session = FrameSession(
        HEAD
        + """
def train(w):
    hidden = w * 2
    parts = [hidden, w]
    hidden.sum().backward()
train(torch.zeros(3, requires_grad=True))
"""
    )
    items = session.view("items", "parts")
    assert isinstance(items, ItemsView)
    assert [(item.is_leaf, item.grad_fn, item.requires_grad) for item in items.items] == [
        (False, "MulBackward0", True),
        (True, None, True),
    ]
    for expression in ("hidden", "parts[0]"):
        graph = session.view("graph", expression)
        assert isinstance(graph, AutogradGraphView) and graph.graph.nodes == ()
        assert graph.graph.note == f"The graph of {expression} is not kept: that of a loss is."


def test_a_run_forgets_the_one_before() -> None:
    session = FrameSession(MAIN)
    session.frames.begin()
    view = session.view("values", "x")
    assert isinstance(view, ValuesView) and view.note is not None
    session.frames.end()
    assert session.frames.result() is None and session.recorder.after_backward == []


def test_tensors_of_a_class_of_the_learners_run_none_of_its_code() -> None:
    session = FrameSession(
        """
import torch
class Loud(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if quiet: print("asked", function)
        return super().__torch_function__(function, types, args, kwargs or {})
class Proud:
    def __getattribute__(self, name):
        print("got", name)
        return object.__getattribute__(self, name)
def train(w):
    global quiet
    loud, proud = torch.ones(3).as_subclass(Loud), Proud()
    quiet = True
    (w * 2).sum().backward()
train(torch.ones(2, requires_grad=True))
"""
    )
    assert session.error is None and session.printed == ""
    assert session.row("loud").type == "Loud" and session.row("proud").type == "Proud"
    assert torch.is_grad_enabled()
