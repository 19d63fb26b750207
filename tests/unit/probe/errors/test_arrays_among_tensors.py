"""Where tensors meet NumPy's arrays, what trains stays a tensor: no fix takes the gradient away."""

from __future__ import annotations

import pytest

from tests.unit.probe.errors.programs import Met, assert_explained

DATA = "w = torch.zeros(4, 1, requires_grad=True)\ny = np.ones((4, 1))\n"
CUT = ("detach",)

MET = {
    "a difference in a loop": Met(
        f"{DATA}for step in range(3):\n    loss = ((w - y) ** 2).mean()\n    loss.backward()\n",
        ("`y` is a NumPy array", "Make a tensor of the array"),
        "w - torch.from_numpy(y).float()",
        never=CUT,
    ),
    "with a model": Met(
        "model = nn.Linear(1, 1)\ny = np.ones((4, 1))\nloss = ((model(torch.ones(4, 1)) - y) ** 2).mean()\n",
        ("`y` is a NumPy array",),
        "model(torch.ones(4, 1)) - torch.from_numpy(y).float()",
        never=CUT,
    ),
    "the array first": Met(
        f"{DATA}loss = ((y - w) ** 2).mean()\n", ("`y` is a NumPy array",), "torch.from_numpy(y).float() - w", never=CUT
    ),
    "a sum with the array first": Met(f"{DATA}y + w\n", ("`y` is a NumPy array",), "torch.from_numpy(y).float() + w"),
    "of float32": Met(
        f"{DATA}y = y.astype('float32')\nw - y\n", ("`y` is a NumPy array",), "w - torch.from_numpy(y)", never=CUT
    ),
    "a product": Met(
        "w = torch.ones(4, 3, requires_grad=True)\na = np.ones((3, 2))\nw @ a\n",
        ("`a` is a NumPy array",),
        "w @ torch.from_numpy(a).float()",
        "[4, 2]",
        never=CUT,
    ),
    "in a function": Met(
        f"def my_loss(pred, target):\n    return ((pred - target) ** 2).mean()\n{DATA}my_loss(w, y)\n",
        ("`target` is a NumPy array",),
        "pred - torch.from_numpy(target).float()",
        never=CUT,
    ),
    "mse_loss": Met(
        f"{DATA}F.mse_loss(w, y)\n", ("`y` is a NumPy array",), "F.mse_loss(w, torch.from_numpy(y).float())"
    ),
    "MSELoss": Met(
        f"{DATA}nn.MSELoss()(w, y)\n", ("`y` is a NumPy array",), "nn.MSELoss()(w, torch.from_numpy(y).float())"
    ),
    "both": Met(
        f"{DATA}nn.MSELoss()(y, y)\n",
        ("`y` and `y` are NumPy arrays",),
        "nn.MSELoss()(torch.from_numpy(y).float(), torch.from_numpy(y).float())",
    ),
    "class indices": Met(
        "pred = torch.ones(4, 3)\ny = np.array([0, 1, 2, 0])\nF.cross_entropy(pred, y)\n",
        ("`y` is a NumPy array",),
        "F.cross_entropy(pred, torch.from_numpy(y))",
    ),
    "a function of NumPy's": Met(
        f"{DATA}loss = np.exp(w).sum()\n",
        ("`torch.exp` computes the same",),
        readings=("torch.exp(w)", "np.exp(w.detach())"),
    ),
    "a mean of NumPy's": Met(
        f"{DATA}loss = np.mean(w ** 2)\n", ("`np.mean` is NumPy's",), "torch.mean(w ** 2)", never=("np.mean:",)
    ),
    "a sum of NumPy's along a dimension": Met(f"{DATA}np.sum(w, axis=1)\n", ("`w` a tensor",), "torch.sum(w, axis=1)"),
    "a spread of NumPy's": Met(
        f"{DATA}np.std(w)\n", ("divides by n - 1 where NumPy divides by n",), "torch.std(w, correction=0)"
    ),
    "a spread of a sample by NumPy": Met(f"{DATA}np.var(w, ddof=1)\n", ("`torch.var` divides by n - 1",)),
    "a maximum of NumPy's": Met(f"{DATA}loss = np.max(w)\n", ("`np.max` is NumPy's",), "torch.max(w)"),
    "a maximum of NumPy's along a dimension": Met(
        f"{DATA}loss = np.max(w, axis=1)\n", ("`torch.amax` computes the same",), "torch.amax(w, axis=1)", "[4]"
    ),
    "a question of NumPy's": Met(f"{DATA}np.any(w)\n", ("`np.any` is NumPy's",), "torch.any(w)"),
    "an array of it": Met(f"{DATA}np.array(w)\n", ("`np.array` makes a NumPy array",), "np.array(w.detach())"),
    "numpy()": Met(f"{DATA}w.numpy()\n", ("`w` requires grad",), "w.detach().numpy()", "array [4, 1]"),
}


@pytest.mark.parametrize("met", MET.values(), ids=MET.keys())
def test_a_tensor_beside_an_array_is_explained(met: Met) -> None:
    assert_explained(met)
