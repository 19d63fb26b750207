"""A model that learns its training data by heart is told so, by its own numbers; noise and a few epochs are not."""

from __future__ import annotations

import linecache
import math
import random
from collections.abc import Iterator
from textwrap import dedent
from typing import Any

import pytest

from tests.spread import in_turn
from tests.unit.probe.coach.runs import FILE, IMPORTS, Slowly, notes_of
from tui_torch.curves.overfit import Overfit, overfit
from tui_torch.probe.training.series import StepValue

DATA = """\
torch.manual_seed(0)
x = torch.randn(240, 20)
y = (x[:, 0] + x[:, 1] + 1.5 * torch.randn(240) > 0).long()
train_loader = DataLoader(TensorDataset(x[:80], y[:80]), batch_size=16, shuffle=True)
val_loader = DataLoader(TensorDataset(x[80:], y[80:]), batch_size=40)
model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 2))
loss_fn = nn.CrossEntropyLoss()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
"""
LOOP = DATA + dedent("""\
    for epoch in range(40):
        for xb, yb in train_loader:
            loss = loss_fn(model(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
        total = 0
        with torch.no_grad():
            for xb, yb in val_loader:
                val_loss = loss_fn(model(xb), yb)
                total += val_loss.item()
        seen.append(total / len(val_loader))
    """)
FULL_BATCH = DATA + dedent("""\
    def train_step():
        loss = F.cross_entropy(model(x[:80]), y[:80])
        opt.zero_grad()
        loss.backward()
        opt.step()

    @torch.inference_mode()
    def held_out():
        return F.cross_entropy(model(x[80:]), y[80:]).item()

    for step in range(200):
        train_step()
        if step % 5 == 4:
            val = held_out()
            seen.append(val)
    """)

OVERFIT = {
    "over loaders": LOOP,
    "all data at once, by functions": FULL_BATCH,
    "a function of one's own": LOOP.replace(
        "loss_fn = nn.CrossEntropyLoss()\n",
        "def loss_fn(scores, labels):\n    return -scores.log_softmax(1)[torch.arange(len(labels)), labels].mean()\n\n",
    ),
}

FINE = {
    "few epochs": LOOP.replace("range(40)", "range(10)"),
    "weights that decay": LOOP.replace("lr=3e-3)", "lr=3e-3, weight_decay=0.3)"),
    "a small rate": LOOP.replace("lr=3e-3)", "lr=1e-4)"),
    "labels that can be learned": LOOP.replace(" + 1.5 * torch.randn(240)", ""),
    "stopped early": LOOP.replace("for epoch", "best, patience = float('inf'), 0\nfor epoch")
    + "    best, patience = (seen[-1], 0) if seen[-1] < best else (best, patience + 1)\n"
    + "    if patience == 8:\n        break\n",
    "the best weights kept": LOOP
    + "    if seen[-1] == min(seen):\n        best = copy.deepcopy(model.state_dict())\nmodel.load_state_dict(best)\n",
    "folds, each from the beginning": DATA
    + dedent("""\
        for fold in range(4):
            held = torch.arange(240) % 4 == fold
            model = nn.Linear(20, 2)
            opt = torch.optim.Adam(model.parameters(), lr=0.01)
            for epoch in range(10):
                loss = F.cross_entropy(model(x[~held]), y[~held])
                opt.zero_grad()
                loss.backward()
                opt.step()
                with torch.no_grad():
                    val = F.cross_entropy(model(x[held]), y[held])
        """),
    "another task later": DATA
    + dedent("""\
        labels = [y, (x[:, 2] > 0).long()]
        for task in labels:
            for epoch in range(30):
                loss = F.cross_entropy(model(x[:80]), task[:80])
                opt.zero_grad()
                loss.backward()
                opt.step()
                with torch.no_grad():
                    of_first = F.cross_entropy(model(x[80:]), labels[0][80:])
            opt = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=0.1)
        """).replace("range(30)", "range(12)"),
}


@pytest.fixture(autouse=True)
def _source_is_known() -> Iterator[None]:
    yield
    linecache.cache.pop(FILE, None)


def noted(code: str, clock: Slowly | None = None) -> tuple[list[tuple[str, int | None, str]], list[float]]:
    """The notes on a program, and the validation losses that it saw itself."""
    linecache.cache[FILE] = (len(code), None, code.splitlines(keepends=True), FILE)
    seen: list[float] = []
    names: dict[str, Any] = {"__name__": "__main__", "seen": seen}
    exec(IMPORTS, names)
    return [(note.rule, note.line, note.says) for note in notes_of(code, names, clock=clock)], seen


@pytest.mark.parametrize(
    ("name", "slowly"), in_turn({name: name for name in OVERFIT}, {"as it is": False, "slowly": True}, each=2)
)
def test_overfitting_is_noted_with_its_best_epoch(name: str, slowly: bool) -> None:
    code = OVERFIT[name]
    [(rule, line, says)], seen = noted(code, Slowly() if slowly else None)
    assert (rule, code.splitlines()[(line or 1) - 1].strip()) == ("overfitting", "loss.backward()")
    best = seen.index(min(seen))
    when = f"step {5 * best + 5}" if name.startswith("all data") else f"epoch {best + 1}"
    validation = "val" if name.startswith("all data") else "val_loss"
    assert f"`{validation}` was lowest" in says
    assert f"{when}, at {min(seen):.3g}; its last 5 values average {sum(seen[-5:]) / 5:.3g}" in says
    assert f"Keep the weights of {when}" in says


@pytest.mark.parametrize("name", FINE)
def test_what_does_not_overfit_gets_no_note(name: str) -> None:
    notes, _ = noted(FINE[name])
    assert notes == []


def wandering(kind: str, count: int, seed: int) -> Overfit | None:
    """What is found in made up curves, whose noise may last over many passes."""
    draw = random.Random(seed)
    lasting, spread, batches = draw.choice([0, 0.3, 0.6, 0.9]), draw.choice([0.01, 0.03, 0.06]), draw.choice([1, 5, 20])
    losses: list[StepValue] = []
    validation: list[StepValue] = []
    off = 0.0
    for epoch in range(count):
        off = lasting * off + draw.gauss(0, spread * math.sqrt(1 - lasting * lasting))
        falls = 1.5 * math.exp(-6 * epoch / count)
        trained, held = 0.5 + falls, 0.6 + falls
        if kind != "both stand still":
            trained -= 0.45 * epoch / count
        if kind == "validation rises":
            held += 0.9 * max(0.0, epoch / count - 0.3)
        losses += [(len(losses) + 1 + at, trained + draw.gauss(0, 0.05)) for at in range(batches)]
        validation.append((len(losses), held + off))
    return overfit(validation, losses)


@pytest.mark.parametrize("kind", ["both stand still", "the training goes on falling"])
def test_noise_that_lasts_over_many_passes_is_hardly_ever_taken_for_a_rise(kind: str) -> None:
    found = [(count, seed) for count in (12, 20, 50, 100) for seed in range(150) if wandering(kind, count, seed)]
    assert len(found) <= 2  # of 600


def test_a_rise_is_found_in_noise() -> None:
    assert sum(wandering("validation rises", 50, seed) is not None for seed in range(100)) >= 60


def test_values_that_are_not_finite_are_no_rise() -> None:
    validation = [(step, math.nan if step == 20 else abs(step - 15) + 1.0) for step in range(1, 41)]
    assert overfit(validation, [(step, 2 - step / 40) for step in range(1, 41)]) is None
