"""A gradient that is None is explained by what became of the weight, and the step that is suggested trains it."""

from __future__ import annotations

import pytest

from tests.unit.probe.errors.programs import Met, assert_explained, fixed

LINE = "x = torch.arange(20.).reshape(20, 1) / 20\ny = 3 * x\nw = torch.zeros(1, requires_grad=True)\n"
LOSS = "    loss = ((x * w - y) ** 2).mean()\n    loss.backward()\n"
LOOP = f"{LINE}for step in range(3):\n{LOSS}"

REPLACED = {
    "by a computation": Met(
        f"{LOOP}    w = w - 0.1 * w.grad\n",
        ("this line, in the pass of the loop before, has put a new tensor", "`w = ...`"),
        "with torch.no_grad(): w -= 0.1 * w.grad",
        never=("retain_grad",),
    ),
    "and zeroed afterwards": Met(
        f"{LOOP}    w = w - 0.1 * w.grad\n    w.grad.zero_()\n",
        ("line 7 has put a new tensor in the place of `w`",),
        "with torch.no_grad(): w -= 0.1 * w.grad",
        never=("retain_grad",),
    ),
    "with a gradient set to None": Met(
        f"{LOOP}    w = w - 0.1 * w.grad\n    w.grad = None\n",
        ("put a new tensor in the place of `w`",),
        "with torch.no_grad(): w -= 0.1 * w.grad",
        never=("retain_grad",),
    ),
    "two at once": Met(
        f"{LINE}b = torch.zeros(1, requires_grad=True)\nfor step in range(3):\n"
        "    loss = ((x * w + b - y) ** 2).mean()\n    loss.backward()\n"
        "    w, b = w - 0.1 * w.grad, b - 0.1 * b.grad\n",
        ("put a new tensor in the place of `w`",),
        "with torch.no_grad(): w -= 0.1 * w.grad; b -= 0.1 * b.grad",
        never=("retain_grad",),
    ),
    "under no_grad": Met(
        f"{LOOP}    with torch.no_grad():\n        w = w - 0.1 * w.grad\n",
        ("`loss` has no graph", "line 8 has put a new tensor", "requires no grad"),
        "w -= 0.1 * w.grad",
        never=("Nothing that",),
    ),
    "under no_grad, and zeroed there": Met(
        f"{LOOP}    with torch.no_grad():\n        w = w - 0.1 * w.grad\n        w.grad.zero_()\n",
        ("line 8 has put a new tensor",),
        "w -= 0.1 * w.grad",
        never=("does not require grad: make it",),
    ),
    "detached": Met(
        f"{LOOP}    w = (w - 0.1 * w.grad).detach()\n",
        ("line 7 has put a new tensor",),
        "with torch.no_grad(): w -= 0.1 * w.grad",
    ),
    "by its data": Met(
        f"{LOOP}    w = w.data - 0.1 * w.grad\n",
        ("line 7 has put a new tensor",),
        "with torch.no_grad(): w -= 0.1 * w.grad",
    ),
    "in a function": Met(
        "def train(x, y, lr=0.1):\n    w = torch.zeros(1, requires_grad=True)\n    for step in range(3):\n"
        "        loss = F.mse_loss(x * w, y)\n        loss.backward()\n        w = w - lr * w.grad\n    return w\n"
        "train(torch.ones(5, 1), torch.ones(5, 1))\n",
        ("put a new tensor in the place of `w`",),
        "with torch.no_grad(): w -= lr * w.grad",
    ),
    "an attribute": Met(
        "class Model:\n    def __init__(self):\n        self.w = torch.zeros(1, requires_grad=True)\nm = Model()\n"
        "for step in range(3):\n"
        "    ((m.w - 3) ** 2).sum().backward()\n    m.w = m.w - 0.1 * m.w.grad\n",
        ("put a new tensor in the place of `m.w`",),
        "with torch.no_grad(): m.w -= 0.1 * m.w.grad",
        never=("retain_grad",),
    ),
    "an item of a dict": Met(
        "p = {'w': torch.zeros(1, requires_grad=True)}\nfor step in range(3):\n"
        "    ((p['w'] - 3) ** 2).sum().backward()\n"
        "    p['w'] = p['w'] - 0.1 * p['w'].grad\n",
        ("put a new tensor in the place of `p['w']`",),
        "with torch.no_grad(): p['w'] -= 0.1 * p['w'].grad",
        never=("retain_grad",),
    ),
    "a list of weights": Met(
        "ws = [torch.zeros(1, requires_grad=True)]\nfor step in range(3):\n    ((ws[0] - 3) ** 2).sum().backward()\n"
        "    ws = [w - 0.1 * w.grad for w in ws]\n",
        ("put new tensors into `ws`", "`for w in ws: w -= ...`"),
        never=("retain_grad",),
    ),
    "a list of weights under no_grad": Met(
        "ws = [torch.zeros(1, requires_grad=True)]\nfor step in range(3):\n"
        "    loss = sum(((w - 3) ** 2).sum() for w in ws)\n    loss.backward()\n"
        "    with torch.no_grad():\n        ws = [w - 0.1 * w.grad for w in ws]\n",
        ("put new tensors into `ws`", "those require no grad"),
        never=("Nothing that",),
    ),
    "in a function that returns it": Met(
        "def sgd(w, lr):\n    return w - lr * w.grad\nw = torch.zeros(1, requires_grad=True)\nfor step in range(3):\n"
        "    ((w - 3) ** 2).sum().backward()\n    w = sgd(w, 0.1)\n",
        ("a step before this one", "in place, under `torch.no_grad()`"),
        never=("retain_grad",),
    ),
    "by a limit": Met(
        f"{LOOP}    with torch.no_grad():\n        w -= 0.1 * w.grad\n    w = w.clamp(0, 1)\n    w.grad.zero_()\n",
        ("line 9 has put what `w.clamp(0, 1)` gives in the place of the leaf `w`",),
        never=("retain_grad",),
    ),
    "in another form": Met(
        f"{LOOP}    w = torch.sub(w, w.grad, alpha=0.1)\n",
        ("put a new tensor in the place of `w`", "with torch.no_grad(): w -= ..."),
    ),
}
OTHERS = {
    "computed before it was used": Met(
        "w = torch.ones(3, requires_grad=True) * 0.1\n(w * 2).sum().backward()\nw.grad.norm()\n",
        ("`torch.ones(3, requires_grad=True)`", "`.requires_grad_()` last"),
        never=("retain_grad",),
    ),
    "moved before it was used": Met(
        "w = nn.Parameter(torch.ones(3)).double()\n(w * 2).sum().backward()\nw.grad.zero_()\n",
        ("`nn.Parameter(torch.ones(3))`", "`.requires_grad_()` last"),
    ),
    "a result": Met(
        "w = torch.ones(2, requires_grad=True)\ny = w * 2\ny.sum().backward()\ny.grad.sum()\n", ("`y.retain_grad()`",)
    ),
    "no backward yet": Met("w = torch.ones(3, requires_grad=True)\n-w.grad\n", ("no `backward()` has filled it",)),
    "an item of it": Met("w = torch.ones(3, requires_grad=True)\nw.grad[0]\n", ("`w.grad` is None",)),
    "given to a function": Met("w = torch.ones(3, requires_grad=True)\ntorch.norm(w.grad)\n", ("`w.grad` is None",)),
    "given to a method": Met(
        "w = torch.ones(3, requires_grad=True)\nwith torch.no_grad():\n    w.add_(w.grad, alpha=-0.1)\n",
        ("`w.grad` is None", "w.grad: None"),
    ),
    "a parameter that the loss does not use": Met(
        "net = nn.ModuleDict({'a': nn.Linear(2, 2), 'b': nn.Linear(2, 2)})\n"
        "net['a'](torch.ones(1, 2)).sum().backward()\n"
        "for p in net.parameters():\n    p.data -= 0.1 * p.grad\n",
        ("the loss was computed without `p`",),
    ),
}
MET = {**REPLACED, **OTHERS}


@pytest.mark.parametrize("met", MET.values(), ids=MET.keys())
def test_a_gradient_that_is_none_is_explained_by_its_tensor(met: Met) -> None:
    assert_explained(met)


@pytest.mark.parametrize("name", [key for key, met in REPLACED.items() if met.suggested_fix and LINE in met.code])
def test_the_step_that_is_suggested_trains_the_weight_itself(name: str) -> None:
    program = fixed(REPLACED[name].code)
    names: dict[str, object] = {}
    exec(f"import torch\nimport torch.nn.functional as F\n{program}", names)
    w = names["w"]
    assert w.is_leaf and w.requires_grad and w.item() > 0.2  # type: ignore[attr-defined]
