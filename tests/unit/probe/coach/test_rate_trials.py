"""A learning rate is advised after it was tried on copies; what cannot be tried, or does not help, is not advised."""

from __future__ import annotations

import ast
from typing import Any

import pytest
import torch
from torch import nn

from tests.unit.probe.coach.mistakes import program
from tests.unit.probe.coach.runs import IMPORTS, notes_of
from tui_torch.probe.coach.trials.loss_code import loss_code
from tui_torch.probe.coach.trials.rate_trial import STEPS, RateTrial, learns
from tui_torch.probe.source.call_sites import CallSite
from tui_torch.probe.source.lines import Source

LOOP = """\
for step in range(9):
    opt.zero_grad()
    {computed}
    loss.backward()
    opt.step()
"""


def named(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(IMPORTS + "x = torch.linspace(-1, 1, 8).unsqueeze(1)\ny = 2 * x + 1\n" + code, names)
    return names


def trial_of(computed: str, names: dict[str, Any], leaves: list[torch.Tensor]) -> RateTrial | None:
    code = LOOP.format(computed=computed.replace("\n", "\n    "))
    line = code.splitlines().index("    loss.backward()") + 1
    site = CallSite("", line, None, "loss", "loss", trial_of.__code__, 0, "loss.backward()")
    return RateTrial.of(Source("lr = 0.1\n" + code), line + 1, site, names, leaves)


@pytest.mark.parametrize(
    ("computed", "names"),
    [
        ("loss = F.mse_loss(model(x), y)", {"F", "model", "x", "y"}),
        ("unused = a(b)\nout = model(x)\nloss = (out - y).pow(2).mean()", {"model", "x", "y"}),
        ("with torch.autocast('cpu'):\n    out = model(x)\n    loss = f(out)", {"torch", "model", "x", "f"}),
        ("loss = 0\nloss += f(x)", {"f", "x"}),
        ("x = g(x)\nloss = f(x)", {"f", "g", "x"}),
    ],
)
def test_the_code_of_a_loss_is_what_it_depends_on(computed: str, names: set[str]) -> None:
    code = LOOP.format(computed=computed.replace("\n", "\n    "))
    found = loss_code(Source(code), code.splitlines().index("    loss.backward()") + 1)
    assert found is not None and found.names == names


@pytest.mark.parametrize(
    "computed",
    [
        "loss = f(next(batches))",
        "seen.append(1)\nloss = f(seen.pop())",
        "for x in data:\n    loss = f(x)",
        "if a:\n    loss = f(x)",
        "loss = (opt.step(f), f(x))[1]",
    ],
)
def test_what_must_not_be_done_again_is_not_tried(computed: str) -> None:
    code = LOOP.format(computed=computed.replace("\n", "\n    "))
    assert loss_code(Source(code), code.splitlines().index("    loss.backward()") + 1) is None


def test_a_trial_ends_where_the_loop_itself_would_end() -> None:
    for kind, settings in {
        "SGD": {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01, "dampening": 0.0},
        "Adam": {"betas": (0.8, 0.99), "eps": 1e-8, "weight_decay": 0.01},
        "AdamW": {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.1},
        "": {},
    }.items():
        names = named("model = nn.Linear(1, 1)")
        model: nn.Linear = names["model"]
        trial = trial_of("loss = F.mse_loss(model(x), y)", names, list(model.parameters()))
        assert trial is not None
        tried = trial.losses(0.05, kind, settings, None)
        made = getattr(torch.optim, kind or "SGD")(model.parameters(), lr=0.05, **settings)
        real = []
        for _ in range(STEPS):
            made.zero_grad()
            loss = nn.functional.mse_loss(model(names["x"]), names["y"])
            loss.backward()
            made.step()
            real.append(float(loss))
        assert tried == pytest.approx(real, rel=1e-4)


def test_a_trial_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    names = named("model = nn.Sequential(nn.Linear(1, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))")
    exec("def f(out):\n    print('loud')\n    return F.mse_loss(out, y)\n", names)
    model: nn.Module = names["model"]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    drawn = torch.get_rng_state()
    trial = trial_of("loss = f(model(x))", names, list(model.parameters()))
    assert trial is not None and len(trial.losses(0.01, "SGD", {}, None) or ()) == STEPS
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.equal(torch.get_rng_state(), drawn) and capsys.readouterr().out == ""


def test_a_trial_begins_where_the_run_began() -> None:
    names = named("model = nn.Linear(1, 1)")
    trial = trial_of("loss = F.mse_loss(model(x), y)", names, list(names["model"].parameters()))
    assert trial is not None
    first = trial.losses(0.01, "SGD", {}, None)
    with torch.no_grad():
        names["model"].weight.fill_(float("nan"))
    assert trial.losses(0.01, "SGD", {}, None) == first


@pytest.mark.parametrize(
    ("computed", "code"),
    [
        ("loss = f()", "model = nn.Linear(1, 1)\ndef f():\n    return F.mse_loss(model(x), y)"),
        ("loss = model(x).mean()", "model = nn.Linear(1, 1)\nmodel.register_forward_hook(lambda *given: None)"),
        ("loss = model(rows).mean()", "model = nn.Linear(1, 1)\nrows = iter([x])"),
        ("loss = (model(x) * other).mean()", "model = nn.Linear(1, 1)\nother = model(x)"),
        ("loss = model(x).mean() + missing", "model = nn.Linear(1, 1)"),
    ],
    ids=["its weights are not copied", "hooks", "an iterator", "a computed value", "a missing name"],
)
def test_what_a_copy_would_share_is_not_tried(computed: str, code: str) -> None:
    names = named(code)
    assert trial_of(computed, names, list(names["model"].parameters())) is None


def test_large_weights_are_not_copied() -> None:
    names = named("model = nn.Linear(1, 1)")
    large = torch.zeros(1_000_001, requires_grad=True)
    assert trial_of("loss = F.mse_loss(model(x), y)", names, [large]) is None


@pytest.mark.parametrize(
    ("losses", "is_so"),
    [
        ([1.0 - k / 100 for k in range(STEPS)], True),
        ([1.0] * STEPS, False),
        ([1.0, 9.0] + [0.5] * (STEPS - 2), False),
        ([1.0, 0.5], False),
        ([1.0] * (STEPS - 1) + [float("nan")], False),
        ([-1.0 - k / 100 for k in range(STEPS)], True),
    ],
)
def test_losses_that_end_lower_and_never_leap_learn(losses: list[float], is_so: bool) -> None:
    assert learns(losses) is is_so


def test_no_rate_is_advised_that_could_not_be_tried() -> None:
    code = program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=40.0)

        def f():
            return F.mse_loss(model(x), y)

        for step in range(12):
            opt.zero_grad()
            loss = f()
            loss.backward()
            opt.step()
    """)
    [note] = notes_of(code)
    assert note.rule == "loss-not-finite" and "try" not in note.says and note.suggested_fix is None
    [note] = notes_of(code.replace("lr=40.0", "lr=1e-8").replace("range(12)", "range(80)"))
    assert note.rule == "flat" and "try" not in note.says and note.suggested_fix is None


def test_a_loss_at_its_minimum_has_no_small_rate_where_none_could_be_tried() -> None:
    code = program("""
        w = torch.tensor([0.05], requires_grad=True)
        opt = torch.optim.SGD([w], lr=0.01)

        def f():
            return 1 + w[0] ** 2 / 2

        for step in range(600):
            opt.zero_grad()
            loss = f()
            loss.backward()
            opt.step()
    """)
    assert [note.rule for note in notes_of(code)] == []
    [note] = notes_of(code.replace("lr=0.01", "lr=1e-5"))
    assert note.rule == "flat" and "try" not in note.says


def test_a_loss_that_no_rate_moves_is_not_said_to_have_a_small_one() -> None:
    # Each gradient points another way.
    code = program("""
        w = torch.zeros(4, requires_grad=True)
        opt = torch.optim.SGD([w], lr=1e-6)
        for step in range(80):
            opt.zero_grad()
            loss = 1 + (torch.randn(4) * w).sum()
            loss.backward()
            opt.step()
    """)
    assert [note.rule for note in notes_of(code)] == []


def test_a_rate_that_would_leap_too_is_not_advised() -> None:
    # By its first gradients, 1.0 would be small enough; by the walls of this valley it is not.
    code = program("""
        w = torch.tensor([0.01, 1.0], requires_grad=True)
        opt = torch.optim.SGD([w], lr=1e-9)
        for step in range(80):
            opt.zero_grad()
            loss = (1e4 * w[0] ** 2 + w[1] ** 2) + 1
            loss.backward()
            opt.step()
    """)
    [note] = notes_of(code)
    assert note.rule == "flat" and note.suggested_fix is not None
    rate = float(ast.literal_eval(note.suggested_fix.rpartition("lr=")[2].rstrip(")")))
    assert rate <= 1e-4
