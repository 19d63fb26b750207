"""Completion in a real terminal, from a real kernel."""

from __future__ import annotations

from tests.terminal import F5, Open


def test_a_tensor_is_completed_with_its_shape_and_dtype_and_a_call_shows_its_arguments(open_terminal: Open) -> None:
    terminal = open_terminal("gradients")
    terminal.wait_for("Three scalars", "ready")
    terminal.press(F5)
    terminal.wait_for("Ran in")
    terminal.edit()
    terminal.paste("weights = torch.ones(2, 3)\n")
    terminal.press(F5)
    terminal.wait_for("[2, 3]")
    # An answer that comes late, on a busy machine, is not shown: then the next key asks again.
    terminal.press("we")
    terminal.press_until("\x7fe", "Tensor [2, 3] float32")
    terminal.press("\t.unfo")
    terminal.press_until("\x7fo", "method")
    terminal.press("\t")
    terminal.wait_for("weights.unfold")
    terminal.press("(")
    terminal.press_until("\x7f(", "unfold(dimension, size, step) -> Tensor")
