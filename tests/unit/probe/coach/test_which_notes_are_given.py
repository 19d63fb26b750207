"""Which findings are said: none that another explains, none twice, and only so many in all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tests.unit.probe.coach.mistakes import program
from tests.unit.probe.coach.runs import FILE, notes_of
from tui_torch.curves.rise import rising
from tui_torch.probe.coach import coach as coaching
from tui_torch.probe.coach.coach import Coach
from tui_torch.probe.coach.rule import CoachRule, Facts
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.protocol.notes import Note


def rules_given(found: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int | None]]:
    """The notes of a run in which the rules find these, in this order."""

    class Finds(CoachRule):
        def notes(self, facts: Facts) -> Iterator[Note]:
            return (Note(rule, "", line) for rule, line in found)

    monkeypatch.setattr(coaching, "RULES", (Finds,))
    notes: list[Note] = []
    coach = Coach(FILE, notes.append)
    coach.listen_to(TrainingRecorder(coach.trained))
    coach.begin("", {})
    coach.end()
    assert coach.failures.met == []
    return [(note.rule, note.line) for note in notes]


EXPLAINED = [
    # An optimizer that holds nothing of the model moves nothing.
    ("holds-none-of-it", "flat"),
    ("holds-none-of-it", "exploding"),
    ("holds-none-of-it", "never-stepped"),
    # Weights before a cut get no gradient, whatever the optimizer does.
    ("cut-off", "holds-none-of-it"),
    ("cut-off", "not-held"),
    ("cut-off", "flat"),
    ("cut-off", "zeroed-before-step"),
    ("cut-off", "step-before-backward"),
    # Without gradients, steps move nothing.
    ("zeroed-before-step", "flat"),
    ("zeroed-before-step", "holds-none-of-it"),
    ("step-before-backward", "flat"),
    # What has become infinite has exploded; gradients that add up make it.
    ("loss-not-finite", "exploding"),
    ("never-zeroed", "exploding"),
    # The loss of a single class is 0 at every step.
    ("one-class", "flat"),
    ("one-class", "cut-off"),
    ("one-class", "float-targets"),
    ("softmax-before-cross-entropy", "flat"),
    # No learning rate moves what has no slope; and why it has none may be known.
    ("dead-gradients", "flat"),
    ("dead-gradients", "exploding"),
    ("rate-above-weights", "dead-gradients"),
    ("unreachable-targets", "dead-gradients"),
    ("equal-units", "dead-gradients"),
]


@pytest.mark.parametrize(("cause", "consequence"), EXPLAINED, ids=" explains ".join)
def test_a_note_that_another_explains_is_not_given(
    cause: str, consequence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rules_given([(cause, 1), (consequence, 2)], monkeypatch) == [(cause, 1)]
    assert rules_given([(consequence, 2)], monkeypatch) == [(consequence, 2)]


def test_notes_that_do_not_explain_each_other_are_all_given(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [("never-zeroed", 1), ("flat", 2), ("trains-in-eval", 3)]
    assert rules_given(found, monkeypatch) == found


def test_a_run_gets_four_notes_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [("growing-graph", line) for line in range(1, 7)]
    assert rules_given(found, monkeypatch) == found[:4]


def test_the_same_is_said_once_of_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [("growing-graph", 1), ("growing-graph", 1), ("growing-graph", 2)]
    assert rules_given(found, monkeypatch) == [("growing-graph", 1), ("growing-graph", 2)]


@pytest.mark.parametrize(
    ("losses", "rises"),
    [
        ([1.0, 4.0, 16.0, 64.0, 256.0, 1024.0], True),
        ([9.0, 1.0, 4.0, 16.0, 64.0, 256.0, 1024.0], True),
        ([1.0, 4.0, 16.0, 64.0], False),
        # Batches of which one is harder than the other, in two epochs.
        ([512.0, 1.0, 4.0, 16.0, 64.0, 500.0], False),
        ([512.0, 1.0, 4.0, 16.0, 64.0, 530.0], True),
        ([1.0, 2.0, 4.0, 8.0, 16.0, 99.0], False),
        # It has fallen again, to less than half of what it was.
        ([1.0, 10.0, 100.0, 1000.0, 10000.0, 4000.0], False),
        ([1.0, 10.0, 100.0, 1000.0, 10000.0, 6000.0], True),
        ([1.0, 500.0, 2.0, 500.0, 2.0, 500.0], False),
        ([-1.0, 10.0, 100.0, 1000.0, 10000.0, 100000.0], False),
        ([0.0, 10.0, 100.0, 1000.0, 10000.0, 100000.0], False),
        ([-5.0, -4.0, -3.0, -2.0, -1.0, -0.1], False),
    ],
)
def test_a_loss_explodes_when_it_has_grown_a_hundredfold_since_its_lowest_and_stays_there(
    losses: list[float], rises: bool
) -> None:
    lowest = rising(list(enumerate(losses, start=1)))
    assert (lowest is not None) is rises
    if lowest is not None:
        assert lowest[1] == min(losses)


def test_a_loss_that_grows_and_falls_again_gets_no_note() -> None:
    # A learning rate that is much too large, made small after eight steps.
    code = program("""
        w = torch.zeros(1, requires_grad=True)
        for step in range(40):
            loss = ((w * x - y) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                w -= (4.0 if step < 8 else 0.2) * w.grad
                w.grad.zero_()
        print(loss)
    """)
    assert notes_of(code) == []
    assert [note.rule for note in notes_of(code.replace("step < 8", "step < 39"))] == ["exploding"]


def test_backward_of_code_that_is_not_the_learners_gets_no_note() -> None:
    def of_a_library() -> None:
        weight = torch.ones(1, requires_grad=True)
        for _ in range(5):
            (weight * 2).sum().backward()
            with torch.no_grad():
                weight -= 0.1 * weight.grad  # type: ignore[operator]

    code = "import threading\nthread = threading.Thread(target=of_a_library)\nthread.start()\nthread.join()\n"
    assert notes_of(code, {"of_a_library": of_a_library}) == []
    assert [note.rule for note in notes_of("of_a_library()", {"of_a_library": of_a_library})] == ["never-zeroed"]
