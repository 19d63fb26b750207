"""An inspection says what each name holds and what the run did to it."""

from __future__ import annotations

import gc
import random
import sys
import weakref

import numpy as np
import pytest
import torch

from tui_torch.probe.inspector.namespace_diff import Inspector
from tui_torch.protocol import wire
from tui_torch.protocol.events import Inspection, Summary
from tui_torch.protocol.inspection_updates import NOT_READ, is_complete


def inspect_twice(namespace: dict[str, object], code: str, pins: tuple[str, ...] = ()) -> Inspection:
    """The inspection after `code` ran in a namespace that had been inspected before."""
    inspector = Inspector()
    inspector.inspect(namespace, pins)
    exec(code, namespace)
    return inspector.inspect(namespace, pins)


def named(inspection: Inspection, name: str) -> Summary:
    return next(summary for summary in inspection.variables if summary.name == name)


def change_of(value: object, code: str) -> str:
    return named(inspect_twice({"torch": torch, "np": np, "x": value}, code), "x").change


def leaf() -> torch.Tensor:
    return torch.tensor([1.0, 2.0], requires_grad=True)


def leaf_with_gradient() -> torch.Tensor:
    weight = leaf()
    weight.sum().backward()
    return weight


@pytest.mark.parametrize(
    ("make", "code", "change"),
    [
        (leaf, "", "same"),
        (leaf, "x = torch.tensor([1.0, 2.0])", "changed"),
        (leaf, "x = 3", "changed"),
        (lambda: torch.ones(3), "x.add_(1)", "changed in place"),
        (lambda: torch.ones(3), "x[0] = 5", "changed in place"),
        (leaf, "x.data.mul_(2)", "changed in place"),
        (leaf, "x.data = torch.zeros(2)", "changed in place"),
        (leaf, "x.sum().backward()", "gradient filled"),
        (leaf_with_gradient, "x.sum().backward()", "gradient filled"),
        (leaf_with_gradient, "", "same"),
        (leaf_with_gradient, "x.grad = None", "same"),
        (leaf, "x.sum().backward(); x.data -= 0.1 * x.grad", "changed in place"),
        (lambda: np.zeros(3), "", "same"),
        (lambda: np.zeros(3), "x[1] = 2", "changed in place"),
        (lambda: np.arange(200_000.0), "x[:16] = x[:16][::-1].copy()", "changed in place"),
        (lambda: np.zeros(3), "x = np.zeros(3)", "changed"),
        (lambda: 3, "x = 3", "same"),
        (lambda: 3, "x = 4", "changed"),
        (lambda: "a", "x = 'b'", "changed"),
        (lambda: "a" * 1000, "x = 'a' * 1001", "changed"),
        (lambda: [1], "x.append(2)", "changed in place"),
        (lambda: list(range(5000)), "x[-1] = None", "changed in place"),
        (lambda: [1], "x = [1]", "changed"),
        (lambda: {"a": 1}, "x['a'] = 2", "changed in place"),
        (lambda: (1, 2), "x = (1, 2)", "same"),
        (lambda: torch.nn.Linear(2, 1), "", "same"),
        (lambda: torch.nn.Linear(2, 1), "x(torch.ones(1, 2)).sum().backward()", "gradient filled"),
        (lambda: torch.nn.Linear(2, 1), "x.weight.data.zero_()", "changed in place"),
        (lambda: torch.nn.Linear(2, 1), "x.weight = torch.nn.Parameter(torch.ones(1, 2))", "changed in place"),
        (lambda: torch.empty(2, device="meta"), "", "same"),
        (lambda: torch.eye(2).to_sparse(), "", "same"),
    ],
)
def test_a_change_is_told_by_its_kind(make, code: str, change: str) -> None:
    assert change_of(make(), code) == change


def test_names_on_one_storage_say_each_other_whether_numpy_made_it_or_pytorch() -> None:
    array = np.arange(9.0).reshape(3, 3)
    tensor = torch.from_numpy(array)
    namespace = {"a": array, "t": tensor, "u": tensor.T, "n": tensor[1:].numpy(), "other": torch.ones(9)}
    shares = {summary.name: summary.shares for summary in Inspector().inspect(namespace, ()).variables}
    others = shares.pop("other")
    assert (others, shares) == ((), {name: tuple(other for other in "atun" if other != name) for name in "atun"})


def test_a_pinned_expression_says_the_names_that_share_its_memory() -> None:
    model = torch.nn.Linear(2, 1)
    namespace: dict[str, object] = {"model": model, "w": model.weight, "x": torch.ones(3), "v": torch.ones(2)}
    pins = ("model.weight", "w", "w[0, 1:]", "x", "x + 1", "nothing")
    inspection = Inspector().inspect(namespace, pins)
    assert [summary.shares for summary in inspection.pinned] == [("w",), (), ("w",), (), (), ()]
    assert named(inspection, "w").shares == ()


@pytest.mark.parametrize(
    ("code", "fact", "is_now"),
    [
        ("x.requires_grad_(False)", "requires_grad", False),
        ("x.grad = None", "gradient", None),
        ("x.data = x.data.double()", "dtype", "float64"),
        ("x.detach_().mul_(2).requires_grad_().mul(2)", "values", (2.0, 4.0)),
        ("x.data[1] = 7", "values", (1.0, 7.0)),
    ],
)
def test_what_was_told_of_a_tensor_before_is_not_told_again_once_it_is_another(code, fact: str, is_now) -> None:
    inspection = inspect_twice({"torch": torch, "x": leaf_with_gradient()}, code)
    assert getattr(named(inspection, "x"), fact) == is_now


def test_a_gradient_that_changed_is_told_anew() -> None:
    inspection = inspect_twice({"torch": torch, "x": leaf_with_gradient()}, "x.grad.data.mul_(3)")
    gradient = named(inspection, "x").gradient
    assert gradient is not None
    assert gradient.values == (3.0, 3.0)


def test_what_could_not_be_read_in_time_is_read_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    inspector = Inspector()
    monkeypatch.setattr("tui_torch.probe.inspector.namespace_diff.SECONDS", -1.0)
    namespace: dict[str, object] = {"x": torch.ones(100)}
    assert "not read" in (inspector.inspect(namespace, ()).variables[0].note or "")
    monkeypatch.undo()
    (now,) = inspector.inspect(namespace, ()).variables
    assert now.note is None
    assert now.statistics is not None


def test_what_could_not_be_read_in_time_is_read_on_bit_by_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    inspector = Inspector()
    base = torch.zeros(100)
    namespace: dict[str, object] = {"base": base, "view": base[:50], "n": 3}
    inspector.begin(namespace, ("base.sum()", "base"))
    base[0] = 100.0
    monkeypatch.setattr("tui_torch.probe.inspector.namespace_diff.SECONDS", -1.0)
    first = inspector.inspect(namespace, ("base.sum()", "base"))
    unread = sum(not is_complete(Inspection((s,), ())) for s in (*first.pinned, *first.variables))
    assert unread == 4
    inspections = [inspection for _ in range(unread) if (inspection := inspector.read_on(namespace)) is not None]
    assert [is_complete(inspection) for inspection in inspections] == [False, False, False, True]
    assert inspector.read_on(namespace) is None
    whole = inspections[-1]
    for now, before in zip((*whole.pinned, *whole.variables), (*first.pinned, *first.variables), strict=True):
        assert (now.name, now.change, now.shares, now.note) == (before.name, before.change, before.shares, None)
    statistics = named(whole, "base").statistics
    assert statistics is not None
    assert statistics.maximum == 100.0


def test_what_is_gone_or_fails_when_it_is_to_be_read_on_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    inspector = Inspector()
    namespace: dict[str, object] = {"x": torch.ones(100)}
    monkeypatch.setattr("tui_torch.probe.inspector.namespace_diff.SECONDS", -1.0)
    inspector.inspect(namespace, ("x + 1",))
    del namespace["x"]
    read = inspector.read_on(namespace)
    assert read is not None
    assert [summary.note for summary in (*read.pinned, *read.variables)] == [NOT_READ, NOT_READ]
    assert inspector.read_on(namespace) is None


def test_a_change_in_place_is_said_of_every_name_on_the_storage() -> None:
    array = np.zeros(4)
    inspection = inspect_twice({"a": array, "t": torch.from_numpy(array), "u": torch.from_numpy(array)[:2]}, "a[0] = 7")
    assert [summary.change for summary in inspection.variables] == ["changed in place"] * 3


def test_a_change_in_place_reaches_a_sharer_that_was_not_read_in_full() -> None:
    array = np.zeros(3_000_000)
    inspection = inspect_twice({"a": array, "few": torch.from_numpy(array)[1000:1004]}, "few[0] = 7")
    assert [summary.change for summary in inspection.variables] == ["changed in place"] * 2


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("", "same"),
        ("x['w'] += 1", "changed in place"),
        ("x['l'][0].add_(1)", "changed in place"),
        ("x['l'] = 1", "changed in place"),
    ],
)
def test_a_container_changes_with_the_tensors_in_it(code: str, change: str) -> None:
    assert change_of({"w": torch.ones(2), "l": [torch.ones(1)]}, code) == change


def test_an_optimizer_step_changes_the_model_in_place() -> None:
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    namespace: dict[str, object] = {"torch": torch, "x": model, "optimizer": optimizer}
    inspection = inspect_twice(namespace, "x(torch.ones(1, 2)).sum().backward(); optimizer.step()")
    assert named(inspection, "x").change == "changed in place"


def test_a_large_module_is_told_from_the_same_module_with_other_weights() -> None:
    model = torch.nn.Linear(1_100, 1_000, bias=False)
    inspector = Inspector()
    inspector.begin({"model": model}, ())
    (still,) = inspector.inspect({"model": model}, ()).variables
    before = still.parameters[0].norm
    assert still.change == "same" and before is not None
    model.weight.data.mul_(2)  # past the version
    (now,) = inspector.inspect({"model": model}, ()).variables
    assert now.change == "changed in place"
    assert now.parameters[0].norm == pytest.approx(2 * before)


def test_at_first_every_name_is_new() -> None:
    inspector = Inspector()
    first = inspector.inspect({"x": torch.ones(1), "n": 3}, ())
    assert [summary.change for summary in first.variables] == ["new", "new"]
    inspector.begin({}, ())
    again = inspector.inspect({"n": 3}, ())
    assert [(summary.name, summary.change) for summary in again.variables] == [("n", "new")]


def test_what_a_run_begins_with_is_not_new() -> None:
    inspector = Inspector()
    namespace: dict[str, object] = {"x": torch.ones(3), "n": 3}
    inspector.begin(namespace, ("x",))
    namespace["x"] += 1  # type: ignore[operator]
    inspection = inspector.inspect(namespace, ("x",))
    assert [summary.change for summary in inspection.variables] == ["changed in place", "same"]
    assert inspection.pinned[0].change == "changed in place"


def test_what_the_same_code_makes_again_is_not_described_again(monkeypatch: pytest.MonkeyPatch) -> None:
    inspector = Inspector()
    seen: list[Inspection] = []
    for _ in range(2):
        namespace = {"x": leaf_with_gradient(), "a": np.ones(2), "n": 3}
        inspector.begin(namespace, ("x",))
        namespace["x"], namespace["y"] = torch.full((3,), 2.0), torch.zeros(2)
        seen.append(inspector.inspect(namespace, ("x",)))
        monkeypatch.setattr("tui_torch.probe.inspector.namespace_diff.summarize", None)
    assert [(s.name, s.change) for s in seen[1].variables] == [
        ("x", "changed"),
        ("a", "same"),
        ("n", "same"),
        ("y", "new"),
    ]
    assert seen[0] == seen[1]


def test_what_another_code_makes_is_described_though_it_has_the_same_name() -> None:
    inspector = Inspector()
    for value in (torch.zeros(2), torch.ones(2), torch.ones(2, 1), torch.ones(2).requires_grad_(), np.ones(2), 1, True):
        inspector.begin({}, ())
        (seen,) = inspector.inspect({"x": value}, ()).variables
        (anew,) = Inspector().inspect({"x": value}, ()).variables
        assert seen == anew


def test_names_that_share_memory_are_told_anew_of_what_the_same_code_makes_again() -> None:
    inspector = Inspector()
    for is_shared in (True, False, True):
        base = torch.zeros(4)
        namespace = {"base": base, "view": base[:2] if is_shared else torch.zeros(2)}
        inspector.begin(namespace, ())
        inspection = inspector.inspect(namespace, ())
        assert named(inspection, "view").shares == (("base",) if is_shared else ())


def test_a_name_that_vanished_is_told_once() -> None:
    inspector = Inspector()
    inspector.inspect({"x": torch.ones(2, 3)}, ())
    (gone,) = inspector.inspect({}, ()).variables
    assert (gone.name, gone.change, gone.kind, gone.shape) == ("x", "gone", "tensor", (2, 3))
    assert gone.values is None and gone.statistics is None
    assert inspector.inspect({}, ()).variables == ()


def test_private_names_and_ipythons_own_are_left_out() -> None:
    namespace = {"_": 1, "__name__": "m", "In": [], "Out": {}, "exit": 1, "quit": 1, "open": 1, "w": 1, "torch": torch}
    assert [summary.name for summary in Inspector().inspect(namespace, ()).variables] == ["w"]


def test_names_come_in_the_order_in_which_they_were_bound() -> None:
    namespace = {"big": torch.ones(50, 50), "a": 1, "small": torch.ones(1)}
    assert [summary.name for summary in Inspector().inspect(namespace, ()).variables] == ["big", "a", "small"]


def test_an_inspection_carries_500_names_and_says_how_many_more_there_are() -> None:
    inspection = Inspector().inspect({f"v{i}": i for i in range(612)}, ())
    assert (len(inspection.variables), inspection.omitted) == (500, 112)


def test_no_value_is_kept_alive() -> None:
    namespace: dict[str, object] = {"x": leaf_with_gradient(), "model": torch.nn.Linear(1, 1), "a": np.ones(2)}
    inspector = Inspector()
    inspector.inspect(namespace, ("x", "x.grad", "model"))
    watched = [weakref.ref(value) for value in namespace.values()]
    namespace.clear()
    gc.collect()
    assert [watch() for watch in watched] == [None] * 3


def test_pins_are_expressions_in_the_lessons_order() -> None:
    inspection = Inspector().inspect({"w": leaf_with_gradient()}, ("w.grad", "w * 2", "w"))
    assert [summary.name for summary in inspection.pinned] == ["w.grad", "w * 2", "w"]
    assert inspection.pinned[0].values == (1.0, 1.0)
    assert inspection.pinned[1].requires_grad is False


def test_a_pin_that_is_none_says_so() -> None:
    (pin,) = Inspector().inspect({"w": leaf()}, ("w.grad",)).pinned
    assert (pin.kind, pin.text, pin.note) == ("value", "None", None)


@pytest.mark.parametrize(
    ("pin", "note"),
    [
        ("w w", "SyntaxError: invalid syntax"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("exit()", "SystemExit"),
    ],
)
def test_a_pin_that_fails_says_why(pin: str, note: str) -> None:
    (summary,) = Inspector().inspect({"exit": sys.exit}, (pin,)).pinned
    assert (summary.name, summary.kind, summary.note) == (pin, "value", note)


class Model:
    weight = None
    calls = 0

    @property
    def lost(self) -> object:
        return nowhere  # type: ignore[name-defined]  # noqa: F821

    def build(self) -> None:
        self.calls += 1


@pytest.mark.parametrize(
    ("pin", "is_made"),
    [
        ("w", False),
        ("w.grad", False),
        ("losses[-1]", False),
        ("[w * n for n in range(3)]", False),
        ("max(w, 1)", False),
        ("model.weight.grad", False),
        ("model.weight[0]", False),
        ("model.bias", True),
        ("model.lost", True),
        ("model.build().grad", True),
        ("empty[-1]", True),
        ("[n / 0 for n in range(3)]", True),
        ("(lambda v: v / 0)(1)", True),
    ],
)
def test_a_pin_that_the_code_has_not_made_yet_is_quiet_and_another_error_is_not(pin: str, is_made: bool) -> None:
    namespace: dict[str, object] = {"model": Model(), "empty": []}
    (summary,) = Inspector().inspect(namespace, (pin,)).pinned
    assert (summary.note is not None) is is_made
    assert (summary.text == "not made yet") is not is_made


def test_what_a_failed_pin_calls_is_called_once() -> None:
    model = Model()
    Inspector().inspect({"model": model}, ("model.build().grad.norm()",))
    assert model.calls == 1


def test_an_interrupt_passes_through_a_pin() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Inspector().inspect({"f": interrupt}, ("f()",))


def test_a_pin_leaves_no_trace(capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state(), random.getstate()
    namespace: dict[str, object] = {"torch": torch}
    Inspector().inspect(namespace, ("torch.rand(2)", "print('seen')", "(bound := 3)"))
    assert torch.equal(torch.get_rng_state(), before[0]) and random.getstate() == before[1]
    assert capsys.readouterr().out == ""
    assert "bound" not in namespace


def test_a_pin_is_the_same_while_its_numbers_are() -> None:
    pins = ("w * 2", "w.grad")
    unchanged = inspect_twice({"w": leaf_with_gradient()}, "", pins)
    assert [summary.change for summary in unchanged.pinned] == ["same", "same"]
    grown = inspect_twice({"w": leaf_with_gradient()}, "w.sum().backward(); w.data += 1", pins)
    assert [summary.change for summary in grown.pinned] == ["changed", "changed in place"]


def test_an_inspection_survives_the_wire() -> None:
    inspection = Inspector().inspect({"w": leaf_with_gradient(), "l": [1]}, ("w.grad", "q"))
    assert wire.decode(Inspection, wire.encode(inspection)) == inspection
