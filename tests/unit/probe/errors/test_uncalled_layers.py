"""A layer that was made with its input is explained wherever it is taken for what it computes."""

from __future__ import annotations

import pytest
import torch

from tests.unit.probe.errors.programs import Met, assert_explained

X = "x = torch.ones(3, 4)\n"
MADE = f"{X}h = nn.ReLU(x)\n"
SAID = ("`h` is a layer, no tensor: `nn.ReLU(x)` (line 2) makes a layer, and took `x` for its option `inplace`",)
FIX = "h = nn.ReLU()(x)"


def softmax_takes_what_it_is_given() -> bool:
    """Whether this PyTorch makes the layer, as up to 2.14: later ones look at its option at once."""
    try:
        torch.nn.Softmax(torch.ones(2))  # type: ignore[arg-type]
    except TypeError:
        return False
    return True


MET = {
    "a sum": Met(f"{MADE}y = h + 1\n", SAID, FIX),
    "the other side": Met(f"{MADE}y = x * h\n", SAID, FIX),
    "a sign": Met(f"{MADE}y = -h\n", SAID, FIX),
    "a method": Met(f"{MADE}h.mean()\n", SAID, FIX),
    "an item": Met(f"{MADE}h[0]\n", SAID, FIX),
    "a layer's input": Met(f"fc = nn.Linear(4, 2)\n{MADE}fc(h)\n", ("`h` is a layer, no tensor",), FIX),
    "a loss": Met(f"{MADE}F.mse_loss(h, torch.ones(3, 4))\n", SAID, FIX),
    "among others": Met(f"{MADE}torch.cat([h, x])\n", SAID, FIX),
    "in forward": Met(
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 1)\n"
        "    def forward(self, x):\n        x = nn.ReLU(self.a(x))\n        return self.b(x)\n"
        "Net()(torch.ones(3, 4))\n",
        ("`nn.ReLU(self.a(x))` (line 6) makes a layer",),
        "x = nn.ReLU()(self.a(x))",
    ),
    "within the call": Met(
        f"{X}fc = nn.Linear(4, 1)\nfc(nn.ReLU(x))\n", ("`nn.ReLU(x)` makes a layer",), "nn.ReLU()(x)"
    ),
    "an option beside it": Met(
        f"{X}p = nn.Softmax(x, dim=1)\n", ("`nn.Softmax(x, dim=1)` makes a layer",), "nn.Softmax(dim=1)(x)"
    ),
    "an option that is missing": Met(
        f"{X}p = nn.Softmax(x)\np.argmax(1)\n", ("`p` is a layer", "option `dim`"), "p = nn.Softmax(dim=-1)(x)"
    )
    if softmax_takes_what_it_is_given()
    else Met(f"{X}p = nn.Softmax(x)\n", ("`nn.Softmax(x)` makes a layer",), "nn.Softmax(dim=-1)(x)"),
    "no options": Met(f"{X}p = nn.Sigmoid(x)\n", ("`nn.Sigmoid(x)` makes a layer",), "nn.Sigmoid()(x)"),
    "options that are numbers": Met(f"{X}h = nn.Dropout(x)\n", ("`nn.Dropout(x)` makes a layer",), "nn.Dropout()(x)"),
    "another activation": Met(
        f"{X}h = nn.LeakyReLU(x)\nh.sum()\n", ("option `negative_slope`",), "h = nn.LeakyReLU()(x)"
    ),
    "a reshaping layer": Met(f"{X}h = nn.Flatten(x)\nh.shape\n", ("option `start_dim`",), "h = nn.Flatten()(x)"),
    "sizes that are needed": Met(
        f"{X}y = nn.Linear(x)\n", ("Make the layer with its `in_features` and `out_features`", "`layer(x)`")
    ),
    "one size that is needed": Met(f"{X}y = nn.BatchNorm1d(x)\n", ("Make the layer with its `num_features`",)),
    "a loss that was not made": Met(
        "pred, y = torch.ones(3), torch.ones(3)\nnn.MSELoss(pred, y)\n", ("is a class",), "nn.MSELoss()(pred, y)"
    ),
    "a model in a loss": Met(
        f"model = nn.Linear(4, 1)\n{X}F.mse_loss(model, x)\n",
        ("`model` is a module (Linear), not a tensor", "`model(x)`"),
        never=("has no `size`",),
    ),
    "a model among others": Met(
        f"model = nn.Linear(4, 1)\n{X}torch.cat([x, model])\n", ("`model` is a module (Linear)",)
    ),
    "a layer that is not there": Met(
        "model = nn.Sequential(nn.Linear(1, 1))\nmodel.head(torch.ones(1))\n", ("has no `head`",), never=("call it",)
    ),
    "a layer that is only not called": Met(f"{X}fc = nn.Linear(4, 1)\nfc + x\n", ("`fc` is a module", "`fc(x)`")),
}


@pytest.mark.parametrize("met", MET.values(), ids=MET.keys())
def test_a_layer_that_was_made_with_its_input_is_explained(met: Met) -> None:
    assert_explained(met)
