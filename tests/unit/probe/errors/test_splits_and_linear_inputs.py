"""Parts that do not add up, and inputs that do not fit a linear layer, are explained by the numbers that would."""

from __future__ import annotations

import pytest

from tests.unit.probe.errors.programs import Met, assert_explained, explained

DATA = "data = TensorDataset(torch.ones(10))\nn = len(data)\n"
TOO_MUCH = (0.33, 0.56, 0.11) if sum((0.33, 0.56, 0.11)) > 1 else (0.33, 0.56, 0.1100000000000001)
"""What adds up to a little more than 1 here: since Python 3.12, `sum` rounds once."""

SPLITS = {
    "fractions that are too few": Met(
        f"{DATA}random_split(data, [0.8, 0.1])\n",
        ("must add up to 1", "0.8 + 0.1 = 0.9: 0.1 is missing"),
        never=("give fractions", "10 samples"),
    ),
    "fractions that are too many": Met(
        f"{DATA}random_split(data, [0.8, 0.3])\n", ("0.8 + 0.3 = 1.1: that is 0.1 too much",), never=("give fractions",)
    ),
    "fractions by name": Met(f"{DATA}train, val = 0.7, 0.2\nrandom_split(data, [train, val])\n", ("0.7 + 0.2 = 0.9",)),
    "three fractions": Met(f"{DATA}random_split(data, (0.7, 0.2, 0.2))\n", ("0.7 + 0.2 + 0.2 = 1.1",)),
    "fractions that round to more than 1": Met(
        f"{DATA}random_split(data, [{', '.join(map(str, TOO_MUCH))}])\n",
        ("1.0000000000000002", "floats round"),
        f"[{TOO_MUCH[0]}, {TOO_MUCH[1]}, 1 - {TOO_MUCH[0]} - {TOO_MUCH[1]}]",
    ),
    "numbers": Met(f"{DATA}random_split(data, [7, 2])\n", ("7 + 2 = 9, and the dataset has 10 samples",)),
    "numbers that were cut off": Met(
        f"{DATA}random_split(data, [int(n * 0.75), int(n * 0.25)])\n", ("7 + 2 = 9", "`n - n_train`")
    ),
    "percentages": Met(
        f"{DATA}random_split(data, [80, 20])\n", ("80 + 20 = 100, and the dataset has 10",), readings=("[0.8, 0.2]",)
    ),
    "numbers that are floats": Met(
        f"{DATA}random_split(data, [n * 0.8, n * 0.2])\n", ("8.0 is a float",), "[0.8, 0.2]", never=("randperm",)
    ),
    "a list": Met("rows = [1, 2, 3]\nrandom_split(rows, [1, 1])\n", ("1 + 1 = 2, and the dataset has 3 samples",)),
}
LINEAR = {
    "images in a Sequential": Met(
        "model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.MaxPool2d(2), nn.Linear(8 * 13 * 13, 10))\n"
        "model(torch.ones(4, 1, 28, 28))\n",
        ("`model[2]`", "given [4, 8, 13, 13]", "8 x 13 x 13 = 1352 fits: put `nn.Flatten()` before `model[2]`"),
        "nn.Sequential(nn.Conv2d(1, 8, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 13 * 13, 10))",
        never=("in_features=13,", "in_features=13."),
    ),
    "images in a model's Sequential": Met(
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(72, 10))\n"
        "    def forward(self, x):\n        return self.net(x)\nNet()(torch.ones(4, 1, 8, 8))\n",
        ("put `nn.Flatten()` before `self.net[1]`",),
        "nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 10))",
    ),
    "images in forward": Met(
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.conv, self.fc = nn.Conv2d(1, 2, 3), nn.Linear(72, 10)\n"
        "    def forward(self, x):\n        x = self.conv(x)\n        return self.fc(x)\n"
        "Net()(torch.ones(4, 1, 8, 8))\n",
        ("`self.fc`", "given [4, 2, 6, 6]"),
        "self.fc(x.flatten(1))",
        "[4, 10]",
    ),
    "images and another size": Met(
        "model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(100, 10))\nmodel(torch.ones(4, 1, 8, 8))\n",
        ("2 x 6 x 6 = 72 numbers", "`nn.Flatten()` before `model[1]`", "in_features=72"),
        never=("in_features=6.", "in_features=6,"),
    ),
    "images for the first layer": Met(
        "model = nn.Sequential(nn.Linear(784, 10), nn.ReLU())\nx = torch.ones(4, 28, 28)\nmodel(x)\n",
        ("`model[0]`", "given [4, 28, 28]"),
        "model(x.flatten(1))",
        "[4, 10]",
    ),
    "a layer behind others": Met(
        "model = nn.Sequential(nn.Conv1d(4, 4, 1), nn.Flatten(), nn.Linear(52, 3))\n"
        "x = torch.ones(2, 4, 14)\nmodel(x)\n",
        ("`model[2]`", "given [2, 56]", "in_features=56"),
    ),
    "channels before the time": Met(
        "fc = nn.Linear(6, 2)\nx = torch.ones(4, 6, 5)\nfc(x)\n",
        ("given [4, 6, 5]",),
        "fc(x.transpose(1, 2))",
        "[4, 5, 2]",
    ),
    "a column": Met("fc = nn.Linear(1, 2)\nx = torch.ones(15)\nfc(x)\n", ("given [15]",), "fc(x.unsqueeze(-1))"),
    "three columns for one": Met(
        "fc = nn.Linear(1, 2)\nx = torch.ones(15, 3)\nfc(x)\n", ("in_features=3",), never=("unsqueeze",)
    ),
}
MET = {**SPLITS, **LINEAR}


@pytest.mark.parametrize("met", MET.values(), ids=MET.keys())
def test_sizes_that_do_not_fit_are_explained_by_those_that_would(met: Met) -> None:
    assert_explained(met)


LAYER = "x, fc = torch.ones(8, 1), nn.Linear(1, 4)\n"


@pytest.mark.parametrize(
    "turned",
    [
        "x.T",
        "x.t()",
        "x.mT",
        "x.transpose(0, 1)",
        "x.transpose(-1, -2)",
        "x.permute(1, 0)",
        "torch.t(x)",
        "x.T.contiguous()",
    ],
)
def test_an_input_that_was_turned_is_turned_back_and_not_twice(turned: str) -> None:
    assert explained(f"{LAYER}fc({turned})\n").suggested_fix == "fc(x)"


@pytest.mark.parametrize(
    ("code", "fixes"),
    [
        ("x = torch.ones(1, 8)\nfc = nn.Linear(8, 4)\nfc(x.T)\n", ["fc(x)"]),
        ("a, b = torch.ones(2, 3), torch.ones(3, 4)\na @ b.T\n", ["a @ b"]),
        ("q, k = torch.ones(5, 2, 3), torch.ones(5, 3, 4)\nq @ k.transpose(1, 2)\n", ["q @ k"]),
        ("x, i, fc = torch.ones(8, 1), 0, nn.Linear(1, 4)\nfc(x.transpose(i, 1))\n", ["fc(x.transpose(i, 1).t())"]),
        ("x, fc = torch.ones(2, 8, 1), nn.Linear(8, 4)\nfc(x.mT.transpose(1, 2))\n", ["fc(x.mT)"]),
    ],
)
def test_of_two_turns_only_those_that_undo_each_other_are_left_out(code: str, fixes: list[str]) -> None:
    explanation = explained(code)
    readings = [reading.code for reading in explanation.readings]
    assert [explanation.suggested_fix or "", *readings][-len(fixes) :] == fixes or readings == fixes
