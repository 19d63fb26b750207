"""Errors as a beginner meets them, with what the explanation of each has to say."""

from __future__ import annotations

from tests.unit.probe.errors.programs import Met

NET = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 8)
        self.fc2 = nn.Linear(4, 2)
    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x)))
"""

MET = {
    # Shapes
    "product": Met(
        "x = torch.ones(15, 3)\nw = torch.ones(2, 3)\ny = x @ w\n",
        ("`x` is [15, 3]", "`w` is [2, 3]", "inner sizes 3 and 2", "x: [15, 3] float32", "w: [2, 3] float32"),
        "x @ w.t()",
        "[15, 2]",
    ),
    "product by mm": Met(
        "x = torch.ones(3, 15)\nw = torch.ones(3, 2)\ny = torch.mm(x, w)\n",
        ("[3, 15]", "inner sizes 15 and 3"),
        "torch.mm(x.t(), w)",
        "[15, 2]",
    ),
    "matrix by vector": Met(
        "a = torch.ones(15, 3)\nv = torch.ones(15)\na @ v\n",
        ("needs 3 elements", "has 15"),
        "a.t() @ v",
        "[3]",
    ),
    "vectors": Met("a = torch.ones(3)\nb = torch.ones(4)\na @ b\n", ("3 and 4 elements", "a: [3] float32")),
    "dot of matrices": Met(
        "a = torch.ones(2, 3)\nb = torch.ones(3)\ntorch.dot(a, b)\n", ("`a` is [2, 3]",), "a @ b", "[2]"
    ),
    "mm of a vector": Met(
        "a = torch.ones(2, 3)\nb = torch.ones(3)\ntorch.mm(a, b)\n", ("torch.mm", "[3]"), "a @ b", "[2]"
    ),
    "product with a scalar": Met(
        "a = torch.ones(2, 3)\ns = torch.tensor(2.)\na @ s\n", ("`s` is scalar",), "a * s", "[2, 3]"
    ),
    "batched product": Met(
        "q = torch.ones(4, 3, 2)\nk = torch.ones(4, 3, 2)\nq @ k\n",
        ("inner sizes 2 and 3",),
        readings=("q @ k.mT", "q.mT @ k"),
    ),
    "batches of products": Met(
        "q = torch.ones(4, 3, 2)\nk = torch.ones(5, 2, 2)\nq @ k\n", ("4 matrices on one side and 5 on the other",)
    ),
    "broadcast": Met(
        "x = torch.ones(4, 3)\ny = torch.ones(4)\nx - y\n",
        ("`x` is [4, 3]", "`y` is [4]", "3 and 4 (dimension 1)"),
        "x - y.unsqueeze(1)",
        "[4, 3]",
    ),
    "broadcast of vectors": Met("torch.ones(3) + torch.ones(4)\n", ("3 and 4 (dimension 0)",)),
    "broadcast in place": Met(
        "x = torch.ones(3)\nrows = torch.ones(4, 3)\nx += rows\n",
        ("[4, 3]", "[3]"),
        readings=("x = x + rows", "x += rows.sum(0)"),
    ),
    "loss of other shapes": Met(
        "pred = torch.ones(4, 3)\ny = torch.ones(4)\nF.mse_loss(pred, y)\n",
        ("`pred` is [4, 3]", "`y` is [4]", "bring both into one shape"),
    ),
    "reshape": Met("x = torch.ones(12)\nx.reshape(4, 5)\n", ("has 12 elements", "4 x 5 = 20")),
    "reshape with a rest": Met("x = torch.ones(7)\nx.reshape(2, -1)\n", ("has 7 elements", "multiple of 2")),
    "view": Met(
        "x = torch.ones(2, 3)\ny = x.t().view(6)\n", ("not contiguous", "x: [2, 3]"), "x.t().reshape(6)", "[6]"
    ),
    "cat along the wrong dimension": Met(
        "a = torch.ones(2, 3)\nb = torch.ones(2, 4)\ntorch.cat([a, b])\n",
        ("`a` is [2, 3]", "`b` is [2, 4]", "3 is not 4"),
        readings=("torch.cat([a, b], dim=1)",),
    ),
    "cat of other dimensions": Met(
        "a = torch.ones(2, 3)\nb = torch.ones(3)\ntorch.cat([a, b])\n", ("one has 2",), "torch.cat([a, b.unsqueeze(0)])"
    ),
    "cat without a list": Met("a = torch.ones(3)\ntorch.cat(a, a)\n", ("one list",), "torch.cat([a, a])", "[6]"),
    "stack": Met(
        "a = torch.ones(3)\nb = torch.ones(4)\ntorch.stack([a, b])\n",
        ("entry 0 is [3]", "entry 1 is [4]"),
        readings=("torch.cat([a, b])", "torch.nn.utils.rnn.pad_sequence([a, b], batch_first=True)"),
    ),
    "in_features": Met(
        "model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(4, 1))\nx = torch.ones(15, 3)\nmodel(x)\n",
        ("`model[2]` was made with in_features=4", "was given [15, 8]", "in_features=8"),
    ),
    "an image for a linear layer": Met(
        "fc = nn.Linear(784, 10)\nimages = torch.ones(64, 1, 28, 28)[:2]\nfc(images)\n",
        ("in_features=784", "[2, 1, 28, 28]"),
        "fc(images.flatten(1))",
        "[2, 10]",
    ),
    "conv channels": Met(
        "conv = nn.Conv2d(3, 16, 3)\nimages = torch.ones(2, 1, 8, 8)\nconv(images)\n",
        ("`conv` has a weight of [16, 3, 3, 3]", "wants 3 channels", "has 1", "in_channels=1"),
    ),
    "conv without channels": Met(
        "conv = nn.Conv2d(1, 4, 3)\nimages = torch.ones(6, 8, 8)\nconv(images)\n",
        ("wants 1 channel;", "[6, 8, 8]"),
        "conv(images.unsqueeze(1))",
        "[6, 4, 6, 6]",
    ),
    "conv of channels last": Met(
        "conv = nn.Conv2d(3, 4, 3)\nimages = torch.ones(2, 8, 8, 3)\nconv(images)\n",
        ("wants 3 channels",),
        "conv(images.permute(0, 3, 1, 2))",
        "[2, 4, 6, 6]",
    ),
    "conv of one image": Met(
        "conv = nn.Conv2d(1, 4, 3)\nimage = torch.ones(8, 8)\nconv(image)\n",
        ("[channels, height, width]", "[8, 8]"),
        "conv(image.unsqueeze(0))",
        "[4, 6, 6]",
    ),
    "kernel too large": Met(
        "conv = nn.Conv2d(1, 1, 5)\nconv(torch.ones(1, 1, 3, 3))\n", ("5 x 5 kernel", "only 3 x 3", "`conv`")
    ),
    "pooled away": Met("pool = nn.MaxPool2d(4)\npool(torch.ones(1, 1, 2, 2))\n", ("`pool` was given 1x2x2",)),
    "batch norm features": Met("bn = nn.BatchNorm1d(5)\nbn(torch.ones(4, 3))\n", ("num_features=5", "3 features")),
    "batch norm dimensions": Met("bn = nn.BatchNorm2d(5)\nbn(torch.ones(4, 5))\n", ("4D", "BatchNorm2d", "[4, 5]")),
    "batch norm of one row": Met("bn = nn.BatchNorm1d(3)\nbn(torch.ones(1, 3))\n", ("[1, 3]", "eval()")),
    "layer norm": Met("ln = nn.LayerNorm(5)\nln(torch.ones(4, 3))\n", ("[5]", "[4, 3]", "nn.LayerNorm(3)")),
    "recurrent input": Met("rnn = nn.LSTM(10, 20)\nrnn(torch.ones(5, 3, 4))\n", ("input_size=10", "[5, 3, 4]")),
    "attention heads": Met("nn.MultiheadAttention(10, 3)\n", ("10 is not a multiple of 3",)),
    "item of many": Met(
        "x = torch.ones(3)\nx.item()\n",
        ("`x` is [3]", "3 elements"),
        readings=("x.mean().item()", "x.sum().item()", "x.tolist()"),
    ),
    "tensor of tensors": Met(
        "rows = [torch.ones(2), torch.ones(2)]\ntorch.tensor(rows)\n",
        ("`stack`", "list of 2: [2] float32"),
        "torch.stack(rows)",
        "[2, 2]",
    ),
    "expand": Met("x = torch.ones(3)\nx.expand(3, 4)\n", ("`x` is [3]", "from 3 to 4"), "x.unsqueeze(1).expand(3, 4)"),
    "dimension": Met("x = torch.ones(2, 3)\nx.sum(dim=2)\n", ("dimensions 0 to 1", "asked for 2")),
    "permute": Met("x = torch.ones(2, 3)\nx.permute(0, 1, 2)\n", ("2 dimensions", "given 3")),
    "t of a batch": Met("x = torch.ones(2, 3, 4)\nx.t()\n", ("`x` is [2, 3, 4]",), "x.mT", "[2, 4, 3]"),
    "inverse": Met("a = torch.ones(2, 3)\ntorch.linalg.inv(a)\n", ("`a` is [2, 3]", "square")),
    "assigned shape": Met("x = torch.ones(3)\nx[0] = torch.ones(2)\n", ("[2] does not fit one element",)),
    "out of memory": Met("torch.empty(10**7, 10**7)\n", ("GiB",)),
    # Dtypes and targets
    "product of dtypes": Met(
        "x = torch.ones(2, 3)\nw = torch.ones(3, 2).double()\nx @ w\n",
        ("`x` is float32", "`w` is float64"),
        "x @ w.float()",
        "[2, 2] float32",
    ),
    "float64 for a layer": Met(
        "model = nn.Linear(3, 1)\nx = torch.from_numpy(np.ones((5, 3)))\nmodel(x)\n",
        ("float32 weights", "float64", "x: [5, 3] float64"),
        "model(x.float())",
        "[5, 1] float32",
    ),
    "bytes for a conv": Met(
        "conv = nn.Conv2d(1, 1, 3)\nx = torch.ones(1, 1, 8, 8, dtype=torch.uint8)\nconv(x)\n",
        ("uint8",),
        "conv(x.float())",
    ),
    "mean of integers": Met("x = torch.tensor([1, 2])\nx.mean()\n", ("`x` is int64",), "x.float().mean()"),
    "integers that require grad": Met(
        "w = torch.tensor([1, 2], requires_grad=True)\n",
        ("whole numbers",),
        "torch.tensor([1, 2], requires_grad=True, dtype=torch.float32)",
    ),
    "requires_grad_ of integers": Met(
        "w = torch.tensor([1, 2])\nw.requires_grad_()\n", ("`w` is int64",), "w.float().requires_grad_()"
    ),
    "integers divided in place": Met(
        "x = torch.tensor([1, 2])\nx /= 2\n", ("Float", "Long", "x: [2] int64"), "x = x / 2", "[2] float32"
    ),
    "float classes": Met(
        "pred = torch.ones(4, 3)\ny = torch.ones(4)\nF.cross_entropy(pred, y)\n",
        ("`y` is float32", "int64", "y: [4] float32"),
        "F.cross_entropy(pred, y.long())",
    ),
    "float classes of a margin loss": Met(
        "pred = torch.ones(4, 3)\ny = torch.ones(4)\nF.multi_margin_loss(pred, y)\n",
        ("`y` is float32", "class index", "int64"),
    ),
    "float classes of a margin loss module": Met(
        "pred = torch.ones(4, 3)\ny = torch.ones(4)\nnn.MultiMarginLoss()(pred, y)\n",
        ("`y` is float32", "class index", "int64"),
    ),
    "int32 classes in a loss module": Met(
        "loss_fn = nn.CrossEntropyLoss()\npred = torch.ones(4, 3)\ny = torch.ones(4).int()\nloss_fn(pred, y)\n",
        ("`y` is int32",),
        "loss_fn(pred, y.long())",
    ),
    "class out of range": Met(
        "pred = torch.ones(4, 3)\ny = torch.tensor([0, 1, 2, 3])\nF.cross_entropy(pred, y)\n",
        ("holds the class 3", "3 classes", "0 to 2"),
    ),
    "target in a column": Met(
        "pred = torch.ones(4, 3)\ny = torch.zeros(4, 1, dtype=torch.long)\nF.cross_entropy(pred, y)\n",
        ("[4, 1]",),
        "F.cross_entropy(pred, y.squeeze(1))",
    ),
    "batch of targets": Met(
        "F.cross_entropy(torch.ones(4, 3), torch.ones(3, dtype=torch.long))\n", ("4 predictions and 3 targets",)
    ),
    "binary target shape": Met(
        "p = torch.full((4, 1), 0.5)\ny = torch.ones(4)\nF.binary_cross_entropy(p, y)\n",
        ("`p` is [4, 1]", "`y` is [4]"),
        "F.binary_cross_entropy(p, y.unsqueeze(1))",
    ),
    "logits' target shape": Met(
        "p = torch.ones(4, 1)\ny = torch.ones(4)\nF.binary_cross_entropy_with_logits(p, y)\n",
        ("`p` is [4, 1]", "`y` is [4]"),
        "F.binary_cross_entropy_with_logits(p, y.unsqueeze(1))",
    ),
    "binary target dtype": Met(
        "p = torch.full((4,), 0.5)\ny = torch.ones(4, dtype=torch.long)\nnn.BCELoss()(p, y)\n",
        ("`y` is int64",),
        "nn.BCELoss()(p, y.float())",
    ),
    "no probabilities": Met(
        "p = torch.ones(4) * 2\ny = torch.ones(4)\nF.binary_cross_entropy(p, y)\n",
        ("below 0 or above 1",),
        readings=("F.binary_cross_entropy(p.sigmoid(), y)", "F.binary_cross_entropy(p.clamp(0, 1), y)"),
    ),
    "embedding of floats": Met(
        "emb = nn.Embedding(10, 3)\nx = torch.ones(2)\nemb(x)\n", ("`x` is float32",), "emb(x.long())", "[2, 3]"
    ),
    "embedding out of range": Met(
        "emb = nn.Embedding(10, 3)\nx = torch.tensor([10])\nemb(x)\n", ("`emb` has 10 rows", "0 to 9")
    ),
    "index of floats": Met("x = torch.ones(3)\ni = torch.ones(2)\nx[i]\n", ("`i` is float32",), "x[i.long()]", "[2]"),
    "array of objects": Met(
        "a = np.array([1, 'a', None], dtype=object)\ntorch.from_numpy(a)\n",
        ("NoneType, int, str", "a: array [3] object"),
    ),
    "array of text": Met("a = np.array(['1', '2'])\ntorch.tensor(a)\n", ("array of text",)),
    "from_numpy of a list": Met("torch.from_numpy([1, 2])\n", ("a list",), "torch.tensor([1, 2])", "[2]"),
    "minus of bools": Met("m = torch.ones(2).bool()\n-m\n", ("`m` is bool",), readings=("~m", "-m.int()")),
    "difference of bools": Met("m = torch.ones(2).bool()\nm - m\n", ("True and False",), "m.int() - m.int()"),
    "one_hot of floats": Met("y = torch.ones(3)\nF.one_hot(y, 3)\n", ("`y` is float32",), "F.one_hot(y.long(), 3)"),
    "one_hot out of range": Met("y = torch.tensor([5])\nF.one_hot(y, 3)\n", ("num_classes=3 allows 0 to 2",)),
    "mask of floats": Met(
        "x = torch.ones(3)\nx.masked_fill(x, 0)\n", ("`x` is float32", "bool"), "x.masked_fill(x.bool(), 0)"
    ),
    "dtype by name": Met("torch.ones(2, dtype='float32')\n", ("torch.float32",), "torch.ones(2, dtype=torch.float32)"),
    "NumPy's dtype": Met("torch.ones(2, dtype=np.float64)\n", ("np.float64",), "torch.ones(2, dtype=torch.float64)"),
    "dtype as a device": Met("x = torch.ones(2)\nx.to('float64')\n", ("dtype",), "x.to(torch.float64)", "[2] float64"),
    "rows of other lengths": Met("torch.tensor([[1, 2], [1, 2, 3]])\n", ("2 in the first", "3 in another")),
    "tensor of text": Met("torch.tensor(['a'])\n", ("text",)),
    "tensor of None": Met("torch.tensor([None])\n", ("None",)),
    "function of a list": Met("torch.relu([1., 2.])\n", ("a list",), "torch.relu(torch.tensor([1.0, 2.0]))", "[2]"),
    "layer of an array": Met(
        "m = nn.Linear(1, 1)\na = np.ones((4, 1))\nm(a)\n",
        ("NumPy array", "a: array [4, 1] float64"),
        "m(torch.from_numpy(a).float())",
        "[4, 1]",
    ),
    # Devices
    "two devices": Met(
        "x = torch.ones(2)\nw = torch.ones(2, device='meta')\nx + w\n",
        ("`x` is on cpu", "`w` is on meta", "w: [2] float32 on meta"),
    ),
    "no such device": Met("torch.ones(2, device='gpu')\n", ("'gpu'", "cuda")),
    "numpy of meta": Met("x = torch.ones(2, device='meta')\nx.numpy()\n", ("`x` is on the meta device",)),
    "copy out of meta": Met("x = torch.ones(2, device='meta')\nx.to('cpu')\n", ("meta device",)),
    # Autograd
    "backward twice": Met(
        "w = torch.ones(2, requires_grad=True)\nloss = (w * w).sum()\nloss.backward()\nloss.backward()\n",
        ("`loss`", "retain_graph=True", "loss: scalar float32, computed, requires grad"),
    ),
    "no graph": Met(
        "x = torch.ones(2)\nloss = x.sum()\nloss.backward()\n", ("`loss`", "loss: scalar float32, requires no grad")
    ),
    "backward of many": Met(
        "w = torch.ones(2, requires_grad=True)\ny = w * w\ny.backward()\n",
        ("`y` is [2]",),
        readings=("y.mean().backward()", "y.sum().backward()"),
    ),
    "leaf in place": Met(
        "w = torch.ones(2, requires_grad=True)\n(w * w).sum().backward()\nw -= 0.1 * w.grad\n",
        ("`w` is a leaf", "w: [2] float32, leaf, requires grad"),
        "with torch.no_grad(): w -= 0.1 * w.grad",
    ),
    "view of a leaf in place": Met(
        "w = torch.ones(2, requires_grad=True)\nw[0] = 1\n", ("`w` is a leaf",), "with torch.no_grad(): w[0] = 1"
    ),
    "numpy of what requires grad": Met(
        "w = torch.ones(2, requires_grad=True)\nw.numpy()\n", ("`w` requires grad",), "w.detach().numpy()", "array [2]"
    ),
    "modified in place": Met(
        "w = torch.ones(2, requires_grad=True)\ny = w.exp()\ny += 1\ny.sum().backward()\n",
        ("Line 3, `y += 1`, changed a tensor of [2]",),
        "y = y + 1",
    ),
    "grad of None": Met(
        "w = torch.ones(2, requires_grad=True)\nw.grad.zero_()\n", ("`w.grad` is None", "w.grad: None")
    ),
    "step with no grad": Met("w = torch.ones(2)\ny = w - 0.1 * w.grad\n", ("`w` does not require grad",)),
    "grad of what is computed": Met(
        "w = torch.ones(2, requires_grad=True)\ny = w * 2\ny.sum().backward()\n0.1 * y.grad\n", ("`y.retain_grad()`",)
    ),
    "flag of what is computed": Met(
        "w = torch.ones(2, requires_grad=True)\ny = w * 2\ny.requires_grad = False\n",
        ("`y` is the result",),
        "y = y.detach()",
    ),
    "deepcopy of what is computed": Met(
        "w = torch.ones(2, requires_grad=True)\ny = w * 2\ncopy.deepcopy(y)\n", ("`y`",), "y.detach().clone()", "[2]"
    ),
    "optimizer of what is computed": Met(
        "w = torch.ones(2, requires_grad=True) * 2\ntorch.optim.SGD([w], lr=0.1)\n", ("w: [2] float32, computed",)
    ),
    "not in the graph": Met(
        "w = torch.ones(2, requires_grad=True)\nv = w.detach().requires_grad_()\ntorch.autograd.grad(w.sum(), v)\n",
        ("not computed from", "v: [2] float32, leaf, requires grad"),
    ),
    # Modules and optimizers
    "no super().__init__()": Met(
        "class Net(nn.Module):\n    def __init__(self):\n        self.fc = nn.Linear(1, 1)\nNet()\n",
        ("`super().__init__()`",),
    ),
    "no forward": Met("class Net(nn.Module):\n    pass\nNet()(torch.ones(1))\n", ("`forward`", "`Net`")),
    "no such layer": Met(f"{NET}net = Net()\nnet.fc3\n", ("`fc3`", "`fc1`, `fc2`")),
    "forward takes no input": Met(
        "class Net(nn.Module):\n    def forward(self):\n        return 1\nNet()(torch.ones(1))\n",
        ("def forward(self, x):",),
    ),
    "loss without a target": Met("nn.MSELoss()(torch.ones(3))\n", ("`target`", "loss_fn(pred, y)")),
    "linear without a size": Met("nn.Linear(3)\n", ("`out_features`",)),
    "loss that was not made": Met(
        "pred = torch.ones(3)\ny = torch.ones(3)\nnn.MSELoss(pred, y)\n", ("is a class",), "nn.MSELoss()(pred, y)"
    ),
    "activation that was not called": Met("x = torch.ones(3)\nnn.ReLU(x).sum()\n", ("`nn.ReLU()(x)`",), "nn.ReLU()(x)"),
    "arithmetic with a module": Met("m = nn.Linear(1, 1)\nm + 1\n", ("`m` is a module", "`m(x)`")),
    "truth of many": Met(
        "x = torch.ones(3)\nif x > 0:\n    pass\n",
        (".any()", ".all()"),
        readings=("(x > 0).all()", "(x > 0).any()"),
    ),
    "sequential of a list": Met("layers = [nn.Linear(1, 1)]\nnn.Sequential(layers)\n", ("nn.Sequential(*layers)",)),
    "sequential of a function": Met("nn.Sequential(torch.relu)\n", ("`nn.ReLU()`",)),
    "tensor as a parameter": Met("m = nn.Linear(1, 1)\nm.weight = torch.ones(1, 1)\n", ("nn.Parameter",)),
    "state of other sizes": Met(
        "m = nn.Linear(1, 1)\nm.load_state_dict(nn.Linear(2, 1).state_dict())\n", ("saved as [1, 2]", "it is [1, 1]")
    ),
    "state of other names": Met(
        "m = nn.Linear(1, 1)\nm.load_state_dict(nn.Sequential(nn.Linear(1, 1)).state_dict())\n",
        ("The saved names begin with `0.`",),
        "m.load_state_dict({k.removeprefix('0.'): v for k, v in nn.Sequential(nn.Linear(1, 1)).state_dict().items()})",
    ),
    "state from a path": Met("m = nn.Linear(1, 1)\nm.load_state_dict('m.pt')\n", ("torch.load('m.pt')",)),
    "nothing to optimize": Met("torch.optim.SGD(nn.ReLU().parameters(), lr=0.1)\n", ("no parameters",)),
    "one tensor to optimize": Met("w = torch.ones(2)\ntorch.optim.SGD(w, lr=0.1)\n", ("`[w]`",)),
    "parameters not called": Met("m = nn.Linear(1, 1)\ntorch.optim.SGD(m.parameters, lr=0.1)\n", ("`m.parameters()`",)),
    "module to optimize": Met("m = nn.Linear(1, 1)\ntorch.optim.SGD(m, lr=0.1)\n", ("`m.parameters()`",)),
    "learning rate": Met("torch.optim.SGD([torch.ones(1)], lr=-1.0)\n", ("-1.0",)),
    "unknown option": Met("DataLoader([1], batchsize=2)\n", ("Did you mean `batch_size`?",)),
    # Data
    "TensorDataset": Met(
        "x = torch.ones(5, 2)\ny = torch.ones(4)\nTensorDataset(x, y)\n",
        ("`x` has 5", "`y` has 4", "x: [5, 2] float32"),
    ),
    "slice of a dataset": Met(
        "data = TensorDataset(torch.ones(9, 2), torch.ones(9))\nloader = DataLoader(data[:4], batch_size=2)\n"
        "for xb, yb in loader:\n    pass\n",
        ("slice of a dataset", "tuple of 2 tensors ([4, 2], [4])", "Subset"),
    ),
    "samples of other shapes": Met(
        "loader = DataLoader([torch.ones(2), torch.ones(3)], batch_size=2)\nfor x in loader:\n    pass\n",
        ("[2] at first", "[3] in entry 1"),
    ),
    "samples of None": Met("for x in DataLoader([None, None]):\n    pass\n", ("a sample is None",)),
    "no __getitem__": Met(
        "class D(Dataset):\n    def __len__(self):\n        return 2\nfor x in DataLoader(D()):\n    pass\n",
        ("__getitem__",),
    ),
    "no __len__": Met(
        "class D(Dataset):\n    def __getitem__(self, i):\n        return i\nd = D()\nDataLoader(d, shuffle=True)\n",
        ("__len__",),
    ),
    "split": Met(
        "data = TensorDataset(torch.ones(9))\nrandom_split(data, [4, 4])\n", ("4 + 4 = 8", "the dataset has 9 samples")
    ),
    "loader by number": Met("loader = DataLoader([1, 2])\nloader[0]\n", ("next(iter(loader))",)),
    "batch of one tensor": Met(
        "loader = DataLoader(TensorDataset(torch.ones(9, 2)))\nfor x, y in loader:\n    pass\n",
        ("list of 1 tensor", "you unpack 2"),
    ),
    "loader of two tensors": Met("DataLoader(torch.ones(3), torch.ones(3))\n", ("TensorDataset(x, y)",)),
    "empty dataset": Met("DataLoader([], shuffle=True)\n", ("0 samples",)),
    "no such file": Met("torch.load('nothing-of-that-name.pt')\n", ("nothing-of-that-name.pt",)),
    # Imports and names
    "F": Met("from torch.nn.functional import F\n", ("torch.nn.functional",), "import torch.nn.functional as F"),
    "nn.optim": Met("nn.optim.SGD\n", ("`torch`",), "torch.optim"),
    "from the wrong package": Met(
        "from torch.nn import DataLoader\n", ("torch.utils.data",), "from torch.utils.data import DataLoader"
    ),
    "small letters": Met("nn.linear(3, 1)\n", ("`nn.Linear`",), "nn.Linear"),
    "misspelt function": Met("torch.sofmax(torch.ones(2), 0)\n", ("`torch.softmax`",), "torch.softmax"),
    "NumPy's name": Met("torch.array([1])\n", ("NumPy's",), "torch.tensor"),
    "misspelt method": Met("x = torch.ones(3)\nx.revel()\n", ("`ravel`",), "x.ravel"),
    "NumPy's method": Met("x = torch.ones(3)\nx.astype(int)\n", ("x.to(torch.float32)",)),
    "import pytorch": Met("import pytorch\n", ("`torch`",), "import torch"),
    "no such module": Met("import a_package_of_no_name\n", ("no module `a_package_of_no_name`", "own documentation")),
    "misspelt module": Met("import nunpy as np\n", ("there is `numpy`",), "import numpy as np"),
    "misspelt module of Python": Met("import colections\n", ("there is `collections`",), "import collections"),
    "no such part": Met("import numpy.linalgebra\n", ("`numpy` is installed", "no part `linalgebra`")),
    "misspelt name": Met("length = 3\nprint(lenght)\n", ("`length`", "length: 3"), "length"),
    "name that is not imported": Met("optim.SGD\n", ("not imported",), "from torch import optim"),
    "dtype without torch": Met("torch.ones(2, dtype=float32)\n", ("dtypes",), "torch.float32"),
    # Indices and calls
    "index": Met("x = torch.ones(3)\nx[3]\n", ("`x` is [3]", "0 to 2"), "x[-1]"),
    "index of a column": Met("x = torch.ones(3, 4)\nx[0, 4]\n", ("dimension 1 has size 4",), "x[0, -1]"),
    "too many indices": Met("x = torch.ones(3)\nx[0, 1]\n", ("1 dimension,", "2 indices")),
    "index of a scalar": Met("loss = torch.tensor(3.)\nloss[0]\n", ("`loss` is a scalar",), "loss.item()"),
    "length of a scalar": Met("x = torch.tensor(3.)\nlen(x)\n", ("scalar", "x: scalar float32")),
    "size out of range": Met("x = torch.ones(3)\nx.shape[1]\n", ("1 size,",)),
    "mask of another shape": Met("x = torch.ones(3)\nm = torch.ones(4).bool()\nx[m]\n", ("`x` is [3]", "mask [4]")),
    "index that is a float": Met("x = torch.ones(4)\nx[4 / 2]\n", ("float",), "x[4 // 2]"),
    "gather": Met(
        "x = torch.ones(2, 3)\ni = torch.tensor([0, 1])\nx.gather(1, i)\n",
        ("`i` is [2]",),
        "x.gather(1, i.unsqueeze(1))",
    ),
    "sum of two tensors": Met(
        "a = torch.ones(3)\nb = torch.ones(3)\ntorch.sum(a, b)\n", ("`b` is a tensor",), "a + b", "[3]"
    ),
    "arguments that do not fit": Met("x = torch.ones(3)\ntorch.max(x, 1.5)\n", ("(Tensor, float)", "`max(input)`")),
    "size called": Met("x = torch.ones(3, 4)\nx.shape(0)\n", ("`x` is [3, 4]",), "x.shape[0]", "3"),
    "size method indexed": Met("x = torch.ones(3, 4)\nx.size[0]\n", ("parentheses",), "x.size(0)", "3"),
    "tensor called": Met("x = torch.ones(3)\nx(0)\n", ("`x` is a tensor",), "x[0]"),
    "size that is a float": Met("n = 4\ntorch.ones(n / 2)\n", ("float",), "torch.ones(n // 2)", "[2]"),
    "negative size": Met("torch.ones(-1)\n", ("-1", "reshape")),
    "loose numbers": Met("torch.tensor(1, 2)\n", ("square brackets",), "torch.tensor([1, 2])", "[2]"),
    "max gives two": Met("x = torch.ones(2, 3)\nx.max(dim=1) + 1\n", ("`.values`",), "x.max(dim=1).values + 1", "[2]"),
    "arithmetic with a list": Met(
        "x = torch.ones(3)\nx + [1, 2, 3]\n", ("a list",), "x + torch.tensor([1, 2, 3])", "[3]"
    ),
}
