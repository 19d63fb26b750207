"""An error is explained by what the learner's line names, and its suggested fix works."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.probe.errors.met import MET, NET
from tests.unit.probe.errors.programs import IMPORTS, RUN, Met, assert_explained, explained, failed, fixed, run
from tui_torch.probe.errors.failure import describe
from tui_torch.probe.errors.known_packages import DISTRIBUTIONS
from tui_torch.protocol import wire
from tui_torch.protocol.events import Failed


@pytest.mark.parametrize("met", MET.values(), ids=MET.keys())
def test_an_error_is_explained_by_its_numbers_and_names_and_each_fix_runs(met: Met) -> None:
    assert_explained(met)


def test_text_for_a_dimension_is_explained_by_what_this_pytorch_takes_it_for() -> None:
    explanation = explained("x = torch.ones(3)\ntorch.max(x, 'a')\n")
    if hasattr(torch.Tensor, "refine_names"):
        assert "`x` is [3], and its dimensions have no names. Give its number: 0" in explanation.meaning
    else:
        assert "`max` does not take (Tensor, str)" in explanation.meaning


@pytest.mark.parametrize(
    ("code", "dimensions", "said"),
    [
        ("x = torch.ones(2, 3)\nx.sum('a')\n", "None, None", "`x` is [2, 3], and its dimensions have no names."),
        ("x = torch.ones(2, 3)\nx.sum('a')\n", "None, None", "Give a dimension's number: 0 to 1, and -1"),
        ("x = torch.ones(2)\nx.sum(dim='a')\n", "None", "Give its number: 0, or -1."),
        ("x = torch.ones(2, 3)\nx.sum('a')\n", "'rows', None", "its dimensions are called 'rows'."),
        ("x = torch.tensor(2.)\nx.sum('a')\n", "", "`x` is scalar, and has no dimension."),
        ("def f():\n    return torch.ones(2)\nf().sum('a')\n", "None", "The tensor's dimensions have no names."),
    ],
)
def test_a_name_that_no_dimension_has_is_explained_as_in_pytorch_2_9(
    code: str, dimensions: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError(f"Name 'a' not found in Tensor[{dimensions}].")

    monkeypatch.setattr(torch.Tensor, "sum", refuse)
    assert said in explained(code).meaning


@pytest.mark.parametrize("code", ["x = torch.ones(2)\nx.cuda()\n", "x = torch.ones(2)\nx.to('cuda')\n"])
@pytest.mark.parametrize(
    "error",
    [
        AssertionError("Torch not compiled with CUDA enabled"),
        RuntimeError("Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU."),
    ],
    ids=["a build for the CPU", "a build for CUDA"],
)
def test_a_gpu_that_is_not_there_is_explained(code: str, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise error.with_traceback(None)

    monkeypatch.setattr(torch.cuda, "_lazy_init", refuse)
    assert "cuda" in explained(code).meaning
    assert run(fixed(code)) is None


def test_a_target_of_whole_numbers_that_only_backward_refuses_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(loss: torch.Tensor) -> None:
        raise RuntimeError("Found dtype Long but expected Float")

    monkeypatch.setattr(torch.Tensor, "backward", refuse)  # as PyTorch does up to 2.9
    assert "`.float()`" in explained("loss = torch.ones((), requires_grad=True) * 2\nloss.backward()\n").meaning


@pytest.mark.parametrize(
    "message",
    [
        "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!",
        "Expected all tensors to be on the same device, but got mat1 is on cpu, different from other tensors on cuda:0",
    ],
)
def test_what_cuda_says_of_two_devices_is_explained(message: str) -> None:
    code = f"x = torch.ones(2)\nif x.sum() > 0: raise RuntimeError({message!r})\n"
    assert "one device" in explained(code).meaning


@pytest.mark.parametrize(
    "code",
    [
        "raise ValueError('of my own')\n",
        "1 / 0\n",
        "{}['a']\n",
        "int('a')\n",
        "x = (\n",
        "assert False\n",
        "raise KeyboardInterrupt\n",
        "class Mat(RuntimeError):\n    def __str__(self):\n        raise ValueError\nraise Mat\n",
    ],
)
def test_an_error_that_speaks_for_itself_is_left_alone(code: str) -> None:
    assert failed(code).explanation is None


@pytest.mark.parametrize(("name", "installed_as"), [("cv2", "opencv-python"), ("jax", "jax"), ("yaml", "PyYAML")])
def test_a_known_package_is_installed_by_the_name_that_pip_takes(
    name: str, installed_as: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)  # it may be installed; Python then says something else
    code = f"raise ModuleNotFoundError({f'No module named {name!r}'!r})\n"
    assert f"`pip install {installed_as}`" in explained(code).meaning


@pytest.mark.parametrize("own", ["logger.py", "logger/__init__.py"])
def test_a_module_of_the_learners_own_is_found_and_nothing_is_installed(
    own: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / own).parent.mkdir(exist_ok=True)
    (tmp_path / own).write_text("level = 1\n")
    monkeypatch.chdir(tmp_path)
    meaning = explained("import logger\n").meaning
    assert "pip" not in meaning
    assert f"`import sys; sys.path.insert(0, {str(tmp_path)!r})`" in meaning


@settings(deadline=None)  # each name is looked for among the installed packages
@given(st.from_regex(r"[a-z_][a-z0-9_]{2,20}", fullmatch=True))
def test_pip_is_never_told_a_name_that_is_not_known(name: str) -> None:
    assume(name not in DISTRIBUTIONS and name not in sys.stdlib_module_names)
    assert "pip install" not in explained(f"raise ModuleNotFoundError({f'No module named {name!r}'!r})\n").meaning


def test_an_error_inside_a_function_is_explained_by_the_names_there() -> None:
    code = "def double(features):\n    return features @ features\n\nx = torch.ones(2, 3)\ndouble(x)\n"
    explanation = explained(code)
    assert explanation.names == (("features", "[2, 3] float32"),)
    products = [(reading.code, reading.gives) for reading in explanation.readings]
    assert products == [("features @ features.t()", "[2, 2]"), ("features.t() @ features", "[3, 3]")]


def test_an_error_inside_forward_is_explained_by_the_layer_there() -> None:
    explanation = explained(f"{NET}Net()(torch.ones(5, 784))\n")
    assert "`self.fc2` was made with in_features=4, and was given [5, 8]" in explanation.meaning
    assert "self.fc2" in dict(explanation.names)


def test_a_layer_inside_a_model_from_another_step_is_found_by_its_path() -> None:
    names: dict[str, object] = {}
    exec(IMPORTS + NET, names)
    code = "net = Net()\nnet(torch.ones(5, 784))\n"
    try:
        exec(compile(code, RUN, "exec"), names)
    except RuntimeError as error:
        explanation = describe(error, RUN, code).explanation
    assert explanation is not None and "`net.fc2` was made with in_features=4" in explanation.meaning


def test_no_fix_is_suggested_of_what_calls_the_learners_functions() -> None:
    code = "def f(x):\n    f.calls += 1\n    return x\nf.calls = 0\nw = torch.ones(2, 3)\nf(w) @ w\n"
    error = run(code)
    assert error is not None and error.__traceback__ is not None
    explanation = describe(error, RUN, code).explanation
    assert explanation is not None and explanation.suggested_fix is None
    names = error.__traceback__.tb_next.tb_frame.f_globals  # type: ignore[union-attr]
    assert names["f"].calls == 1


HOSTILE = """\
class Hostile(torch.Tensor):
    armed = False
    calls = []
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        Hostile.calls.append(func)
        return super().__torch_function__(func, types, args, kwargs or {})
class Odd:
    def __getattribute__(self, name):
        Hostile.calls.append(name)
        if Hostile.armed:
            raise RuntimeError(name)
        return object.__getattribute__(self, name)
    def __repr__(self):
        Hostile.calls.append("repr")
        raise RuntimeError
    __bool__ = __hash__ = __eq__ = __str__ = __repr__
class Net(nn.Linear):
    @property
    def weird(self):
        Hostile.calls.append("weird")
    def extra_repr(self):
        Hostile.calls.append("extra_repr")
odd = Odd()
x = torch.ones(2, 3).as_subclass(Hostile)
w = torch.ones(2, 3)
net = Net(4, 1)
box = [odd, x]
"""


@pytest.mark.parametrize(
    "line",
    [
        "x @ x",
        "w @ x",
        "torch.mm(w, box[1])",
        "torch.mm(w, odd)",
        "w + odd",
        "w[odd]",
        "torch.cat([w, odd, x])",
        "w.reshape(odd, 7)",
        "net(x)",
        "net(w)",
        "net.fc",
        "x(odd)",
        "torch.sum(x, odd)",
        "w.backward(odd)",
        "odd.backward(w)",
        "torch.autograd.grad(w, odd)",
        "torch.relu(box)",
        "net.linear(box)",
        "w.sum()[odd]",
        "w - box",
        "max(w, odd)",
        "odd if w > 0 else w",
        "nn.ReLU(odd) + w",
        "nn.Tanh(odd)",
        "np.mean(odd)",
        "F.mse_loss(box, w)",
        "w.grad.zero_(odd)",
    ],
)
def test_hostile_objects_on_the_line_are_not_run(line: str) -> None:
    names: dict[str, Any] = {}
    exec(compile(IMPORTS + HOSTILE, "<setup>", "exec"), names)
    with pytest.raises(Exception, match=r"\w") as raised:
        exec(compile(line, RUN, "exec"), names)
    calls = names["Hostile"].calls
    calls.clear()
    names["Hostile"].armed = True
    failure = describe(raised.value, RUN, line)
    assert failure.frames[-1].code == line
    assert calls == []


@pytest.mark.parametrize("met", [MET["product"], MET["in_features"], MET["leaf in place"], MET["float classes"]])
def test_explaining_draws_no_random_number_and_changes_nothing(met: Met) -> None:
    error = run(met.code)
    assert error is not None and error.__traceback__ is not None
    names = error.__traceback__.tb_next.tb_frame.f_globals  # type: ignore[union-attr]
    tensors = {key: value for key, value in names.items() if isinstance(value, torch.Tensor)}
    before = {key: (value._version, value.grad, value.clone().detach()) for key, value in tensors.items()}
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    keys = set(names)
    assert describe(error, RUN, met.code).explanation is not None
    assert torch.equal(torch.get_rng_state(), states[0]) and (np.random.get_state()[1] == states[1]).all()
    assert random.getstate() == states[2] and set(names) == keys
    for key, (version, grad, held) in before.items():
        assert names[key]._version == version and names[key].grad is grad and torch.equal(names[key], held)


def test_a_function_that_the_learner_put_in_torchs_place_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    monkeypatch.setattr(torch, "relu", lambda x: calls.append(x) or x)
    explanation = explained("w = torch.ones(2, 3)\ntorch.relu(w) @ w\n")
    assert len(calls) == 1 and explanation.suggested_fix is None


def test_large_tensors_are_tried_on_the_meta_device_once_the_compiler_is_there() -> None:
    import torch._dynamo

    assert torch._dynamo
    explanation = explained("images = torch.ones(64, 1, 28, 28)\nfc = nn.Linear(784, 500)\nfc(images)\n")
    assert (explanation.suggested_fix, explanation.suggested_fix_gives) == ("fc(images.flatten(1))", "[64, 500]")
    huge = "x = torch.ones(1).expand(40000, 30000)\nw = torch.ones(1).expand(20000, 30000)\nx @ w\n"
    assert explained(huge).suggested_fix_gives == "[40000, 20000]"
    # The meta device takes two dtypes in a product, and a CPU does not.
    mixed = "x = torch.ones(300, 300)\nw = torch.ones(300, 300).double()\nx @ w\n"
    assert explained(mixed).suggested_fix == "x @ w.float()"


def test_of_a_product_that_would_not_fit_in_memory_nothing_is_computed() -> None:
    explanation = explained("a = torch.ones(2000)\nb = torch.ones(2000, 1)\ns = torch.ones(3)\n(a * b) @ s\n")
    assert explanation.suggested_fix is None


def test_code_that_cannot_be_parsed_again_is_explained_by_the_message() -> None:
    code = "x = torch.ones(2, 3)\nx @ x\n"
    error = run(code)
    assert error is not None
    explanation = describe(error, RUN, "%magic\n" + code).explanation
    assert (
        explanation is not None and "inner sizes 3 and 2" in explanation.meaning and explanation.suggested_fix is None
    )


def test_the_line_of_a_comprehension_and_of_many_lines_is_found() -> None:
    explanation = explained("rows = [torch.ones(2, 3)]\nout = [\n    row\n    @ row\n    for row in rows\n]\n")
    assert explanation.readings[0].code == "row @ row.t()" and explanation.names == (("row", "[2, 3] float32"),)


COMPREHENSIONS = {
    "the second of a list": ("row @ row for row in rows", (("row", "[2, 3] float32"),)),
    "what a name outside is called too": ("square @ square for square in rows", (("square", "[2, 3] float32"),)),
    "a tuple": ("row + i for row, i in [(rows[0], rows[1])]", (("row", "[2, 2] float32"), ("i", "[2, 3] float32"))),
    "numbers": ("rows[i] @ rows[i] for i in range(len(rows))", (("i", "1"),)),
    "pairs": (
        "row @ other for row, other in zip(rows, rows)",
        (("row", "[2, 3] float32"), ("other", "[2, 3] float32")),
    ),
    "numbered": ("row @ row for i, row in enumerate(rows)", (("row", "[2, 3] float32"),)),
    "values": ("row @ row for row in named.values()", (("row", "[2, 3] float32"),)),
    "the rows of a tensor": ("row @ square for row in batch", (("row", "[3] float32"), ("square", "[2, 2] float32"))),
    "layers": ("layer(square) for layer in net", (("square", "[2, 2] float32"),)),
    "one within another": ("[row @ row for row in some] for some in both", (("row", "[2, 3] float32"),)),
    "two loops": ("row @ row for some in both for row in some", (("row", "[2, 3] float32"),)),
    "a condition": ("1 for row in rows if row @ row is not None", (("row", "[2, 3] float32"),)),
}


@pytest.mark.parametrize(
    "within", ["", "def f(rows):\n    ", "class A:\n    "], ids=["a module", "a function", "a class"]
)
@pytest.mark.parametrize("name", COMPREHENSIONS)
def test_the_element_at_which_a_comprehension_failed_is_found(name: str, within: str) -> None:
    code, names = COMPREHENSIONS[name]
    before = (
        "rows = [torch.ones(2, 2), torch.ones(2, 3)]\nsquare = rows[0]\nbatch = torch.ones(2, 3)\n"
        "both = [rows[:1], rows]\nnamed = dict(a=rows[0], b=rows[1])\n"
        "net = nn.Sequential(nn.Linear(2, 2), nn.Linear(3, 2))\n"
    )
    after = "\nf(rows)" if "def" in within else ""
    explanation = explained(f"{before}{within}out = [{code}]{after}\n")
    assert set(names) <= set(explanation.names), explanation


def test_a_name_outside_is_not_taken_for_the_variable_of_a_comprehension() -> None:
    explanation = explained(
        "row = torch.ones(7)\ndef given():\n    yield torch.ones(2, 3)\nout = [row @ row for row in given()]\n"
    )
    assert "inner sizes 3 and 2" in explanation.meaning
    assert all(name != "row" or "[7]" not in what for name, what in explanation.names)


def test_an_explanation_crosses_to_the_other_process() -> None:
    failure = failed(MET["product"].code)
    assert wire.decode(Failed, wire.encode(failure)) == failure


def test_the_rules_are_imported_by_the_first_error_only() -> None:
    import subprocess

    program = "import sys, tui_torch.probe.errors.failure; print('tui_torch.probe.errors.explain' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "False"
