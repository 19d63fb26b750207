"""Loops with several `backward()`: each is known by its call site, whatever its loss is called."""

from __future__ import annotations

from textwrap import indent
from typing import Any

import pytest

from tests.unit.probe.coach.mistakes import program
from tests.unit.probe.coach.runs import IMPORTS, Slowly, notes_of
from tui_torch.protocol.notes import Note

SPELLINGS = {
    "called on an expression": "(a + b).backward()",
    "called on a name": "loss = a + b\nloss.backward()",
    "both on one line": "aux.backward(); (a + b).backward()",
    "both on one line, the other one last": "(a + b).backward(); aux.backward()",
    "both named alike": "loss = aux; loss.backward()\nloss = a + b; loss.backward()",
}


def with_two_losses(spelling: str, rate: float, other_rate: float, steps: int) -> str:
    """A loop in which `a + b` moves `w` and `aux` moves `v`; `rate` is that of `w`."""
    calls = SPELLINGS[spelling]
    if "aux" not in calls:
        calls = "aux.backward()\n" + calls
    return program(f"""
w, v = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
opt_w, opt_v = torch.optim.SGD([w], lr={rate!r}), torch.optim.SGD([v], lr={other_rate!r})
for step in range({steps}):
    opt_w.zero_grad(); opt_v.zero_grad()
    aux = ((v * x - 3 * y) ** 2).mean()
    a = ((w * x - y) ** 2).mean()
    b = 0.1 * (w**2).sum()
{indent(calls, "    ")}
    opt_w.step()
    opt_v.step()
""")


def found(code: str) -> list[tuple[str, str]]:
    """The rules of the notes, each with the text of its line."""
    lines = code.splitlines()
    return [(note.rule, lines[(note.line or 1) - 1].strip()) for note in notes_of(code)]


def only_note(code: str, clock: Slowly | None = None) -> Note:
    [note] = notes_of(code, clock=clock)
    return note


MADE = "opt_w, opt_v = torch.optim.SGD([w], lr={}), torch.optim.SGD([v], lr={})"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_loss_that_explodes_is_noted_with_its_own_numbers(spelling: str) -> None:
    code = with_two_losses(spelling, 4.0, 0.1, 12)
    note = only_note(code)
    assert note.rule == "exploding" and code.splitlines()[(note.line or 1) - 1] == MADE.format(4.0, 0.1)
    assert "The learning rate 4.0 is too large" in note.says and note.suggested_fix == MADE.format(0.1, 0.1)
    step = int(note.says.partition("at step ")[2].split()[0])
    # Each pass of the loop has two steps, and `a + b` is the second but where it is called first.
    assert step == (1 if "one last" in spelling else 2)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_loss_that_hardly_moves_is_noted_beside_one_that_does(spelling: str) -> None:
    code = with_two_losses(spelling, 1e-7, 0.1, 100)
    note = only_note(code, clock=Slowly())
    assert note.rule == "flat" and note.suggested_fix == MADE.format(0.01, 0.1)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_loss_that_is_no_number_any_more_is_named_by_its_own_rate(spelling: str) -> None:
    code = with_two_losses(spelling, 40.0, 0.1, 60)
    note = only_note(code)
    assert note.rule == "loss-not-finite" and "The learning rate 40.0 is too large" in note.says


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_two_losses_that_fall_get_no_note(spelling: str) -> None:
    assert found(with_two_losses(spelling, 0.1, 0.1, 100)) == []


GAN = """
G, D = nn.Linear(4, 2), nn.Linear(2, 1)
nn.init.constant_(D.bias, {bias})
opt_g = torch.optim.SGD(G.parameters(), lr={g_rate})
opt_d = torch.optim.SGD(D.parameters(), lr={d_rate})
for step in range({steps}):
    real, noise = torch.randn(16, 2) + 4, torch.randn(16, 4)
    opt_d.zero_grad()
    {d_call}
    opt_d.step()
    opt_g.zero_grad()
    {g_call}
    opt_g.step()
"""
LEAST_SQUARES = "((D(real) - 1) ** 2).mean() + (D(G(noise).detach()) ** 2).mean()", "((D(G(noise)) - 1) ** 2).mean()"
GAN_SPELLINGS = {
    "named": ("loss_d = {}; loss_d.backward()", "loss_g = {}; loss_g.backward()"),
    "named alike": ("loss = {}; loss.backward()", "loss = {}; loss.backward()"),
    "called on expressions": ("({}).backward()", "({}).backward()"),
}


def gan(spelling: str, g_rate: float, d_rate: float, steps: int, losses: tuple[str, str], bias: float = 0.0) -> str:
    d_call, g_call = (call.format(loss) for call, loss in zip(GAN_SPELLINGS[spelling], losses, strict=True))
    return program(GAN.format(g_rate=g_rate, d_rate=d_rate, steps=steps, bias=bias, d_call=d_call, g_call=g_call))


@pytest.mark.parametrize("spelling", GAN_SPELLINGS)
def test_a_gan_whose_losses_hover_is_not_flat(spelling: str) -> None:
    constant = "D(real.sign()).exp().mean() + D(G(noise * 0).detach()).exp().mean()", "D(G(noise * 0)).exp().mean()"
    assert found(gan(spelling, 1e-7, 1e-7, 100, constant)) == []


@pytest.mark.parametrize("spelling", GAN_SPELLINGS)
def test_a_discriminator_that_explodes_is_noted_with_its_own_rate(spelling: str) -> None:
    code = gan(spelling, 1e-6, 0.1, 6, LEAST_SQUARES)
    note = only_note(code)
    assert note.rule == "exploding" and "The learning rate 0.1 is too large" in note.says
    assert code.splitlines()[(note.line or 1) - 1] == "opt_d = torch.optim.SGD(D.parameters(), lr=0.1)"


@pytest.mark.parametrize("spelling", GAN_SPELLINGS)
def test_a_generators_loss_that_grows_because_the_discriminator_learns_does_not_explode(spelling: str) -> None:
    losses = "F.softplus(-D(0 * real + 4)).mean()", "F.softplus(D(0 * G(noise) + 4)).mean()"
    assert found(gan(spelling, 0.01, 0.01, 40, losses, bias=-12.0)) == []


LIBRARY = """
def go(loss):
    loss.backward()
"""


def with_a_library() -> dict[str, Any]:
    """Names among which is a function that calls `backward()`, and that is not the learner's."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(IMPORTS, names)
    exec(compile(LIBRARY, "<a library>", "exec"), names)
    return names


def test_one_call_site_that_two_lines_come_by_in_turns_is_not_said_to_explode() -> None:
    code = with_two_losses("called on an expression", 4.0, 0.1, 12)
    code = code.replace("(a + b).backward()", "go(a + b)").replace("aux.backward()", "go(aux)")
    assert "go(a + b)" in code and notes_of(code, with_a_library()) == []


def test_one_call_site_that_two_loops_come_by_is_told_apart_by_the_loop() -> None:
    code = program("""
        def fit(rate, steps, back):
            w = torch.zeros(1, requires_grad=True)
            for step in range(steps):
                back(((w * x - y) ** 2).mean())
                with torch.no_grad():
                    w -= rate * w.grad
                    w.grad.zero_()

        fit(0.1, 20, lambda loss: go(loss))
        fit(4.0, 10, lambda loss: go(loss))
    """)
    [note] = notes_of(code, with_a_library())
    assert note.rule == "exploding" and "at step 21 to" in note.says
    assert code.splitlines()[(note.line or 1) - 1].strip() == "fit(4.0, 10, lambda loss: go(loss))"


def test_a_mistake_in_both_of_two_calls_on_one_line_is_said_once() -> None:
    code = program("""
        one, two = nn.Linear(1, 1), nn.Linear(1, 1)
        opt = torch.optim.SGD([*one.parameters(), *two.parameters()], lr=0.01)
        for step in range(6):
            F.mse_loss(one(x), y).backward(); F.mse_loss(two(x), y).backward()
            opt.step()
    """)
    assert found(code) == [("never-zeroed", "F.mse_loss(one(x), y).backward(); F.mse_loss(two(x), y).backward()")]


def test_a_shape_that_broadcasts_in_the_second_call_on_a_line_is_found() -> None:
    code = program("""
        one, two = nn.Linear(1, 1), nn.Linear(1, 1)
        a = F.mse_loss(one(x), y)
        b = F.mse_loss(two(x), y.squeeze(1))
        a.backward(); b.backward()
    """)
    assert [rule for rule, _ in found(code)] == ["broadcast-loss"]
