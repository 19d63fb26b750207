"""Each suggested fix is made in a copy of its program: what was wrong is right then, and nothing is left to note."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from tests.spread import with_program
from tests.unit.probe.coach.every_program import MENDED_IN_SUITE, MISTAKES, notes_of_mistake
from tests.unit.probe.coach.right_afterwards import RIGHT_AFTERWARDS
from tests.unit.probe.coach.runs import notes_of, whole_numbers_are_refused
from tests.unit.probe.coach.training_facts import TrainingFacts, training_facts
from tui_torch.probe.coach.fixes import applied

Right = Callable[[TrainingFacts], bool]


def uses_its_own_gradients(facts: TrainingFacts) -> bool:
    """Or, without an optimizer, it learns."""
    is_zeroed = not facts.stale or len(facts.optimizers) > 1
    return facts.moved and is_zeroed and (facts.honest if facts.steps else facts.falls())


def learns(facts: TrainingFacts) -> bool:
    finite = all(math.isfinite(value) for values in facts.losses.values() for value in values)
    return finite and facts.falls(0.9) and facts.moved


def moves_everything(facts: TrainingFacts) -> bool:
    return facts.moved and facts.empty_steps == 0


def compares_like_with_like(facts: TrainingFacts) -> bool:
    pairs = [(one, other) for one, other in facts.shapes if math.prod(one) > 1 and math.prod(other) > 1]
    return bool(pairs) and all(one == other for one, other in pairs)


def each_mode_in_its_place(facts: TrainingFacts) -> bool:
    """Layers train where gradients are on, and nowhere else."""
    return bool(facts.modes) and all(training is on for on, training in facts.modes)


def is_fed_what_it_wants(facts: TrainingFacts) -> bool:
    """Raw scores, log-probabilities, or floats of the same shape, depending on the loss."""
    return bool(facts.loss_calls) and all(map(_fits, *zip(*facts.loss_calls, strict=True)))


def _fits(name: str, given: torch.Tensor, target: torch.Tensor, made_by: str) -> bool:
    match name:
        case "cross_entropy":
            sums, of_logarithms = given.sum(1), given.exp().sum(1)
            scores = not any(bool(((one - 1).abs() < 1e-4).all()) for one in (sums, of_logarithms))
            probabilities = not target.is_floating_point() or bool(((target.sum(1) - 1).abs() < 1e-4).all())
            return scores and probabilities and given.shape[1] > 1
        case "nll_loss":
            return bool(((given.exp().sum(1) - 1).abs() < 1e-4).all())
        case "binary_cross_entropy_with_logits":
            return given.shape == target.shape and target.is_floating_point() and "Sigmoid" not in made_by
        case _:
            return given.shape == target.shape and target.is_floating_point()


def keeps_no_graph(facts: TrainingFacts) -> bool:
    return facts.graphs_kept <= 2


RIGHT: dict[str, Right] = {
    "never-zeroed": uses_its_own_gradients,
    "step-before-backward": uses_its_own_gradients,
    "zeroed-before-step": uses_its_own_gradients,
    "never-stepped": uses_its_own_gradients,
    "holds-none-of-it": uses_its_own_gradients,
    "not-held": uses_its_own_gradients,
    "cut-off": uses_its_own_gradients,
    "loss-not-finite": learns,
    "exploding": learns,
    "flat": learns,
    "dead-gradients": moves_everything,
    "broadcast-loss": compares_like_with_like,
    "trains-in-eval": each_mode_in_its_place,
    "judged-in-train": each_mode_in_its_place,
    "dropout-in-eval": each_mode_in_its_place,
    "growing-graph": keeps_no_graph,
    "softmax-before-cross-entropy": is_fed_what_it_wants,
    "softmax-before-nll": is_fed_what_it_wants,
    "sigmoid-before-logits": is_fed_what_it_wants,
    "integer-targets": is_fed_what_it_wants,
    "one-class": is_fed_what_it_wants,
    "float-targets": is_fed_what_it_wants,
} | RIGHT_AFTERWARDS
"""By the rule: what is true of a program once it is fixed, whatever the coach says, and false of the mistake."""


def fixed(name: str) -> str | None:
    """A program as its note suggests it; None if the note suggests nothing."""
    [note] = notes_of_mistake(name)
    assert (note.suggested_fix is None) is (note.edits == ())
    return applied(MISTAKES[name].code, note.edits) if note.edits else None


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=[with_program("mistake", number), *(() if name in MENDED_IN_SUITE else (pytest.mark.slow,))],
        )
        for number, (name, mistake) in enumerate(MISTAKES.items())
        if mistake.suggested_fix is not None
    ],
)
def test_a_suggested_fix_mends_the_program(name: str) -> None:
    mistake = MISTAKES[name]
    is_right = RIGHT.get(mistake.rule, learns)
    if mistake.is_refused and whole_numbers_are_refused():  # an error, and nothing that the coach could note
        with pytest.raises(RuntimeError):
            training_facts(mistake.code)
        code = mistake.code.replace(mistake.line, mistake.suggested_fix or "")
    else:
        code = fixed(name)
        assert not is_right(training_facts(mistake.code))
    assert code is not None
    assert is_right(training_facts(code))
    assert [(note.rule, note.says) for note in notes_of(code)] == []


def test_each_rule_has_a_suggested_fix_in_some_program() -> None:
    silent = {mistake.rule for mistake in MISTAKES.values()} - {
        mistake.rule for mistake in MISTAKES.values() if mistake.suggested_fix is not None
    }
    # No line of code has the missing class.
    assert silent == {"one-class-of-data"}
