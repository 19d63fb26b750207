"""How code may go on, what calls take and what there is to read: from live objects and from code that has not run."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from tui_torch.probe.code_help.answer import answer
from tui_torch.protocol.code_help import Binding, Completions, Documentation, Member, Signatures
from tui_torch.protocol.orders import Complete, DescribeCall, DescribeExpression

NET = Binding(
    "Net",
    "class",
    "nn.Module",
    (
        Member("first", "value", "nn.Linear(2, hidden)"),
        Member("__init__", "function", "(self, hidden=32)"),
        Member("forward", "function", "(self, x) -> torch.Tensor"),
    ),
)
BINDINGS = (
    Binding("torch", "import", "torch"),
    Binding("nn", "import", "torch.nn"),
    Binding("F", "import", "torch.nn.functional"),
    Binding("absent", "import", "no_such_module"),
    Binding("x", "value", "torch.ones(2, 3)"),
    Binding("w", "value", "torch.ones(2, 3)", is_run=True),
    Binding("params", "value", "{}", is_run=True),
    Binding("model", "value", "nn.Sequential()", is_run=True),
    Binding("opt", "value", "torch.optim.SGD(model.parameters(), lr=0.1)"),
    Binding("net", "value", "Net(3)"),
    Binding("self", "instance", "Net"),
    Binding("one", "value", "two"),
    Binding("two", "value", "one"),
    Binding("cut", "value"),
    NET,
)
VALUES: dict[str, object] = {
    "w": torch.ones(2, 3),
    "x": "not what the code makes of it now",
    "params": {"weight": torch.zeros(4), "bias": 1.5},
    "model": nn.Sequential(nn.Linear(2, 3), nn.ReLU()),
}


def completions(prefix: str, namespace: dict[str, object] | None = None, **asked: Any) -> dict[str, str]:
    found = answer(Complete(BINDINGS, prefix, **asked), VALUES if namespace is None else namespace)
    assert isinstance(found, Completions)
    return {item.text: item.detail for item in found.items}


def calls(function: str) -> list[str]:
    found = answer(DescribeCall(BINDINGS, function), VALUES)
    assert isinstance(found, Signatures)
    return [
        f"{way.name}({', '.join(way.parameters)})" + (f" -> {way.returns}" if way.returns else "") for way in found.ways
    ]


def test_a_tensor_has_its_shape_and_dtype_beside_it() -> None:
    assert completions("w")["w"] == "Tensor [2, 3] float32"
    assert completions("we", of="model[0]") == {"weight": "Parameter [3, 2] float32"}
    assert completions("w", keys_of="params") == {"weight": "Tensor [4] float32"}


ATTRIBUTES = {
    ("torch", "randn"): {"randn": "function", "randn_like": "function"},
    ("x", "resh"): {"reshape": "method", "reshape_as": "method"},
    ("x.T", "shap"): {"shape": "Size"},
    ("(w @ w)", "share"): {"share_memory_": "method"},
    ("net", "fi"): {"first": "Linear"},
    ("self", "forw"): {"forward": "method"},
    ("self.first", "in_f"): {"in_features": "int"},
    ("self.first(x)", "argm"): {"argmax": "method", "argmin": "method"},
    ("net(x)", "argma"): {"argmax": "method"},
    ("opt", "zero"): {"zero_grad": "method"},
    ("[1]", "app"): {"append": "method"},
    ("torch.nn.functional", "cross_e"): {"cross_entropy": "function"},
}


@pytest.mark.parametrize(("of", "prefix"), ATTRIBUTES)
def test_attributes_are_known_of_what_ran_and_of_what_the_code_will_make(of: str, prefix: str) -> None:
    assert completions(prefix, of=of) | ATTRIBUTES[of, prefix] == completions(prefix, of=of) != {}


@pytest.mark.parametrize("of", ["cut", "one", "absent", "nowhere", "torch.max(x, 1)", "f(", "x."])
def test_what_is_not_known_has_no_attributes(of: str) -> None:
    assert completions("", of=of) == {}


def test_an_argument_that_the_call_does_not_have_yet_is_offered_first() -> None:
    assert list(completions("re", call="F.cross_entropy"))[:2] == ["reduce=", "reduction="]
    assert "reduction=" not in completions("re", call="F.cross_entropy", given=("reduction",))
    assert completions("lr", call="torch.optim.SGD") == {"lr=": "argument, 0.001"}
    assert completions("hid", call="Net") == {"hidden=": "argument, 32"}
    assert list(completions("keep", call="torch.sum")) == ["keepdim="]


def test_imports_are_of_what_is_there() -> None:
    assert completions("Linea", module="torch.nn")["Linear"] == "class"
    assert "utils" in completions("ut", package="torch")
    assert "torch" in completions("tor", package="")
    assert completions("", module="no_such_module") == {}


def test_private_names_come_only_to_whom_asks_for_them() -> None:
    assert not [name for name in completions("", of="net") if name.startswith("_")]
    assert "__init__" in completions("__in", of="net")


def test_a_layer_comes_before_what_every_module_has() -> None:
    assert next(iter(completions("", of="net"))) == "first"


SIGNATURES = {
    "torch.sum": ["sum(input, *, dtype=None) -> Tensor", "sum(input, dim, keepdim=False, *, dtype=None) -> Tensor"],
    "w.view": ["view(*shape) -> Tensor", "view(dtype) -> Tensor"],
    "nn.Linear": ["Linear(in_features, out_features, bias=True, device=None, dtype=None)"],
    "Net": ["Net(hidden=32)"],
    "net": ["Net(x) -> torch.Tensor"],
    "len": ["len(obj, /)"],
    "cut": [],
}


@pytest.mark.parametrize("function", SIGNATURES)
def test_a_call_takes_what_its_signature_or_its_documentation_says(function: str) -> None:
    assert calls(function) == SIGNATURES[function]


def test_documentation_says_what_it_is_of_and_how_it_is_called() -> None:
    found = answer(DescribeExpression(BINDINGS, "nn.Linear"), VALUES)
    assert isinstance(found, Documentation)
    assert (found.title, found.text.splitlines()[0]) == ("nn.Linear: class", calls("nn.Linear")[0])
    assert "linear transformation" in found.text and ":math:`y = xA^T + b`" in found.text


def test_of_a_tensor_whose_class_has_no_documentation_the_attributes_are_explained() -> None:
    assert torch.Tensor.__doc__ is None, "say what it says, too"
    found = answer(DescribeExpression(BINDINGS, "w"), VALUES)
    assert isinstance(found, Documentation)
    assert found.title == "w: Tensor [2, 3] float32"
    assert found.text.startswith("w is a Tensor. ")
    explained = [line for line in found.text.splitlines() if line.startswith("w.")]
    assert explained[:3] == ["w.shape", "w.ndim", "w.device"] and "w.grad" in explained
    assert "w.shape\n    Returns the size of the :attr:`self` tensor. Alias for :attr:`size`.\n" in found.text
    # What is written about nothing of it is not made up.
    assert answer(DescribeExpression((), "torch.float32"), {}) == Documentation("torch.float32", "")


class _Loud:
    """Complains when it is asked for anything."""

    def __getattribute__(self, name: str) -> object:
        raise AssertionError(f"asked for {name}")

    def __dir__(self) -> list[str]:
        raise AssertionError("asked for its names")

    @property
    def costly(self) -> int:
        raise AssertionError("asked for its value")

    def __repr__(self) -> str:
        raise AssertionError("asked for its text")


def test_nothing_of_the_learners_own_classes_runs() -> None:
    bindings = (Binding("loud", "value", "Loud()", is_run=True),)
    found = answer(Complete(bindings, "co", of="loud"), {"loud": _Loud()})
    assert isinstance(found, Completions)
    assert [item.text for item in found.items] == ["costly"]
    assert answer(DescribeExpression(bindings, "loud"), {"loud": _Loud()}) == Documentation(
        "loud: _Loud", "Complains when it is asked for anything."
    )


def test_code_that_goes_on_finds_all_names_that_what_ran_has_left() -> None:
    left = {"torch": torch, "weights": torch.ones(2), "_": 1, "In": [], "x": torch.ones(3)}
    asked = (Binding("x", "value", "nn.Linear(1, 1)"), Binding("nn", "import", "torch.nn"))

    def offered(prefix: str, **more: Any) -> dict[str, str]:
        found = answer(Complete(asked, prefix, **more), left)
        assert isinstance(found, Completions)
        return {item.text: item.detail for item in found.items}

    assert offered("we") == {}
    assert offered("we", goes_on=True) == {"weights": "Tensor [2] float32"}
    assert "In" not in offered("I", goes_on=True)
    assert "randn" in offered("ran", of="torch", goes_on=True)
    # What the code says now is what counts.
    assert "in_features" in offered("in_", of="x", goes_on=True)
    assert "Linear" in str(answer(DescribeExpression((), "torch.nn.Linear", goes_on=True), left))
    assert answer(DescribeCall((), "weights.view", goes_on=True), left) != Signatures(())
