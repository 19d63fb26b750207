"""Methods without `self`, classes called for what they make, and names that the code here has none of."""

from __future__ import annotations

import pytest

from tests.unit.probe.errors.programs import Met, assert_explained, failed, run

NET = "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(4, 1)\n"
WITHOUT_SELF = {
    "forward": (f"{NET}    def forward(x):\n        return self.fc(x)\nNet()(torch.ones(3, 4))\n", "forward(x)"),
    "another method": (
        f"{NET}    def step(x, y):\n        return self.fc(x) - y\nNet().step(torch.ones(4), 1)\n",
        "step(x, y)",
    ),
    "__len__": ("class D(Dataset):\n    def __len__():\n        return 3\nlen(D())\n", "__len__()"),
    "__getitem__": ("class D(Dataset):\n    def __getitem__(i):\n        return i\nD()[0]\n", "__getitem__(i)"),
    "__init__": ("class Net(nn.Module):\n    def __init__():\n        super().__init__()\nNet()\n", "__init__()"),
}


@pytest.mark.parametrize(("code", "written"), WITHOUT_SELF.values(), ids=WITHOUT_SELF.keys())
def test_a_method_without_self_is_shown_with_it(code: str, written: str) -> None:
    explanation = failed(code).explanation
    assert explanation is not None
    assert f"is written as `def {written}`, without `self`" in explanation.meaning
    name, _, rest = written.partition("(")
    right = f"def {name}(self{', ' + rest if rest != ')' else rest}:"
    assert f"`{right}`" in explanation.meaning
    assert run(code.replace(f"def {written}:", right)) is None


MET = {
    "forward with self alone": Met(
        "class Net(nn.Module):\n    def forward(self):\n        return 1\nNet()(torch.ones(1))\n",
        ("with `self` alone", "`def forward(self, x):`"),
    ),
    "two inputs": Met(
        f"{NET}    def forward(self, x):\n        return self.fc(x)\nx = torch.ones(2, 4)\nNet()(x, x)\n",
        ("`Net.forward` takes one input besides `self`, and was called with 2",),
    ),
    "two inputs of a layer": Met(
        "fc = nn.Linear(4, 1)\nfc(torch.ones(2, 4), torch.ones(2))\n", ("`Linear.forward` takes one input",)
    ),
    "the class called with the input": Met(
        f"{NET}    def forward(self, x):\n        return self.fc(x)\nx = torch.ones(2, 4)\npred = Net(x)\n",
        ("`Net` is a class", "Write `net = Net()` once, and then `net(x)`"),
        "Net()(x)",
    ),
    "arguments that __init__ does not take": Met(
        f"{NET}Net(4, 2)\n", ("`Net.__init__` takes nothing besides `self`, and was called with 2",)
    ),
    "the file's folder": Met(
        "import os\nhere = os.path.dirname(__file__)\n",
        ("this code is in no file", "`os.getcwd()`"),
        "os.getcwd()",
        never=("torch",),
    ),
    "the file's absolute folder": Met(
        "import os\nhere = os.path.dirname(os.path.abspath(__file__))\n", ("`__file__`",), "os.getcwd()"
    ),
    "the file's folder as a path": Met(
        "from pathlib import Path\nhere = Path(__file__).parent / 'data'\n", ("`Path.cwd()`",), "Path.cwd()"
    ),
    "the file's resolved folder": Met(
        "import pathlib\nhere = pathlib.Path(__file__).resolve().parent\n", ("`Path.cwd()`",), "pathlib.Path.cwd()"
    ),
    "the file itself": Met("print(__file__)\n", ("this code is in no file",), never=("torch",)),
    "another special name": Met("print(__version__)\n", ("`__version__`",), never=("torch",)),
    "a module of Python": Met("os.getcwd()\n", ("`os` is a module of Python, and not imported",), "import os"),
    "another module of Python": Met("time.time()\n", ("`time` is a module of Python",), "import time"),
    "a name that only begins like a built-in": Met(
        "print(inputs)\n", ("Nothing is called `inputs` here",), never=("`input`",)
    ),
    "a name that ends like a built-in": Met("print(val)\n", ("Nothing is called `val` here",), never=("eval",)),
    "a name that torch imports for itself": Met("print(inspect)\n", ("Nothing is called `inspect`",), never=("torch",)),
    "a misspelt built-in": Met("prnt(1)\n", ("`print` is a built-in",), "print"),
    "a function of torch": Met("relu(torch.ones(3))\n", ("`relu` is torch's",), "torch.relu"),
}


@pytest.mark.parametrize("met", MET.values(), ids=MET.keys())
def test_calls_and_names_are_explained_by_what_is_there(met: Met) -> None:
    assert_explained(met)
