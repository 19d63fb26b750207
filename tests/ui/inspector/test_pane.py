from __future__ import annotations

import math
from dataclasses import replace

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static

from tui_torch.protocol.events import Element, Inspection, ParameterSummary, Statistics, Summary
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.inspector import pane
from tui_torch.ui.inspector.pane import EMPTY, TensorInspector

A_LONG_MOMENT = 60.0
"""Seconds that rows flash, for a machine under load."""


def tensor(name: str, values: tuple[Element, ...], shape: tuple[int, ...] = (), **fields: object) -> Summary:
    numbers = [float(value) for value in values]
    finite = [number for number in numbers if math.isfinite(number)]
    statistics = Statistics(
        minimum=min(finite),
        maximum=max(finite),
        mean=sum(finite) / len(finite),
        std=1.5 if len(finite) > 1 else None,
        nan=sum(map(math.isnan, numbers)),
        inf=sum(map(math.isinf, numbers)),
        zeros=numbers.count(0.0),
        histogram=(4, 2, 1, 0, 0, 3, 5, 8, 6, 3),
        seen=len(numbers),
    )
    usual = Summary(name, "tensor", "Tensor", shape, "float32", "cpu", numel=len(values), statistics=statistics)
    return replace(usual, values=values, change="new", **fields)  # type: ignore[arg-type]


X = tensor("x", (3.0,))
W = replace(
    tensor("w", (4.0,), requires_grad=True, gradient=tensor("w.grad", (3.0,))),
    change="gradient filled",
)
Y = tensor("y", (17.0,), requires_grad=True, is_leaf=False, grad_fn="AddBackward0")
LEARNING_RATE = Summary("lr", "value", "float", text="0.01")
INPUTS = tensor("inputs", tuple(float(n) for n in range(58, 103)), (15, 3))
MODEL = Summary(
    "model",
    "module",
    "Linear",
    numel=8,
    text="Linear(in_features=3, out_features=2, bias=True)",
    parameters=(
        ParameterSummary("weight", (2, 3), True, 1.2345, 3.0),
        ParameterSummary("bias", (2,), False, 0.31, 4.0),
    ),
)
GRADIENTS = Inspection(pinned=(W, replace(X, name="w.grad")), variables=(X, LEARNING_RATE, W, Y))


class Pane(ThemedApp):
    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__()
        self.inspector = TensorInspector(ascii_only=ascii_only)
        self.selected: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.inspector

    def on_tensor_inspector_selected(self, message: TensorInspector.Selected) -> None:
        self.selected.append(message.summary.name)


def screen(app: Pane) -> list[str]:
    """What a person reads, line by line."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


def row(app: Pane, name: str) -> str:
    """The line of the list, without its frame, that has this name first."""
    lines = [line.strip("│| ") for line in screen(app)]
    return next(line for line in lines if line.lstrip("▌>◆* ").split(" ")[0] == name)


def below(app: Pane, name: str) -> str:
    """What is under the rule with this name, in one piece."""
    lines = screen(app)
    start = next(at for at, line in enumerate(lines) if line[1:].lstrip("─- ").startswith(f"{name} ─"))
    return "\n".join(line.strip("│ █") for line in lines[start + 1 :])


async def shown(pilot: Pilot[None], *inspections: Inspection) -> Pane:
    app = pilot.app
    assert isinstance(app, Pane)
    for inspection in inspections:
        app.inspector.show(inspection)
        await pilot.pause()
    app.inspector.focus()
    await pilot.pause()
    return app


async def test_before_a_run_the_pane_says_what_will_be_there() -> None:
    app = Pane()
    async with app.run_test(size=(60, 14)):
        assert any(EMPTY in line for line in screen(app))


async def test_a_leaf_with_a_gradient_shows_both_numbers_and_what_the_run_did() -> None:
    async with Pane().run_test(size=(52, 14)) as pilot:
        app = await shown(pilot, GRADIENTS)
        assert row(app, "w").split() == ["▌◆", "w", "4.0", "float32", "∇", "leaf", "grad", "3.0", "∇+", "grad"]


async def test_a_tensor_that_an_operation_made_is_no_leaf() -> None:
    async with Pane().run_test(size=(52, 14)) as pilot:
        app = await shown(pilot, GRADIENTS)
        assert row(app, "y").split() == ["y", "17.0", "float32", "∇", "●", "new"]


async def test_columns_stand_under_each_other() -> None:
    async with Pane().run_test(size=(52, 14)) as pilot:
        app = await shown(pilot, GRADIENTS)
        lines = [line for line in screen(app) if "float32" in line and "·" not in line]
        assert len({line.index("float32") for line in lines}) == 1


async def test_pinned_expressions_come_first_then_tensors_then_plain_values() -> None:
    async with Pane().run_test(size=(52, 20)) as pilot:
        app = await shown(pilot, GRADIENTS)
        names = [line.strip("│ ▌◆").split(" ")[0] for line in screen(app)[2:8]]
        assert names[:2] == ["w", "w.grad"]
        assert set(names[2]) == {"─"}
        assert names[3:] == ["x", "y", "lr"]


async def test_a_larger_tensor_shows_shape_range_moments_and_distribution() -> None:
    async with Pane().run_test(size=(90, 30)) as pilot:
        app = await shown(pilot, Inspection((), (INPUTS,)))
        assert "[15, 3] float32 ▄▂▁  ▃▄▇▅▃ x∈[58, 102] μ=80 σ=1.5" in row(app, "inputs")


@pytest.mark.parametrize("width", [28, 34, 40, 52, 78, 100])
async def test_every_name_its_value_and_its_gradient_fit_at_every_width(width: int) -> None:
    async with Pane().run_test(size=(width, 30)) as pilot:
        app = await shown(pilot, Inspection((), (X, W, INPUTS, MODEL)))
        text = "\n".join(screen(app))
        for seen in ("x ", "3.0", "w ", "4.0", "grad 3.0", "inputs ", "[15, 3]", "model ", "Linear", "‖grad‖=5"):
            assert seen in text
        assert all(len(line) <= width for line in screen(app))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("new", "● new"),
        ("changed", "~ changed"),
        ("changed in place", "! in place"),
        ("gradient filled", "∇+ grad"),
        ("gone", "× gone"),
    ],
)
async def test_what_the_run_did_is_said_in_text(change: str, said: str) -> None:
    async with Pane().run_test(size=(60, 14)) as pilot:
        app = await shown(pilot, Inspection((), (replace(X, change=change),)))  # type: ignore[arg-type]
        assert row(app, "x").endswith(said)


async def test_a_nan_is_said_in_the_row_and_counted_below() -> None:
    bad = tensor("bad", (1.0, "nan", "nan", "inf"), (4,))
    async with Pane().run_test(size=(60, 20)) as pilot:
        app = await shown(pilot, Inspection((), (bad,)))
        assert "[4] NaN!" in row(app, "bad")
        assert "2 NaN and 1 Inf! The statistics leave them out." in below(app, "bad")


async def test_the_detail_of_a_leaf_has_its_gradient_beside_its_value() -> None:
    async with Pane().run_test(size=(52, 14)) as pilot:
        app = await shown(pilot, GRADIENTS)
        detail = below(app, "w")
        assert (
            "Tensor · scalar · float32 on cpu\nrequires grad · leaf\nvalue     gradient\n4.0       3.0"
            in detail.replace("value    gradient\n4.0      3.0", "value     gradient\n4.0       3.0")
        )


async def test_the_detail_says_which_operation_made_a_tensor_and_that_its_gradient_is_not_kept() -> None:
    async with Pane().run_test(size=(60, 20)) as pilot:
        app = await shown(pilot, Inspection((), (Y,)))
        assert "requires grad · from AddBackward0 · gradient not kept" in below(app, "y")


async def test_the_detail_of_a_small_tensor_shows_every_element() -> None:
    async with Pane().run_test(size=(60, 20)) as pilot:
        app = await shown(pilot, Inspection((), (tensor("a", (1.0, -2.5, 3.0, 40.25), (2, 2)),)))
        detail = below(app, "a")
        assert "1.00  -2.50" in detail
        assert "3.00  40.25" in detail


async def test_the_detail_draws_the_distribution_on_its_range() -> None:
    async with Pane().run_test(size=(90, 30)) as pilot:
        app = await shown(pilot, Inspection((), (INPUTS,)))
        await pilot.press("3")
        await pilot.pause()
        detail = below(app, "inputs")
        assert "58 ────" in detail
        assert "──── 102" in detail


async def test_the_detail_says_when_numbers_come_from_a_sample() -> None:
    assert INPUTS.statistics is not None
    statistics = replace(INPUTS.statistics, seen=100_000)
    big = replace(INPUTS, name="big", shape=(1000, 1000), numel=1_000_000, values=None, statistics=statistics)
    async with Pane().run_test(size=(78, 24)) as pilot:
        app = await shown(pilot, Inspection((), (big,)))
        await pilot.press("1")
        await pilot.pause()
        assert "1,000,000 elements" in below(app, "big")
        assert "from a sample of 100,000" in below(app, "big")


async def test_the_detail_of_a_module_is_a_table_of_its_parameters() -> None:
    async with Pane().run_test(size=(78, 18)) as pilot:
        app = await shown(pilot, Inspection((), (MODEL,)))
        lines = [line.split() for line in below(app, "model").splitlines()]
        assert ["parameter", "shape", "norm", "grad", "norm"] in lines
        assert ["weight", "[2,", "3]", "trainable", "1.2345", "3.0"] in lines
        assert ["bias", "[2]", "frozen", "0.3100", "4.0"] in lines


async def test_a_pinned_expression_that_failed_says_why() -> None:
    failed = Summary("model.wieght", "value", "", note="AttributeError: 'Linear' object has no attribute 'wieght'")
    async with Pane().run_test(size=(90, 20)) as pilot:
        app = await shown(pilot, Inspection((failed,), (MODEL,)))
        assert "AttributeError: 'Linear' object has no attribute 'wieght'" in row(app, "model.wieght")


async def test_square_brackets_in_an_expression_are_no_markup() -> None:
    async with Pane().run_test(size=(60, 20)) as pilot:
        app = await shown(pilot, Inspection((replace(X, name="w[0]"),), (replace(LEARNING_RATE, text="'[bold]a[/b'"),)))
        assert "w[0]" in row(app, "w[0]")
        assert "'[bold]a[/b'" in row(app, "lr")


async def test_the_frame_counts_names_and_changes() -> None:
    async with Pane().run_test(size=(60, 20)) as pilot:
        variables = (X, replace(X, name="a", change="changed"), LEARNING_RATE, replace(X, name="b", change="gone"))
        app = await shown(pilot, Inspection((), variables, omitted=12))
        assert "15 names · 1 new · 1 changed · 1 gone · 12 not shown" in screen(app)[-1]


async def test_the_first_pinned_row_is_selected_at_first() -> None:
    async with Pane().run_test(size=(52, 14)) as pilot:
        app = await shown(pilot, GRADIENTS)
        assert app.selected == ["w"]
        assert row(app, "w").startswith("▌")


async def test_keys_select_another_row_past_the_rule() -> None:
    async with Pane().run_test(size=(52, 24)) as pilot:
        app = await shown(pilot, GRADIENTS)
        await pilot.press("down", "down")
        await pilot.pause()
        assert app.selected == ["w", "w.grad", "x"]
        assert row(app, "x").startswith("▌")
        assert not row(app, "w").startswith("▌")
        assert "scalar" in below(app, "x")


async def test_end_and_home_select_the_last_and_the_first_row() -> None:
    async with Pane().run_test(size=(52, 24)) as pilot:
        app = await shown(pilot, GRADIENTS)
        await pilot.press("end")
        assert row(app, "lr").startswith("▌")
        await pilot.press("home")
        assert row(app, "w").startswith("▌")


async def test_the_selection_stays_on_its_name_when_a_run_adds_names_before_it() -> None:
    async with Pane().run_test(size=(52, 24)) as pilot:
        app = await shown(pilot, Inspection((), (X, Y)))
        await pilot.press("end")
        app.inspector.show(Inspection((W,), (X, INPUTS, replace(Y, values=(99.0,)))))
        await pilot.pause()
        assert app.inspector.selected is not None
        assert app.inspector.selected.name == "y"
        assert row(app, "y").startswith("▌")
        assert "99.0" in below(app, "y")


async def test_when_the_selected_name_has_vanished_the_first_row_is_selected() -> None:
    async with Pane().run_test(size=(52, 24)) as pilot:
        app = await shown(pilot, Inspection((), (X, Y)))
        await pilot.press("end")
        app.inspector.show(Inspection((), (INPUTS, X)))
        await pilot.pause()
        assert app.selected == ["x", "y", "inputs"]


async def test_clearing_brings_back_the_sentence() -> None:
    async with Pane().run_test(size=(60, 14)) as pilot:
        app = await shown(pilot, GRADIENTS)
        app.inspector.clear()
        await pilot.pause()
        assert app.inspector.selected is None
        assert any(EMPTY in line for line in screen(app))
        assert not any("float32" in line for line in screen(app))


async def test_a_long_detail_is_scrolled_by_keys_while_the_list_keeps_the_focus() -> None:
    async with Pane().run_test(size=(52, 14)) as pilot:
        app = await shown(pilot, Inspection((), (INPUTS, X)))
        focused = app.focused
        assert "values" not in screen(app)[-2]
        await pilot.press("right_square_bracket", "right_square_bracket", "right_square_bracket")
        await pilot.pause()
        assert "Tensor · " not in "\n".join(screen(app))
        await pilot.press(*["left_square_bracket"] * 3)
        await pilot.pause()
        assert "Tensor · " in "\n".join(screen(app))
        assert app.focused is focused


async def test_the_pane_is_one_stop_for_the_focus() -> None:
    async with Pane().run_test(size=(52, 14)) as pilot:
        app = await shown(pilot, GRADIENTS)
        assert len(app.screen.focus_chain) == 1


async def test_a_row_can_be_clicked() -> None:
    async with Pane().run_test(size=(52, 24)) as pilot:
        app = await shown(pilot, GRADIENTS)
        await pilot.click(offset=(10, 3))
        await pilot.pause()
        assert app.selected == ["w", "w.grad"]


async def test_rows_are_laid_out_anew_when_the_terminal_changes_size() -> None:
    async with Pane().run_test(size=(90, 24)) as pilot:
        app = await shown(pilot, Inspection((), (INPUTS, W)))
        assert "μ=" in row(app, "inputs")
        await pilot.resize_terminal(40, 24)
        await pilot.pause()
        assert "μ=" not in row(app, "inputs")
        assert all(len(line) <= 40 for line in screen(app))


async def test_an_inspection_shown_while_the_pane_is_hidden_is_there_when_it_appears() -> None:
    async with Pane().run_test(size=(52, 14)) as pilot:
        app = pilot.app
        assert isinstance(app, Pane)
        app.inspector.display = False
        await pilot.pause()
        app.inspector.show(GRADIENTS)
        await pilot.pause()
        app.inspector.display = True
        await pilot.pause()
        assert "4.0" in row(app, "w")


async def test_ascii_only_stays_within_ascii() -> None:
    async with Pane(ascii_only=True).run_test(size=(78, 40)) as pilot:
        gone = replace(X, name="z", change="gone")
        app = await shown(pilot, Inspection((W,), (INPUTS, MODEL, Y, LEARNING_RATE, gone)))
        for _ in range(6):
            assert "\n".join(screen(app)).isascii()
            await pilot.press("down")
            await pilot.pause()


async def test_the_sentence_of_the_empty_pane_is_the_only_thing_in_it() -> None:
    async with Pane().run_test(size=(60, 14)) as pilot:
        app = pilot.app
        assert isinstance(app, Pane)
        assert [widget for widget in app.inspector.children if widget.display] == [app.inspector.query_one(Static)]


JOINED = Inspection((), (replace(X, name="a", shares=("t", "u")), replace(X, name="t", shares=("a", "u"))))


async def test_names_that_share_memory_are_joined_by_a_mark() -> None:
    async with Pane().run_test(size=(78, 20)) as pilot:
        app = await shown(pilot, JOINED)
        assert "≡ t +1" in row(app, "a")
        assert "≡ a +1" in row(app, "t")


async def test_sharers_that_changed_in_place_flash_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pane, "_FLASH_SECONDS", A_LONG_MOMENT)
    changed = Inspection((), tuple(replace(s, change="changed in place") for s in JOINED.variables))
    async with Pane().run_test(size=(78, 20)) as pilot:
        app = await shown(pilot, JOINED, changed)
        assert app.inspector.has_class("-flash")
        assert app.inspector.flashes("a") and app.inspector.flashes("t")
        app.inspector.show(JOINED)
        assert not app.inspector.has_class("-flash")


async def test_a_pinned_expression_flashes_with_the_names_that_share_its_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pane, "_FLASH_SECONDS", A_LONG_MOMENT)
    pin = replace(X, name="a.T", shares=("a",), change="changed in place")
    async with Pane().run_test(size=(78, 20)) as pilot:
        app = await shown(pilot, Inspection((pin,), JOINED.variables))
        assert app.inspector.flashes("a.T") and not app.inspector.flashes("a")


async def test_nothing_flashes_without_animation() -> None:
    changed = Inspection((), tuple(replace(s, change="changed in place") for s in JOINED.variables))
    async with Pane().run_test(size=(78, 20)) as pilot:
        pilot.app.animation_level = "none"
        app = await shown(pilot, changed)
        assert not app.inspector.has_class("-flash")


async def test_o_sorts_by_name_by_size_by_what_changed_and_back() -> None:
    variables = (Y, replace(INPUTS, change="same"), replace(X, change="gone"))
    async with Pane().run_test(size=(78, 24)) as pilot:
        app = await shown(pilot, Inspection((), variables))
        orders = []
        for _ in range(4):
            orders.append((list(app.inspector._rows), str(app.inspector.border_title)))
            await pilot.press("o")
            await pilot.pause()
        assert orders == [
            (["y", "inputs", "x"], "Tensors"),
            (["inputs", "x", "y"], "Tensors · by name"),
            (["inputs", "y", "x"], "Tensors · by size"),
            (["y", "x", "inputs"], "Tensors · by what changed"),
        ]
        assert list(app.inspector._rows) == ["y", "inputs", "x"]


async def test_a_filter_keeps_the_rows_that_say_it_until_esc() -> None:
    async with Pane().run_test(size=(78, 24)) as pilot:
        app = await shown(pilot, Inspection((W,), (X, INPUTS, MODEL, LEARNING_RATE)))
        await pilot.press("slash", *"module")
        await pilot.pause()
        assert list(app.inspector._rows) == ["model"]
        assert "Tensors · /module" in screen(app)[0]
        assert screen(app)[1].strip("│ ") == "module"
        await pilot.press("enter")
        assert app.focused is app.inspector.query_one("OptionList")
        await pilot.press("escape")
        await pilot.pause()
        assert len(app.inspector._rows) == 5


@pytest.mark.usefixtures("seen_always")
async def test_a_filter_that_nothing_says_leaves_no_row_and_no_crash() -> None:
    async with Pane().run_test(size=(78, 24)) as pilot:
        app = await shown(pilot, Inspection((W,), (X,)))
        await pilot.press("slash", *"zzz", "enter", "down", "right", "escape")
        await pilot.pause()
        assert list(app.inspector._rows) == ["w", "x"]


async def test_a_long_float_is_shown_short() -> None:
    async with Pane().run_test(size=(60, 14)) as pilot:
        app = await shown(pilot, Inspection((), (Summary("loss", "value", "float", text="8384.1533203125"),)))
        assert row(app, "loss").split()[:2] == ["▌", "loss"]
        assert "8384.15" in row(app, "loss") and "8384.153" not in row(app, "loss")


@pytest.mark.parametrize("kind", ["optimizer", "dataset", "loader", "container"])
async def test_every_kind_has_a_row_and_a_page(kind: str) -> None:
    made = Summary("it", kind, "Thing", numel=3, text="lr=0.1", facts=(("lr", "0.1"),))  # type: ignore[arg-type]
    async with Pane().run_test(size=(60, 20)) as pilot:
        app = await shown(pilot, Inspection((), (made,)))
        assert "Thing" in row(app, "it")
        assert "0.1" in below(app, "it")


async def test_rows_that_are_kept_from_one_inspection_to_the_next_look_as_if_they_were_all_new() -> None:
    changed = replace(X, change="changed", values=(5.0,))
    inspections = [
        GRADIENTS,
        GRADIENTS,
        replace(GRADIENTS, variables=(changed, LEARNING_RATE, W, Y)),
        replace(GRADIENTS, variables=(changed, W, INPUTS)),
        Inspection(pinned=(), variables=(W, X, Y)),
        Inspection(pinned=(X,), variables=(W, X, Y)),
        Inspection(pinned=(), variables=(Y, X, W)),
        Inspection(pinned=(), variables=(Y, X, W)),
    ]
    async with Pane().run_test(size=(70, 20)) as pilot:
        for inspection in inspections:
            app = await shown(pilot, inspection)
            async with Pane().run_test(size=(70, 20)) as other:
                anew = await shown(other, inspection)
                names = [summary.name for summary in (*inspection.pinned, *inspection.variables)]
                # The selection stays on its name, and is on the first in the other pane.
                kept = [row(app, name).lstrip("▌ ") for name in names]
                assert kept == [row(anew, name).lstrip("▌ ") for name in names]
                assert app.inspector.border_subtitle == anew.inspector.border_subtitle


async def test_a_row_that_a_filter_hid_meanwhile_shows_what_is_there_now() -> None:
    async with Pane().run_test(size=(70, 20)) as pilot:
        app = await shown(pilot, Inspection((), (X, MODEL)))
        await pilot.press("slash", *"module", "enter")
        await pilot.pause()
        assert not any(line.strip("│ ▌").startswith("x ") for line in screen(app))
        await shown(pilot, Inspection((), (replace(X, values=(8.0,)), MODEL)))
        await pilot.press("escape")
        await pilot.pause()
        assert "8.0" in row(app, "x")
