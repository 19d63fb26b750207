"""A fix that merely runs is none: where what was meant is not known, each meaning stands with its own code."""

from __future__ import annotations

import pytest

from tests.unit.probe.errors.programs import Met, assert_explained, explained

UNKNOWN = {
    "a turned vector": "x = torch.ones(3)\nx.transpose(0, 1)\n",
    "a dimension to squeeze": "x = torch.ones(3)\nx.squeeze(1)\n",
    "vectors of unequal sizes": "a, b = torch.ones(3), torch.ones(5)\na + b\n",
    "a row and a longer vector": "a, b = torch.ones(1, 3), torch.ones(5)\na + b\n",
    "a matrix and a vector that fits nowhere": "a, b = torch.ones(4, 3), torch.ones(5)\na * b\n",
    "matrices of other sizes": "a, b = torch.ones(4, 3), torch.ones(2, 5)\na - b\n",
    "one target for three outputs": "pred, y = torch.ones(4, 3), torch.ones(4)\nF.mse_loss(pred, y)\n",
    "one target for three outputs of another loss": "pred, y = torch.ones(4, 3), torch.ones(4)\nF.l1_loss(pred, y)\n",
    "another number of elements": "x = torch.ones(12)\nx.reshape(4, 5)\n",
    "another number of elements of a matrix": "x = torch.ones(6, 4)\nx.view(3, 5)\n",
    "a dimension that is not there": "x = torch.ones(2, 3)\nx.sum(dim=2)\n",
    "a dimension far out": "x = torch.ones(2, 3, 4)\nx.mean(5)\n",
    "an index far out": "x = torch.ones(3)\nx[10]\n",
    "an index by name": "x = torch.ones(3)\ni = 3\nx[i]\n",
    "one index too many": "x = torch.ones(3)\nx[0, 1]\n",
    "a size that is not there": "x = torch.ones(3)\nx.shape[1]\n",
    "another layer's name": "net = nn.Module()\nnet.fc1 = nn.Linear(1, 1)\nnet.fc2 = nn.Linear(1, 1)\nnet.fc3\n",
    "fractions for classes": "y = torch.tensor([0.3, 1.7])\nF.cross_entropy(torch.ones(2, 3), y)\n",
    "fractions for an embedding": "emb = nn.Embedding(4, 2)\nx = torch.tensor([0.3, 1.7])\nemb(x)\n",
    "fractions for an index": "x, i = torch.ones(3), torch.tensor([0.3, 1.7])\nx[i]\n",
    "fractions for one_hot": "y = torch.tensor([0.3, 1.7])\nF.one_hot(y, 3)\n",
    "probabilities that are NaN": "p = torch.tensor([float('nan')])\nF.binary_cross_entropy(p, torch.ones(1))\n",
    "more columns than one": "fc = nn.Linear(1, 2)\nx = torch.ones(15, 3)\nfc(x)\n",
    "text": "torch.relu('3')\n",
    "a function": "torch.relu(torch.exp)\n",
    "a loader": "loader = DataLoader([1, 2])\ntorch.relu(loader)\n",
    "indices of another number": "x, i = torch.ones(4, 3), torch.tensor([0, 1])\nx.gather(1, i)\n",
}


@pytest.mark.parametrize("code", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_where_no_meaning_is_likely_nothing_is_suggested(code: str) -> None:
    explanation = explained(code)
    assert (explanation.suggested_fix, explanation.readings) == (None, ())


def test_no_number_is_told_that_depends_on_the_elements() -> None:
    readings = explained("x = torch.ones(3)\nn = int(x)\n").readings
    assert [reading.gives for reading in readings] == [None, None, None]


READINGS = {
    "rows or columns": Met(
        "a, b = torch.ones(2, 3), torch.ones(2, 3)\na @ b\n",
        ("inner sizes 3 and 2",),
        readings=("a @ b.t()", "a.t() @ b"),
    ),
    "rows or columns of mm": Met(
        "a = torch.ones(2, 3)\ntorch.mm(a, a)\n", (), readings=("torch.mm(a, a.t())", "torch.mm(a.t(), a)")
    ),
    "rows or columns of a batch": Met(
        "q, k = torch.ones(4, 3, 2), torch.ones(4, 3, 2)\ntorch.bmm(q, k)\n",
        ("inner sizes",),
        readings=("torch.bmm(q, k.mT)", "torch.bmm(q.mT, k)"),
    ),
    "dot of equal matrices": Met(
        "a, b = torch.ones(2, 3), torch.ones(2, 3)\ntorch.dot(a, b)\n",
        ("`dot` takes two vectors",),
        readings=("(a * b).sum(dim=-1)", "(a * b).sum()"),
    ),
    "a sum of turned matrices": Met(
        "a, b = torch.ones(2, 3), torch.ones(3, 2)\na + b\n", (), readings=("a + b.t()", "a.t() + b")
    ),
    "a vector along two dimensions": Met(
        "x, y = torch.ones(4, 4, 3), torch.ones(4)\nx + y\n",
        ("`y` is [4]",),
        readings=("x + y[:, None, None]", "x + y.unsqueeze(1)"),
    ),
    "cat side by side": Met(
        "a, b = torch.ones(2, 3), torch.ones(2, 4)\ntorch.cat([a, b])\n",
        ("bring 3 and 4 to one size first",),
        readings=("torch.cat([a, b], dim=1)",),
    ),
    "cat one below the other": Met(
        "a, b = torch.ones(2, 3), torch.ones(5, 3)\ntorch.cat((a, b), dim=1)\n",
        (),
        readings=("torch.cat((a, b), dim=0)",),
    ),
    "cat of three": Met(
        "a, b = torch.ones(2, 3), torch.ones(2, 4)\ntorch.concat([a, b, a])\n",
        (),
        readings=("torch.concat([a, b, a], dim=1)",),
    ),
    "stack of sequences": Met(
        "a, b = torch.ones(5, 2), torch.ones(4, 2)\ntorch.stack([a, b])\n",
        ("entry 0 is [5, 2]",),
        readings=("torch.cat([a, b])", "torch.nn.utils.rnn.pad_sequence([a, b], batch_first=True)"),
    ),
    "stack of a list": Met(
        "rows = [torch.ones(3), torch.ones(4)]\ntorch.stack(rows)\n",
        (),
        readings=("torch.cat(rows)", "torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)"),
    ),
    "a mask of 0 and 1, or numbers of rows": Met(
        "x, m = torch.tensor([5., 6., 7.]), torch.tensor([0., 1., 1.])\nx[m]\n",
        ("`m` is float32",),
        readings=("x[m.bool()]", "x[m.long()]"),
    ),
    "a mask of rows": Met(
        "x, m = torch.ones(3, 2), torch.tensor([0., 1., 0.])\nx[m]\n", (), readings=("x[m.bool()]", "x[m.long()]")
    ),
    "a mask that is computed": Met(
        "emb = nn.Embedding(4, 2)\nx = torch.ones(3)\nemb(x * 2)\n", (), readings=("emb((x * 2).long())",)
    ),
    "a mask of other numbers": Met(
        "x = torch.tensor([-1., 0., 3.])\nx.masked_fill(x, 0)\n",
        ("`x` is float32",),
        readings=("x.masked_fill(x > 0, 0)",),
    ),
    "one number of many": Met(
        "x = torch.ones(3)\nfloat(x)\n", (), readings=("float(x.mean())", "float(x.sum())", "x.tolist()")
    ),
    "one number of whole numbers": Met(
        "x = torch.tensor([1, 2])\nx.item()\n", (), readings=("x.sum().item()", "x.tolist()")
    ),
    "truth of many": Met(
        "x = torch.ones(3)\nwhile x < 0:\n    pass\n", (), readings=("(x < 0).all()", "(x < 0).any()")
    ),
    "truth of two tests": Met(
        "x = torch.ones(3)\nif x > 0 and not x > 1:\n    pass\n",
        (),
        readings=("((x > 0) & ~(x > 1)).all()", "((x > 0) & ~(x > 1)).any()"),
    ),
    "truth that chooses": Met(
        "x = torch.ones(3)\ny = x if x > 0 else -x\n",
        (),
        readings=("(x > 0).all()", "(x > 0).any()", "torch.where(x > 0, x, -x)"),
    ),
    "one-hot rows of the prediction's shape": Met(
        "pred, y = torch.ones(2, 3), torch.tensor([[0, 1, 0], [1, 0, 0]])\nF.cross_entropy(pred, y)\n",
        (),
        readings=("F.cross_entropy(pred, y.float())", "F.binary_cross_entropy_with_logits(pred, y.float())"),
    ),
    "yes or no of the prediction's shape": Met(
        "pred, y = torch.ones(3), torch.tensor([0, 1, 0])\nF.cross_entropy(pred, y)\n",
        (),
        readings=("F.binary_cross_entropy_with_logits(pred, y.float())",),
    ),
    "one-hot rows or several classes": Met(
        "pred, y = torch.ones(2, 3), torch.tensor([[0, 1, 0], [1, 0, 0]])\nF.nll_loss(pred, y)\n",
        ("one class index for each row",),
        readings=("F.nll_loss(pred, y.argmax(1))", "F.binary_cross_entropy_with_logits(pred, y.float())"),
    ),
    "the values or the positions of a maximum": Met(
        "x, y = torch.ones(2, 3), torch.tensor([0, 1])\nx.max(dim=1) + y\n",
        (),
        readings=("x.max(dim=1).indices + y", "x.max(dim=1).values + y"),
    ),
    "a result that is longer": Met(
        "x, rows = torch.ones(3), torch.ones(4, 3)\nx -= rows\n", (), readings=("x = x - rows", "x -= rows.sum(0)")
    ),
    "expanded along one of two": Met(
        "x = torch.ones(3)\nx.expand(3, 3, 4)\n",
        ("`x` is [3]",),
        readings=("x[:, None, None].expand(3, 3, 4)", "x.unsqueeze(1).expand(3, 3, 4)"),
    ),
}
CERTAIN = {
    "a vector of a mean of each channel": Met(
        "x, mean = torch.ones(2, 3, 8, 8), torch.ones(3)\nx - mean\n", (), "x - mean[:, None, None]"
    ),
    "a vector of a number for each row": Met(
        "x, y = torch.ones(4, 3), torch.ones(4)\nx / y\n", (), "x / y.unsqueeze(1)"
    ),
    "a matrix and its batch": Met(
        "x, y = torch.ones(8, 4, 3), torch.ones(8, 4)\nx + y\n", (), "x + y.unsqueeze(2)", "[8, 4, 3]"
    ),
    "a column and a vector in a loss": Met(
        "pred, y = torch.full((4, 1), 0.5), torch.ones(4)\nnn.BCELoss()(pred, y)\n",
        (),
        "nn.BCELoss()(pred, y.unsqueeze(1))",
    ),
    "weights that are turned": Met("x, w = torch.ones(5, 3), torch.ones(2, 3)\nx @ w\n", (), "x @ w.t()", "[5, 2]"),
    "factors in the other order": Met("w, x = torch.ones(3, 2), torch.ones(5, 3)\nw @ x\n", (), "x @ w", "[5, 2]"),
    "the batch's size": Met(
        "x = torch.ones(10, 4)\nx.view(32, 4)\n", ("10 of 4 elements each, not 32",), "x.view(-1, 4)", "[10, 4]"
    ),
    "the size of a batch of images": Met(
        "x = torch.ones(10, 1, 4, 4)\nx.reshape(32, 16)\n", ("10 of 16 elements each",), "x.reshape(-1, 16)"
    ),
    "the last of three, counted from 1": Met("x = torch.ones(3)\nx[3]\n", ("-1 is the last",), "x[-1]"),
    "a whole number of classes": Met(
        "y = torch.tensor([0., 2.])\nF.cross_entropy(torch.ones(2, 3), y)\n",
        ("`y` is float32",),
        "F.cross_entropy(torch.ones(2, 3), y.long())",
    ),
    "rows of their own number": Met("x, i = torch.ones(5), torch.tensor([4., 2.])\nx[i]\n", (), "x[i.long()]"),
    "the other of 1": Met("m = torch.ones(2).bool()\n1 - m\n", ("`m` holds True and False",), "~m", never=("`1`",)),
    "cat without brackets and a dimension": Met(
        "a = torch.ones(2, 3)\ntorch.cat(a, a, 1)\n", (), "torch.cat([a, a], 1)"
    ),
    "append": Met("a = torch.ones(2)\ntorch.append(a, a)\n", ("joins a list of tensors",), "torch.cat([a, a])"),
    "a vector expanded": Met("x = torch.ones(3)\nx.expand(3, 4)\n", (), "x.unsqueeze(1).expand(3, 4)"),
    "indices of each row": Met(
        "x, i = torch.ones(2, 3), torch.tensor([0, 1])\nx.gather(1, i)\n", (), "x.gather(1, i.unsqueeze(1))"
    ),
    "a mask of two tests": Met(
        "x = torch.ones(3)\nx[x > 0 and x < 1]\n", ("`&`, `|` and `~`",), "(x > 0) & (x < 1)", "[3]"
    ),
    "a mask that is turned": Met("x = torch.ones(3)\nm = not (x > 0)\n", ("`~`",), "~(x > 0)"),
    "the larger of two": Met(
        "a, b = torch.ones(2), torch.zeros(2)\nmax(a, b)\n", ("`torch.maximum`",), "torch.maximum(a, b)", "[2]"
    ),
    "the only dimension": Met("x = torch.ones(3)\ntorch.softmax(x, dim=1)\n", (), "torch.softmax(x, dim=-1)"),
    "a misspelt layer": Met(
        "net = nn.Module()\nnet.linear = nn.Linear(1, 1)\nnet.liner\n", ("it has `linear`",), "net.linear"
    ),
    "a name that was taken for a result": Met(
        "loss = nn.MSELoss()\nx = torch.ones(2)\nfor i in range(2):\n    loss = loss(x, x)\n",
        ("since line 1 gave it a value", "give the result another name"),
        never=("square brackets",),
    ),
}
MET = {**READINGS, **CERTAIN}


@pytest.mark.parametrize("met", MET.values(), ids=MET.keys())
def test_a_fix_keeps_the_meaning_or_says_which_one_it_has(met: Met) -> None:
    assert_explained(met)
