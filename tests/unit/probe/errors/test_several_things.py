"""A tuple where a tensor should be is explained by the layer that returned it, and the output is taken of it."""

from __future__ import annotations

import pytest

from tests.unit.probe.errors.programs import Met, assert_explained, failed

TUPLE = ("Make a tensor of it",)
STATES = "which returns two things: its output at every step, and its last state"
LOADER = (
    "loader = DataLoader(TensorDataset(torch.ones(8, 3), torch.ones(8, 1)), batch_size=4)\nmodel = nn.Linear(3, 1)\n"
)

MET = {
    "an LSTM's result": Met(
        "rnn = nn.LSTM(4, 8, batch_first=True)\nfc = nn.Linear(8, 2)\nh = rnn(torch.ones(4, 20, 4))\nfc(h)\n",
        ("`rnn` is an LSTM, " + STATES, "the output [4, 20, 8] alone", "`out, _ = rnn(torch.ones(4, 20, 4))`"),
        "h, _ = rnn(torch.ones(4, 20, 4))",
        never=TUPLE,
    ),
    "an LSTM within the call": Met(
        "rnn = nn.LSTM(4, 8)\nfc = nn.Linear(8, 2)\nx = torch.ones(4, 20, 4)\nfc(rnn(x))\n",
        ("`rnn` is an LSTM", "`out, _ = rnn(x)`"),
        "fc(rnn(x)[0])",
        never=TUPLE,
    ),
    "an LSTM in forward": Met(
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.lstm, self.fc = nn.LSTM(4, 8), nn.Linear(8, 2)\n"
        "    def forward(self, x):\n        x = self.lstm(x)\n        return self.fc(x)\nNet()(torch.ones(4, 20, 4))\n",
        ("`self.lstm` is an LSTM", "`out, _ = self.lstm(x)`"),
        "x, _ = self.lstm(x)",
        never=TUPLE,
    ),
    "an LSTM in a Sequential": Met(
        "model = nn.Sequential(nn.LSTM(4, 8), nn.Linear(8, 2))\nmodel(torch.ones(4, 20, 8)[..., :4])\n",
        ("`model[0]` is an LSTM, which returns two things", "`model[1]`", "`out, _ = self.layer(x)`"),
        never=(*TUPLE, "torch.ones(4, 20, 8)[..., :4]` is a tuple"),
    ),
    "a GRU in a model's Sequential": Met(
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.body = nn.Sequential(nn.GRU(4, 8), nn.ReLU(), nn.Linear(8, 1))\n"
        "    def forward(self, x):\n        return self.body(x)\nNet()(torch.ones(2, 5, 4))\n",
        ("`self.body[0]` is a GRU", "`self.body[1]`"),
        never=TUPLE,
    ),
    "the last step of the result": Met(
        "lstm = nn.LSTM(4, 8, batch_first=True)\nout = lstm(torch.ones(2, 5, 4))\nlast = out[:, -1, :]\n",
        ("`lstm` is an LSTM",),
        "out, _ = lstm(torch.ones(2, 5, 4))",
    ),
    "the result's shape": Met(
        "rnn = nn.GRU(4, 8)\nout = rnn(torch.ones(2, 5, 4))\nout.shape\n",
        ("`rnn` is a GRU, " + STATES,),
        "out, _ = rnn(torch.ones(2, 5, 4))",
    ),
    "arithmetic with the result": Met(
        "rnn = nn.RNN(4, 8)\nrnn(torch.ones(2, 5, 4)) + 1\n", ("`rnn` is an RNN",), "rnn(torch.ones(2, 5, 4))[0] + 1"
    ),
    "one LSTM after another": Met(
        "a, b = nn.LSTM(4, 8), nn.LSTM(8, 8)\nb(a(torch.ones(2, 5, 4)))\n",
        ("`a` is an LSTM", "[2, 5, 8]"),
        "b(a(torch.ones(2, 5, 4))[0])",
    ),
    "a loss of the result": Met(
        "rnn = nn.RNN(4, 8)\nx = torch.ones(2, 5, 4)\nF.mse_loss(rnn(x), torch.ones(2, 5, 8))\n",
        ("`rnn` is an RNN",),
        "F.mse_loss(rnn(x)[0], torch.ones(2, 5, 8))",
    ),
    "attention": Met(
        "mha, fc = nn.MultiheadAttention(8, 2), nn.Linear(8, 2)\nx = torch.ones(5, 3, 8)\nh = mha(x, x, x)\nfc(h)\n",
        ("`mha` is a MultiheadAttention", "its output, and the weights of the attention", "[5, 3, 8]"),
        "h, _ = mha(x, x, x)",
    ),
    "states that are used as well": Met(
        "rnn = nn.GRU(4, 8)\nh = rnn(torch.ones(2, 5, 4))\nstate = h[1]\ntorch.relu(h)\n",
        ("`rnn` is a GRU",),
        "torch.relu(h[0])",
    ),
    "a module of the learner's": Met(
        "class Encoder(nn.Module):\n    def forward(self, x):\n        return x[:, :2], x[:, 2:]\n"
        "encoder, decoder = Encoder(), nn.Linear(2, 4)\nz = encoder(torch.ones(3, 4))\ndecoder(z)\n",
        ("`encoder`, an Encoder, returns 2 things ([3, 2], [3, 2])", "`part1, part2 = encoder("),
        never=TUPLE,
    ),
    "a module of the learner's in a Sequential": Met(
        "class Two(nn.Module):\n    def forward(self, x):\n        return x, x.mean()\n"
        "model = nn.Sequential(Two(), nn.Linear(4, 1))\nmodel(torch.ones(3, 4))\n",
        ("`model[0]`, a Two, returns 2 things ([3, 4], scalar)",),
        never=TUPLE,
    ),
    "a result of one of two layers": Met(
        "a, b, fc = nn.LSTM(4, 8), nn.Linear(4, 8), nn.Linear(8, 2)\nx = torch.ones(2, 5, 4)\nif x.sum() > 0:\n"
        "    h = a(x)\nelse:\n    h = b(x)\nfc(h)\n",
        ("`h` is a tuple of 2 things",),
        never=(*TUPLE, "`b`"),
    ),
    "a batch": Met(
        f"{LOADER}for batch in loader:\n    pred = model(batch)\n",
        ("`batch` is a list of 2 things ([4, 3], [4, 1])", "`for x, y in loader:`"),
        "model(batch[0])",
        never=TUPLE,
    ),
    "a batch for a convolution": Met(
        "loader = DataLoader(TensorDataset(torch.ones(4, 1, 8, 8), torch.ones(4)), batch_size=2)\n"
        "model = nn.Conv2d(1, 2, 3)\nfor batch in loader:\n    model(batch)\n",
        ("`batch` is a list of 2 things",),
        "model(batch[0])",
    ),
    "a batch that is a dict": Met(
        "class D(Dataset):\n    def __len__(self):\n        return 4\n    def __getitem__(self, i):\n"
        "        return {'x': torch.ones(3), 'y': 1.}\nmodel = nn.Linear(3, 1)\nfor batch in DataLoader(D()):\n"
        "    model(batch)\n",
        ("`batch` is a dict with the keys 'x', 'y'",),
        never=TUPLE,
    ),
    "a sample": Met(
        "data = TensorDataset(torch.ones(8, 3), torch.ones(8))\nmodel = nn.Linear(3, 1)\nsample = data[0]\n"
        "model(sample)\n",
        ("`sample`, which `data[0]` gave, is a tuple of 2 things ([3], scalar)",),
        "model(sample[0])",
        never=TUPLE,
    ),
    "chunks": Met(
        "h = torch.ones(4, 6).chunk(2, dim=1)\ntorch.relu(h)\n",
        ("`h`, which `torch.ones(4, 6).chunk(2, dim=1)` gave, is a tuple of 2 things",),
        never=TUPLE,
    ),
    "rows in a list": Met(
        "model = nn.Linear(3, 1)\nxs = [torch.ones(3), torch.ones(3), torch.ones(3)]\nmodel(xs)\n",
        ("`xs` is a list of 3 things ([3], [3], [3])",),
        readings=("model(torch.stack(xs))",),
    ),
    "a maximum and where it is": Met(
        "best = torch.ones(4, 3).max(dim=1)\ntorch.relu(best)\n",
        ("`best` holds two things: the values, and where they are",),
        "torch.relu(best.values)",
        never=TUPLE,
    ),
}


@pytest.mark.parametrize("met", MET.values(), ids=MET.keys())
def test_several_things_in_the_place_of_one_are_explained_by_what_gave_them(met: Met) -> None:
    assert_explained(met)


@pytest.mark.parametrize(
    "code",
    [
        "xs = [torch.ones(1), torch.ones(1)]\nxs.push(torch.ones(1))\n",
        "pair = torch.ones(1), torch.ones(1)\npair.append(3)\n",
        "config = {'lr': 0.1}\nconfig.lr\n",
        "xs = [torch.ones(1), torch.ones(1)]\nxs['first']\n",
    ],
)
def test_a_container_that_is_used_as_another_container_is_not_told_to_be_a_tensor(code: str) -> None:
    explanation = failed(code).explanation
    said = explanation.meaning if explanation is not None else ""
    assert "tensor is wanted" not in said and "the tensor meant" not in said


def test_a_list_of_numbers_is_still_made_a_tensor() -> None:
    assert_explained(
        Met("torch.relu([1., 2.])\n", ("a list", "Make a tensor of it"), "torch.relu(torch.tensor([1.0, 2.0]))")
    )
