"""The autograd graph of a value: its operations, its leaves by their names, and the numbers of its derivative."""

from __future__ import annotations

import gc
import warnings
import weakref
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_torch.probe.autograd import skeleton
from tui_torch.probe.autograd.graph import DETAILED, FEW, graph_of
from tui_torch.probe.autograd.saved_tensors import GraphMemory
from tui_torch.protocol import wire
from tui_torch.protocol.autograd_graph import Graph, GraphNode


def run(code: str, memory: GraphMemory | None = None) -> dict[str, object]:
    """The namespace that code leaves; `remember` in it stands where the recorder stands."""
    namespace: dict[str, object] = {"torch": torch, "F": F, "remember": (memory or GraphMemory()).remember}
    exec(code, namespace)
    return namespace


def graph(code: str, expression: str, memory: GraphMemory | None = None) -> Graph:
    memory = memory or GraphMemory()
    found = graph_of(expression, run(code, memory), memory)
    assert wire.decode(Graph, wire.encode(found)) == found
    return found


def named(found: Graph, name: str) -> GraphNode:
    (node,) = [node for node in found.nodes if node.name == name]
    return node


def ways(found: Graph) -> list[tuple[str, str]]:
    """Each edge by what it joins."""

    def called(at: int) -> str:
        node = found.nodes[at]
        return node.label if node.kind == "operation" else node.name or node.kind

    return [(called(edge.start), called(edge.end)) for edge in found.edges]


LINE = """
x = torch.tensor(3.)
w = torch.tensor(4., requires_grad=True)
b = torch.tensor(5., requires_grad=True)
y = w * x + b
"""
BACKWARD = "remember(y)\ny.backward()\n"


def test_a_line_is_a_sum_of_a_product_and_a_leaf() -> None:
    found = graph(LINE, "y")
    assert ways(found) == [("add", "multiply"), ("add", "b"), ("multiply", "w"), ("multiply", "x")]
    assert (found.nodes[0].name, found.nodes[0].type, found.nodes[0].values) == ("y", "AddBackward0", (17.0,))
    assert found.freed is None


def test_the_derivative_with_respect_to_w_is_x() -> None:
    found = graph(LINE, "y")
    edge = next(edge for edge in found.edges if found.nodes[edge.end].name == "w")
    assert (edge.factor, edge.factor_name) == (3.0, "x")
    assert named(found, "w").arriving == 3.0
    assert named(found, "b").arriving == 1.0


def test_before_backward_no_leaf_has_a_gradient() -> None:
    assert all(node.gradient is None for node in graph(LINE, "y").nodes)


def test_after_backward_the_leaves_have_theirs_and_x_has_none() -> None:
    found = graph(LINE + BACKWARD, "y")
    assert (named(found, "w").gradient, named(found, "b").gradient) == ((3.0,), (1.0,))
    assert (named(found, "x").kind, named(found, "x").gradient) == ("input", None)


def test_a_freed_graph_says_so_and_keeps_the_numbers_from_before() -> None:
    found = graph(LINE + BACKWARD, "y")
    assert found.freed == "Freed by backward() to save memory; backward(retain_graph=True) keeps it."
    assert named(found, "w").arriving == 3.0


def test_a_freed_graph_that_nobody_remembered_is_drawn_without_numbers() -> None:
    found = graph(LINE + "y.backward()\n", "y")
    assert found.freed is not None
    assert found.freed.endswith("is gone, and the numbers with it.")
    assert named(found, "w").arriving is None
    assert named(found, "w").gradient == (3.0,)


@pytest.mark.parametrize(
    ("code", "by"),
    [
        ("remember(y)\ny.backward()", "by backward()"),
        ("torch.autograd.grad(y, [w, b])", "by torch.autograd.grad()"),
        ("remember(w * 2)\n(w * 2).backward()\ny = w * x + b\nw.grad = None\ntorch.autograd.grad(y, w)", "by torch."),
        # A graph too large to be remembered, whose leaves have their gradients all the same.
        ("for _ in range(70): y = y * 1.\nremember(y)\ny.backward()", "by backward()"),
        # Neither calls Tensor.backward(), which is listened to.
        ("torch.autograd.backward([y])", "by a backward() or by torch.autograd.grad()"),
        ("remember(w * 2)\ntorch.autograd.grad(y, w)", "by a backward() or by torch.autograd.grad()"),
    ],
)
def test_what_freed_a_graph_is_said_as_far_as_it_is_known(code: str, by: str) -> None:
    assert (graph(LINE + code, "y").freed or "").startswith(f"Freed {by}")


def test_a_retained_graph_is_not_freed() -> None:
    assert graph(LINE + "y.backward(retain_graph=True)", "y").freed is None


def test_a_leaf_that_is_used_twice_gets_the_sum() -> None:
    found = graph("w = torch.tensor(4., requires_grad=True)\nz = w * w + w", "z")
    assert named(found, "w").arriving == 9.0
    assert len(found.nodes) == 3
    assert sorted(ways(found)) == [("add", "multiply"), ("add", "w"), ("multiply", "w"), ("multiply", "w")]


def test_a_variable_on_the_way_gives_its_operation_a_name_and_a_value() -> None:
    found = graph("w = torch.tensor(4., requires_grad=True)\ns = w * 2\ny = s + 1", "y")
    assert (named(found, "s").label, named(found, "s").values) == ("multiply", (8.0,))


def test_a_result_that_a_later_operation_saved_is_known() -> None:
    found = graph("w = torch.tensor(0., requires_grad=True)\ny = w.exp().log()", "y")
    assert found.nodes[1].values == (1.0,)


def test_a_layer_has_its_parameters_by_their_names_and_shapes_on_the_edges() -> None:
    found = graph(
        """
model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU())
inputs, targets = torch.randn(5, 3), torch.randn(5, 2)
loss = F.mse_loss(model(inputs), targets)
""",
        "loss",
    )
    shapes = {found.nodes[edge.end].name or found.nodes[edge.end].label: edge.shape for edge in found.edges}
    assert shapes == {
        "relu": (5, 2),
        "matmul, then add": (5, 2),
        "model[0].bias": (2,),
        "transpose": (3, 2),
        "model[0].weight": (2, 3),
        "inputs": (5, 3),
        "targets": (5, 2),
    }


def test_broadcasting_is_told() -> None:
    found = graph("w = torch.randn(3, requires_grad=True)\nm = torch.randn(2, 3, requires_grad=True)\ny = m * w", "y")
    assert found.nodes[0].derivative is not None
    assert found.nodes[0].derivative.endswith("An input that was broadcast gets the sum over its copies.")


def test_a_gradient_of_many_elements_is_told_by_its_norm() -> None:
    found = graph("w = torch.ones(100, requires_grad=True)\ny = w.sum()\nremember(y)\ny.backward()", "y")
    assert (named(found, "w").gradient, named(found, "w").gradient_norm) == (None, 10.0)


def test_a_retained_gradient_on_the_way_is_told() -> None:
    code = "w = torch.tensor(4., requires_grad=True)\ns = w * 2\ns.retain_grad()\ny = s * 3\nremember(y)\ny.backward()"
    assert named(graph(code, "y"), "s").gradient == (3.0,)


def test_an_input_that_changed_since_says_what_it_was() -> None:
    assert named(graph(LINE + BACKWARD + "x.add_(1)", "y"), "x").note == (
        "It was changed in place since it was used: it was 3 then."
    )


def test_a_leaf_that_an_optimizer_changed_since_says_so() -> None:
    code = (
        "w = torch.tensor(4., requires_grad=True)\ny = w * w\nremember(y)\ny.backward()\nwith torch.no_grad(): w -= 1"
    )
    found = graph(code, "y")
    assert named(found, "w").note == "It was changed in place since it was used: it was 4 then."


def test_an_operation_whose_input_was_changed_in_place_says_that_backward_will_refuse() -> None:
    found = graph(LINE + "x.add_(1)", "y")
    assert found.nodes[1].note is not None
    assert "backward() refuses" in found.nodes[1].note
    with pytest.raises(RuntimeError, match="inplace"):
        run(LINE + "x.add_(1)\ny.backward()")


def test_tensors_in_lists_and_dicts_have_names() -> None:
    found = graph("p = [torch.tensor(4., requires_grad=True)]\nd = {'x': torch.tensor(3.)}\ny = p[0] * d['x']", "y")
    assert ways(found) == [("multiply", "p[0]"), ("multiply", "d['x']")]


def test_any_expression_has_a_graph() -> None:
    found = graph(LINE, "y * 2")
    assert (found.nodes[0].name, found.nodes[0].values) == ("y * 2", (34.0,))
    assert named(found, "w").arriving == 6.0


def test_looking_leaves_nothing_behind() -> None:
    namespace = run(LINE)
    w, y = namespace["w"], namespace["y"]
    assert isinstance(w, torch.Tensor)
    assert isinstance(y, torch.Tensor)
    state = torch.get_rng_state()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        graph_of("y", namespace, GraphMemory())
        graph_of("y * torch.rand(1)", namespace, GraphMemory())
    assert torch.equal(torch.get_rng_state(), state)
    assert w.grad is None
    y.backward()
    assert w.grad is not None


def test_looking_keeps_nothing_alive() -> None:
    namespace = run(LINE)
    held = [weakref.ref(value) for value in namespace.values() if isinstance(value, torch.Tensor)]
    gc.collect()
    gc.disable()
    try:
        graph_of("y", namespace, GraphMemory())
        namespace.clear()
        assert not any(reference() is not None for reference in held)
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("code", "expression", "sentence"),
    [
        ("x = torch.tensor(3.)", "x", "x has no graph: it does not require a gradient."),
        ("n = torch.tensor(3)", "n", "n has no graph: its dtype is int64, and only floats"),
        ("lr = 0.1", "lr", "lr is no tensor (float)"),
        ("model = torch.nn.Linear(1, 1)", "model", "model is no tensor (Linear)"),
        ("", "q", "NameError: name 'q' is not defined"),
        (
            "with torch.inference_mode(): t = torch.ones(2)",
            "t",
            "t has no graph: it was made under torch.inference_mode()",
        ),
    ],
)
def test_where_there_is_no_graph_a_sentence_says_why(code: str, expression: str, sentence: str) -> None:
    found = graph(code, expression)
    assert found.nodes == ()
    assert found.note is not None
    assert found.note.startswith(sentence)


def test_a_leaf_is_a_graph_of_its_own() -> None:
    found = graph("w = torch.tensor(4., requires_grad=True)", "w")
    assert [node.name for node in found.nodes] == ["w"]
    assert found.note == "w is a leaf: it was made, not computed, so its graph is w alone."


def chain(operations: int) -> str:
    """Code of a graph of so many operations and one leaf, in one line."""
    return f"y = w = torch.tensor(1., requires_grad=True)\nfor _ in range({operations}): y = y * 2"


def test_a_large_graph_is_given_in_boxes_and_no_node_is_left_out() -> None:
    found = graph(chain(249), "y")
    assert found.nodes == ()
    assert (found.omitted, found.count, sum(box.nodes for box in found.boxes)) == (0, 250, 250)


@pytest.mark.parametrize(
    ("operations", "by_node", "in_boxes"),
    [(FEW - 1, True, False), (FEW, True, True), (DETAILED - 1, True, True), (DETAILED, False, True)],
)
def test_a_graph_is_given_node_by_node_in_boxes_or_in_both_by_its_size(
    operations: int, by_node: bool, in_boxes: bool
) -> None:
    found = graph(chain(operations), "y")
    assert (bool(found.nodes), bool(found.boxes)) == (by_node, in_boxes)


def test_reading_what_is_too_large_comes_to_an_end_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skeleton, "COUNTED", 300)
    found = graph(chain(900), "y")
    assert found.omitted > 0
    assert sum(box.nodes for box in found.boxes) == found.count == 300


def test_a_function_of_the_learners_own_is_named_and_nothing_is_invented() -> None:
    code = """
class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return 2 * x
    @staticmethod
    def backward(ctx, g):
        return 2 * g
w = torch.tensor(4., requires_grad=True)
y = Double.apply(w)
"""
    found = graph(code, "y")
    assert (found.nodes[0].label, found.nodes[0].type) == ("double", "DoubleBackward")
    assert (
        found.nodes[0].derivative
        == "Your own torch.autograd.Function: its backward() says what happens to the gradient."
    )
    assert named(found, "w").arriving is None


CHAINS = {
    "relu before log": "torch.log(torch.relu(w))",
    "relu of an infinite gradient": "torch.relu(w).sqrt()",
    "relu before a division": "b / torch.relu(w)",
    "a clamp before a root": "w.clamp_min(0).sqrt()",
    "a clamp between numbers": "w.clamp(-1, 1) * b",
    "a clamp between tensors": "w.clamp(b, torch.tensor(2.)).log()",
    "a choice": "torch.where(w > b, w.log(), b * w)",
    "the larger": "torch.maximum(w, b) * w",
    "the larger number": "torch.fmax(w, b) / w",
    "the smaller": "torch.minimum(w * b, b).exp()",
    "a distance": "(w - b).abs().sqrt()",
    "a power": "w ** b + 0. ** w",
    "a power of 0": "(w / b) ** 0 * b",
    "a leaky relu": "torch.nn.functional.leaky_relu(w / b, 0.)",
    "rounded": "torch.div(w, b, rounding_mode='floor').sqrt()",
    "a squared error": "F.mse_loss(w, b) / w",
    "hinge loss": "F.hinge_embedding_loss(w, torch.tensor(-1.), margin=2.)",
    "ranking loss": "F.margin_ranking_loss(w, b, torch.tensor(1.), margin=1.)",
}
SPECIAL = st.sampled_from((0.0, 1.0, -1.0, 2.0, 0.5, float("inf"), float("-inf"), float("nan")))


@pytest.mark.parametrize("chain", CHAINS)
@settings(max_examples=40, deadline=None)
@given(w=SPECIAL, b=SPECIAL)
def test_what_arrives_at_a_leaf_is_its_gradient_at_kinks_ties_bounds_infinities_and_nan(
    chain: str, w: float, b: float
) -> None:
    namespace = run(
        f"w, b = torch.tensor([{w!r}, {b!r}]).unbind()\n".replace("inf", "torch.inf").replace("nan", "torch.nan")
    )
    leaves = [namespace[name].requires_grad_() for name in "wb"]  # type: ignore[attr-defined]
    exec(f"y = {CHAINS[chain]}", namespace)
    found = graph_of("y", namespace, GraphMemory())
    gradients = torch.autograd.grad(namespace["y"], leaves, allow_unused=True)  # type: ignore[call-overload]
    for name, gradient in zip("wb", gradients, strict=True):
        if gradient is not None:
            assert named(found, name).arriving == pytest.approx(gradient.item(), rel=1e-5, nan_ok=True)


@pytest.mark.parametrize(
    "loss",
    [
        "F.hinge_embedding_loss(w, torch.tensor(-1.), margin=4.)",
        "F.margin_ranking_loss(w, b, torch.tensor(1.), margin=-1.)",
    ],
)
def test_at_the_margin_the_clamp_of_a_loss_says_what_it_does(loss: str) -> None:
    namespace = run(f"{LINE}loss = {loss}")
    found = graph_of("loss", namespace, GraphMemory())
    assert namespace["loss"].item() == 0  # type: ignore[attr-defined]
    (clamp,) = [node for node in found.nodes if node.label == "clamp"]
    (gradient,) = torch.autograd.grad(namespace["loss"], namespace["w"])  # type: ignore[call-overload]
    sign = ">=" if gradient.item() else ">"
    assert clamp.derivative == f"It passes on the gradient where x {sign} 0, and 0 elsewhere."


def test_a_function_of_the_learners_own_that_is_called_like_one_of_pytorchs_is_still_theirs() -> None:
    code = """
class Neg(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return -x
    @staticmethod
    def backward(ctx, g):
        return 5 * g
w = torch.tensor(4., requires_grad=True)
y = Neg.apply(w)
"""
    found = graph(code, "y")
    assert (found.nodes[0].derivative or "").startswith("Your own torch.autograd.Function")
    assert named(found, "w").arriving is None


def test_a_box_of_one_operation_says_what_that_does_with_its_arguments() -> None:
    code = """
w = torch.ones(4, 3, requires_grad=True)
y = F.embedding(torch.tensor([0, 1]), w, padding_idx=0)
for _ in range(60): y = y * 1.
"""
    found = graph(code, "y")
    assert any((box.about or "").endswith("Row 0, the padding, gets 0, too.") for box in found.boxes)


HOSTILE = """
def fail(*args, **kwargs):
    raise SystemExit("the probe ran the learner's code")

class Hostile(torch.Tensor):
    __torch_function__ = classmethod(fail)
    __repr__ = __len__ = __getitem__ = __bool__ = __hash__ = __eq__ = fail
    grad = grad_fn = shape = dtype = property(fail)

class Box:
    __getattr__ = __repr__ = __len__ = fail

class Net(torch.nn.Module):
    parameters = named_parameters = __getattr__ = fail

box, net = Box(), Net()
plain = torch.tensor(4., requires_grad=True)
hostile = plain.as_subclass(Hostile)
y = plain * 2
"""


@pytest.mark.parametrize("expression", ["y", "hostile", "box", "net"])
def test_no_code_of_the_learners_classes_is_run(expression: str) -> None:
    found = graph_of(expression, run(HOSTILE), GraphMemory())
    assert found.nodes or found.note


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize(
    "make",
    [
        lambda w: w.to_sparse().sum(),
        lambda w: w.to(torch.bfloat16) * 2,
        lambda w: w.to(torch.complex64) * 1j,
        lambda w: torch.nested.as_nested_tensor([w, w[:1]]) * 2,
        lambda w: w.unbind()[1] * w.split(1)[0],
        lambda w: (w.clone().mul_(2), w.clone()[0].add_(1))[1],
        lambda w: torch.nn.LSTM(3, 2)(w)[0],
        lambda w: w[:0].sum(),
        lambda w: torch.autograd.grad((w**3).sum(), w, create_graph=True)[0],
        lambda w: torch.linalg.eigvalsh(w.T @ w),
        lambda w: w.to("meta") * 2,
        lambda w: F.scaled_dot_product_attention(w[None], w[None], w[None]),
    ],
)
def test_any_kind_of_tensor_has_its_graph(make: Callable[[torch.Tensor], torch.Tensor]) -> None:
    w = torch.randn(2, 3, requires_grad=True)
    namespace = {"w": w, "y": make(w)}
    found = graph_of("y", namespace, GraphMemory())
    assert found.nodes
    assert any(node.name == "w" for node in found.nodes)
    assert wire.decode(Graph, wire.encode(found)).edges == found.edges


@st.composite
def scalar_expressions(draw: st.DrawFn) -> str:
    """Code that computes `y` from the leaves `a` and `b` and the input `c`."""
    lines: list[str] = []
    known = ["a", "b", "c"]
    for number in range(draw(st.integers(1, 6))):
        first, second = draw(st.sampled_from(known)), draw(st.sampled_from(known))
        form = draw(
            st.sampled_from(["{} + {}", "{} - {}", "{} * {}", "{} / (2 + {} ** 2)", "({} + {}).tanh()", "{} * 3 - {}"])
        )
        known.append(f"t{number}")
        lines.append(f"t{number} = {form.format(first, second)}")
    lines.append(f"y = {known[-1]} * a")
    return "\n".join(lines)


@settings(max_examples=60, deadline=None)
@given(code=scalar_expressions(), a=st.floats(-2, 2), b=st.floats(-2, 2), retain=st.booleans())
def test_the_chain_rule_through_the_graph_gives_autograds_gradients(
    code: str, a: float, b: float, retain: bool
) -> None:
    memory = GraphMemory()
    head = (
        f"a = torch.tensor({a}, dtype=torch.float64, requires_grad=True)\n"
        f"b = torch.tensor({b}, dtype=torch.float64, requires_grad=True)\n"
        "c = torch.tensor(1.5, dtype=torch.float64)\n"
    )
    namespace = run(f"{head}{code}\nremember(y)\ny.backward(retain_graph={retain})", memory)
    found = graph_of("y", namespace, memory)
    leaves = [node for node in found.nodes if node.kind == "leaf"]
    assert leaves
    for leaf in leaves:
        assert leaf.name in ("a", "b")
        assert leaf.gradient is not None
        assert leaf.arriving == pytest.approx(leaf.gradient[0], rel=1e-9, abs=1e-12)
