"""What has to be true of a program that was fixed as its note suggests, by the rule, and is false of the mistake."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from tests.unit.probe.coach.training_facts import TrainingFacts


def is_still_learning_halfway(facts: TrainingFacts) -> bool:
    """The rate is alive, and does not swing."""
    halfway = facts.rates[len(facts.rates) // 2]
    return halfway > 1.1e-3 * max(facts.rates) and not any(after > before for before, after in pairwise(facts.rates))


def changes_its_rate(facts: TrainingFacts) -> bool:
    return len(set(facts.rates)) > 1


def begins_with_the_first_rate(facts: TrainingFacts) -> bool:
    return facts.rates[0] == facts.base[0] and changes_its_rate(facts)


def has_a_rate(facts: TrainingFacts) -> bool:
    return any(facts.rates)


def clips_what_is_used_next(facts: TrainingFacts) -> bool:
    return all(before == "backward" and norm > 0 for before, norm in facts.clipped)


def steps_by_gradients_of_the_loss(facts: TrainingFacts) -> bool:
    """Neither the factor of a scaler, nor one by it, is in them."""
    return all(1e-3 < norm < 200 for norm in facts.norms[:3])


RIGHT_AFTERWARDS: dict[str, Callable[[TrainingFacts], bool]] = {
    "scheduler-each-batch": is_still_learning_halfway,
    "scheduler-never-steps": changes_its_rate,
    "scheduler-first": begins_with_the_first_rate,
    "schedules-another": changes_its_rate,
    "rate-is-zero": has_a_rate,
    "clipped-after-step": clips_what_is_used_next,
    "clips-nothing": clips_what_is_used_next,
    "clipped-while-scaled": steps_by_gradients_of_the_loss,
    "steps-past-scaler": steps_by_gradients_of_the_loss,
    "loss-not-scaled": steps_by_gradients_of_the_loss,
}
