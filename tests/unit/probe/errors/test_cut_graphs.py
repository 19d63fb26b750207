"""Where no graph leads back from a loss, the piece that cut it is named; nothing is said that is not so."""

from __future__ import annotations

import pytest

from tests.unit.probe.errors.programs import IMPORTS, RUN, Met, assert_explained
from tui_torch.probe.errors.failure import describe

MODEL = "model = nn.Linear(4, 1)\nx = torch.ones(8, 4)\ny = torch.zeros(8, 1)\n"
NOTHING = "Nothing that it was computed from"

CUTS = {
    "no_grad": Met(
        f"{MODEL}with torch.no_grad():\n    pred = model(x)\nloss = F.mse_loss(pred, y)\nloss.backward()\n",
        ("line 5 computes `pred` under `torch.no_grad()`",),
        never=(NOTHING,),
    ),
    "inference_mode": Met(
        f"{MODEL}with torch.inference_mode():\n    pred = model(x)\nloss = F.mse_loss(pred, y)\nloss.backward()\n",
        ("line 5 computes `pred` under `torch.inference_mode()`",),
        never=(NOTHING,),
    ),
    "a decorated function": Met(
        f"{MODEL}@torch.no_grad()\ndef predict(x):\n    return model(x)\nloss = F.mse_loss(predict(x), y)\n"
        "loss.backward()\n",
        ("`predict` runs under `torch.no_grad()`",),
        never=(NOTHING,),
    ),
    "gradients switched off": Met(
        f"{MODEL}torch.set_grad_enabled(False)\ntry:\n    loss = F.mse_loss(model(x), y)\nfinally:\n"
        "    torch.set_grad_enabled(True)\nloss.backward()\n",
        ("`model` has parameters that require grad", "`torch.set_grad_enabled(False)`"),
        never=(NOTHING,),
    ),
    "item": Met(
        f"{MODEL}loss = torch.tensor(F.mse_loss(model(x), y).item())\nloss.backward()\n",
        ("takes plain numbers out of the graph (line 4)",),
        "loss = F.mse_loss(model(x), y)",
    ),
    "item in a sum": Met(
        f"{MODEL}total = torch.tensor(0.)\nfor i in range(3):\n    loss = F.mse_loss(model(x), y)\n"
        "    total += loss.item()\ntotal.backward()\n",
        ("`loss.item()` takes plain numbers",),
        "total += loss",
    ),
    "detach": Met(
        f"{MODEL}pred = model(x).detach()\nloss = F.mse_loss(pred, y)\nloss.backward()\n",
        ("`model(x).detach()` gives the numbers without the graph (line 4)",),
        "pred = model(x)",
    ),
    "data": Met(
        f"{MODEL}loss = F.mse_loss(model(x).data, y)\nloss.backward()\n",
        ("`.data` gives the numbers without the graph",),
        "loss = F.mse_loss(model(x), y)",
    ),
    "a new tensor": Met(
        f"{MODEL}loss = torch.tensor([F.mse_loss(model(x), y)]).sum()\nloss.backward()\n",
        ("makes a new tensor, computed from nothing",),
    ),
    "an array between": Met(
        f"{MODEL}pred = model(x).detach().numpy()\nloss = torch.tensor(((pred - y.numpy()) ** 2).mean())\n"
        "loss.backward()\n",
        ("`model(x).detach()` gives the numbers",),
    ),
    "detach, and a new tensor": Met(
        f"{MODEL}pred = model(x).detach()\nloss = torch.tensor(((pred - y) ** 2).mean().item())\nloss.backward()\n",
        ("`model(x).detach()`",),
    ),
    "argmax": Met(
        "model = nn.Linear(4, 3)\nloss = F.mse_loss(model(torch.ones(8, 4)).argmax(1).float(), torch.zeros(8))\n"
        "loss.backward()\n",
        (".argmax(1)` gives positions, which have no gradient",),
        never=(NOTHING,),
    ),
    "the indices of a maximum": Met(
        "model = nn.Linear(4, 3)\nbest = model(torch.ones(8, 4)).max(dim=1).indices\nloss = best.float().mean()\n"
        "loss.backward()\n",
        ("gives positions, which have no gradient",),
    ),
    "a comparison": Met(
        f"{MODEL}pred = (model(x) > 0).float()\nloss = F.binary_cross_entropy(pred, y)\nloss.backward()\n",
        ("the comparison `model(x) > 0` gives True or False",),
    ),
    "accuracy": Met(
        "model = nn.Linear(4, 3)\nx, y = torch.ones(8, 4), torch.zeros(8).long()\n"
        "right = model(x).argmax(1) == y\nloss = 1 - right.float().mean()\nloss.backward()\n",
        ("`model(x).argmax(1)` gives positions",),
    ),
    "whole numbers": Met(
        "w = torch.ones(3, requires_grad=True)\nloss = (w * 2).long().sum()\nloss.backward()\n",
        ("`(w * 2).long()` gives whole numbers",),
    ),
    "predictions collected under no_grad": Met(
        f"{MODEL}preds = []\nwith torch.no_grad():\n    for row in x:\n        preds.append(model(row))\n"
        "loss = torch.cat(preds).mean()\nloss.backward()\n",
        ("line 7 computes `model(row)` under `torch.no_grad()`",),
        never=(NOTHING,),
    ),
    "losses collected as numbers": Met(
        f"{MODEL}losses = []\nfor row in x:\n    losses.append(model(row).mean().item())\n"
        "total = torch.tensor(losses).mean()\ntotal.backward()\n",
        ("`model(row).mean().item()` takes plain numbers out of the graph (line 6)",),
        never=(NOTHING,),
    ),
    "detach in a loss function": Met(
        f"{MODEL}def loss_fn(pred, y):\n    return ((pred.detach() - y) ** 2).mean()\nloss = loss_fn(model(x), y)\n"
        "loss.backward()\n",
        ("`pred.detach()` gives the numbers without the graph (line 5)",),
        never=(NOTHING,),
    ),
    "samples": Met(
        "w = torch.ones(3, requires_grad=True)\nloss = torch.multinomial(w.softmax(0), 1).float().sum()\n"
        "loss.backward()\n",
        ("gives positions, which have no gradient",),
    ),
    "where": Met(
        "w = torch.ones(3, requires_grad=True)\nloss = torch.where(w > 0, 1., 0.).sum()\nloss.backward()\n",
        ("the comparison `w > 0` gives True or False",),
    ),
    "detach in forward": Met(
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.fc = nn.Linear(4, 1)\n"
        "    def forward(self, x):\n        h = self.fc(x).detach()\n        return torch.relu(h)\nnet = Net()\n"
        "loss = net(torch.ones(2, 4)).mean()\nloss.backward()\n",
        ("`self.fc(x).detach()` gives the numbers without the graph (line 6)",),
        never=(NOTHING,),
    ),
}
BEGINNINGS = {
    "nothing": Met(
        "x = torch.ones(3)\nF.mse_loss(x, torch.zeros(3)).backward()\n", ("`F.mse_loss(x, torch.zeros(3))`", NOTHING)
    ),
    "frozen": Met(
        "model = nn.Linear(3, 1)\nfor p in model.parameters():\n    p.requires_grad = False\n"
        "loss = model(torch.ones(4, 3)).sum()\nloss.backward()\n",
        ("no parameter of `model` requires grad", "frozen"),
    ),
    "autograd.grad": Met(
        "x = torch.ones(3)\ny = (x ** 2).sum()\ntorch.autograd.grad(y, x)\n",
        ("`y` has no graph", NOTHING),
        never=("`torch.autograd`",),
    ),
    "autograd.backward": Met(
        "x = torch.ones(3)\ny = (x ** 2).sum()\ntorch.autograd.backward([y])\n",
        ("`y` has no graph",),
        never=("`torch.autograd`",),
    ),
    "an argument of a function": Met(
        "def step(loss):\n    loss.backward()\nstep(torch.ones(3).sum())\n",
        ("`loss` has no graph", "Either nothing"),
        never=(NOTHING,),
    ),
    "a gradient without a graph": Met(
        "x = torch.tensor(2., requires_grad=True)\ny = x ** 3\ng, = torch.autograd.grad(y, x)\n"
        "torch.autograd.grad(g, x)\n",
        ("`g` is a gradient", "(line 3)", "`create_graph=True`"),
        "g, = torch.autograd.grad(y, x, create_graph=True)",
        never=(NOTHING, "constant"),
    ),
    "a gradient by an imported function": Met(
        "from torch.autograd import grad\nx = torch.tensor(2., requires_grad=True)\ng = grad(x ** 3, x)[0]\n"
        "grad(g, x)\n",
        ("`g` is a gradient", "`create_graph=True`"),
        "g = grad(x ** 3, x, create_graph=True)[0]",
    ),
    "a gradient that is constant": Met(
        "x = torch.tensor(2., requires_grad=True)\ny = 3 * x\ng, = torch.autograd.grad(y, x, create_graph=True)\n"
        "torch.autograd.grad(g, x)\n",
        ("`g` is a gradient that is constant", "0 everywhere"),
        never=(NOTHING, "no_grad"),
    ),
    "a gradient that is constant, summed": Met(
        "x, a = torch.ones(3, requires_grad=True), torch.ones(3)\n"
        "dy = torch.autograd.grad((a * x).sum(), x, create_graph=True)[0]\ntorch.autograd.grad(dy.sum(), x)\n",
        ("`dy` is a gradient that is constant",),
        never=("cut",),
    ),
    "a gradient of weights alone": Met(
        "net = nn.Linear(1, 1)\nx = torch.ones(5, 1, requires_grad=True)\n"
        "du = torch.autograd.grad(net(x).sum(), x, create_graph=True)[0]\ntorch.autograd.grad(du.sum(), x)\n",
        ("`du` is a gradient that does not depend on `x` any more", "`allow_unused=True`"),
        never=("Look at which tensor",),
    ),
    "a weight that requires grad too late": Met(
        "w = torch.ones(3)\nloss = (w * 2).sum()\nw.requires_grad_()\nloss.backward()\n",
        ("`requires_grad_()` after the computation",),
        never=(NOTHING,),
    ),
    "a function whose code is not looked into": Met(
        f"{MODEL}f = lambda: model(x).detach().sum()\nloss = f()\nloss.backward()\n",
        ("Either nothing that it was computed from requires grad, or the graph was cut",),
        never=(NOTHING,),
    ),
    "one of two branches": Met(
        f"{MODEL}if len(x) > 3:\n    with torch.no_grad():\n        pred = model(x)\nelse:\n    pred = y\n"
        "loss = F.mse_loss(pred, y)\nloss.backward()\n",
        ("`loss` has no graph",),
        never=(NOTHING,),
    ),
    "batches": Met(
        "w = torch.ones(3, 1)\nfor x, y in DataLoader(TensorDataset(torch.ones(4, 3), torch.ones(4, 1))):\n"
        "    loss = F.mse_loss(x @ w, y)\n    loss.backward()\n",
        (NOTHING,),
    ),
    "a gradient that backward filled": Met(
        "x = torch.tensor(2., requires_grad=True)\n(x ** 3).backward()\nx.grad.backward()\n",
        ("`x.grad` is a gradient", "create_graph=True"),
    ),
    "an input that requires no grad": Met(
        "x, w = torch.tensor(2.), torch.tensor(2., requires_grad=True)\ny = w * x\ntorch.autograd.grad(y, x)\n",
        ("`x` does not require grad", "`.requires_grad_()`"),
    ),
    "a graph that is gone": Met(
        "w = torch.ones(2, requires_grad=True)\ny = (w * w).sum()\ntorch.autograd.grad(y, w)\n"
        "torch.autograd.grad(y, w)\n",
        ("The graph behind `y`",),
        never=("`torch.autograd`",),
    ),
}
MET = {**CUTS, **BEGINNINGS}


def test_nothing_is_said_of_what_an_earlier_step_computed() -> None:
    names: dict[str, object] = {}
    exec(f"{IMPORTS}{MODEL}with torch.no_grad():\n    pred = model(x)\n", names)
    code = "loss = F.mse_loss(pred, y)\nloss.backward()\n"
    with pytest.raises(RuntimeError) as raised:
        exec(compile(code, RUN, "exec"), names)
    explanation = describe(raised.value, RUN, code).explanation
    assert explanation is not None and "Either nothing" in explanation.meaning


@pytest.mark.parametrize("met", MET.values(), ids=MET.keys())
def test_what_cut_a_graph_is_named(met: Met) -> None:
    assert_explained(met)


LEAF = "w = torch.ones(3, requires_grad=True)\n(w * w).sum().backward()\n"
IN_PLACE = {
    "a step": Met(f"{LEAF}w -= 0.1 * w.grad\n", ("`w` is a leaf",), "with torch.no_grad(): w -= 0.1 * w.grad"),
    "a step by a method": Met(f"{LEAF}w.sub_(0.1 * w.grad)\n", (), "with torch.no_grad(): w.sub_(0.1 * w.grad)"),
    "a step of a part": Met(
        f"{LEAF}w[:2] -= 0.1 * w.grad[:2]\n", ("`w` is a leaf",), "with torch.no_grad(): w[:2] -= 0.1 * w.grad[:2]"
    ),
    "a step of parameters": Met(
        "fc = nn.Linear(3, 1)\nfc(torch.ones(2, 3)).sum().backward()\nfor p in fc.parameters():\n"
        "    p -= 0.1 * p.grad\n",
        ("`p` is a leaf",),
        "with torch.no_grad(): p -= 0.1 * p.grad",
    ),
    "weights that are set": Met(
        "fc = nn.Linear(3, 1)\nfc.weight.fill_(0.5)\n", ("`fc.weight`",), "with torch.no_grad(): fc.weight.fill_(0.5)"
    ),
    "a computation or weights": Met(
        "x = torch.ones(3, requires_grad=True)\nx *= 2\n",
        ("`x` is a leaf",),
        readings=("x = x * 2", "with torch.no_grad(): x *= 2"),
    ),
    "an activation": Met(
        "x = torch.ones(3, requires_grad=True)\ny = F.relu(x, inplace=True)\n", ("`x` is a leaf",), "F.relu(x)"
    ),
    "a function that ends in _": Met(
        "x = torch.ones(3, requires_grad=True)\ny = torch.relu_(x)\n", ("`x` is a leaf",), "torch.relu(x)", "[3]"
    ),
}
MANY = {
    "backward": Met(
        "x = torch.ones(3, requires_grad=True)\ny = x ** 2\ny.backward()\n",
        ("`y` is [3]: `backward()` starts from one number",),
        readings=("y.mean().backward()", "y.sum().backward()"),
    ),
    "autograd.grad": Met(
        "x = torch.ones(3, requires_grad=True)\ny = x ** 2\ntorch.autograd.grad(y, x)\n",
        ("`y` is [3]: `torch.autograd.grad` starts from one number",),
        readings=("torch.autograd.grad(y.sum(), x)", "torch.autograd.grad(y.mean(), x)"),
        never=("`torch.autograd`",),
    ),
    "autograd.backward": Met(
        "x = torch.ones(3, requires_grad=True)\ny = x ** 2\ntorch.autograd.backward(y)\n",
        ("`y` is [3]",),
        readings=("torch.autograd.backward(y.mean())", "torch.autograd.backward(y.sum())"),
    ),
    "one of a list": Met(
        "x = torch.ones(3, requires_grad=True)\ny = x ** 2\ntorch.autograd.backward([y.sum(), y])\n",
        ("`y` is [3]",),
        readings=(
            "torch.autograd.backward([y.sum(), y.mean()])",
            "torch.autograd.backward([y.sum(), y.sum()])",
        ),
    ),
    "by a keyword": Met(
        "x = torch.ones(3, requires_grad=True)\ny = x ** 2\ntorch.autograd.grad(outputs=y, inputs=x)\n",
        ("`y` is [3]",),
        readings=(
            "torch.autograd.grad(outputs=y.sum(), inputs=x)",
            "torch.autograd.grad(outputs=y.mean(), inputs=x)",
        ),
    ),
    "an imported function": Met(
        "from torch.autograd import grad\nx = torch.ones(3, requires_grad=True)\ngrad(x * 2, x)\n",
        ("`x * 2` is [3]: `grad` starts",),
        readings=("grad((x * 2).sum(), x)", "grad((x * 2).mean(), x)"),
    ),
    "a module of the learner's": Met(
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.fc = nn.Linear(3, 2)\n"
        "    def forward(self, x):\n        return self.fc(x)\nnet = Net()\nnet(torch.ones(4, 3)).backward()\n",
        ("`net(torch.ones(4, 3))` has more than one element",),
        readings=("net(torch.ones(4, 3)).mean().backward()", "net(torch.ones(4, 3)).sum().backward()"),
    ),
}
FLAGS = {
    "True": Met(
        "w = torch.ones(3, requires_grad=True)\nloss = (w * 2).sum()\nloss.requires_grad = True\nloss.backward()\n",
        ("it does already: leave this line out",),
        never=("detach",),
    ),
    "False": Met(
        "w = torch.ones(3, requires_grad=True)\ny = w * 2\ny.requires_grad = False\n", ("`y`",), "y = y.detach()"
    ),
    "False, by the method": Met(
        "w = torch.ones(3, requires_grad=True)\ny = w * 2\ny.requires_grad_(False)\n", ("`y`",), "y = y.detach()"
    ),
    "False, by name": Met(
        "w = torch.ones(3, requires_grad=True)\ny = w * 2\ny.requires_grad_(requires_grad=False)\n",
        ("`y`",),
        "y = y.detach()",
    ),
}
CHANGES = {**IN_PLACE, **MANY, **FLAGS}


@pytest.mark.parametrize("met", CHANGES.values(), ids=CHANGES.keys())
def test_a_graph_that_does_not_allow_it_is_explained_by_what_was_meant(met: Met) -> None:
    assert_explained(met)
