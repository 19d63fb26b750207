"""What has to be true of a program that was fixed as its note suggests, by the rule, and is false of the mistake."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch

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


def takes_softmaxes_over_classes(facts: TrainingFacts) -> bool:
    return bool(facts.softmax_dims) and 0 not in facts.softmax_dims


def takes_logarithms_first(facts: TrainingFacts) -> bool:
    kl_div = [given for name, given, _, _ in facts.loss_calls if name == "kl_div"]
    return all(bool(((given.exp().sum(1) - 1).abs() < 1e-4).all()) for given in kl_div)


def gives_a_probability_or_a_score(facts: TrainingFacts) -> bool:
    """`nll_loss` gets logarithms of probabilities, or it is another loss that is called."""
    nll = [given for name, given, _, _ in facts.loss_calls if name == "nll_loss"]
    return all(bool(((given.exp().sum(1) - 1).abs() < 1e-4).all()) for given in nll)


def compares_what_is_free(facts: TrainingFacts) -> bool:
    return bool(facts.compared) and not {"SigmoidBackward0", "TanhBackward0", "ReluBackward0"} & set(facts.compared)


def wants_0_to_1(facts: TrainingFacts) -> bool:
    return all(float(target.min()) >= 0 and float(target.max()) <= 1 for _, _, target, _ in facts.loss_calls)


def scores_classes(facts: TrainingFacts) -> bool:
    return {name for name, *_ in facts.loss_calls} == {"cross_entropy"}


def all_of_it_learns(facts: TrainingFacts) -> bool:
    return facts.moved


def is_made_once(facts: TrainingFacts) -> bool:
    return len(facts.filled) < facts.steps and facts.moved


def is_stepped_by_one(facts: TrainingFacts) -> bool:
    return len(facts.optimizers) == 1


def never_gets_much_worse(facts: TrainingFacts) -> bool:
    return facts.moved and all(max(losses) < 3 * losses[0] for losses in facts.losses.values())


def mixes_classes(facts: TrainingFacts) -> bool:
    return any(len(target.unique()) > 1 for _, _, target, _ in facts.loss_calls)


def has_units_apart(facts: TrainingFacts) -> bool:
    weights = [leaf.detach() for leaf in facts.filled.values() if leaf.dim() == 2]
    units = [weight if len(weight) > 1 else weight.T for weight in weights]
    return all(not torch.equal(one[0], one[1]) for one in units if len(one) > 1)


def begins_with_something_frozen(facts: TrainingFacts) -> bool:
    return facts.unreached[0] > 0 and facts.falls()


def tells_channels_apart(facts: TrainingFacts) -> bool:
    """The examples' channels are numbered, and their means are further apart than noise is."""
    return all(after - before > 0.5 for before, after in pairwise(facts.channel_means))


def reads_ten_steps(facts: TrainingFacts) -> bool:
    """As long are the sequences of these programs."""
    return facts.steps_of_sequences == {10}


def finds_the_line(facts: TrainingFacts) -> bool:
    """Targets that belong to other inputs leave nothing to find."""
    return facts.falls(0.5)


def uses_all_gradients(facts: TrainingFacts) -> bool:
    return facts.moved and facts.honest


def computes_while_it_steps(facts: TrainingFacts) -> bool:
    """The losses of one step differ."""
    losses = [loss for values in facts.losses.values() for loss in values]
    return len(losses) > facts.steps and facts.moved and len(set(losses)) > facts.steps


def has_full_weights(facts: TrainingFacts) -> bool:
    return facts.moved and all(leaf.dtype is torch.float32 for leaf in facts.filled.values())


def moves_by_gradients(facts: TrainingFacts) -> bool:
    return facts.moved and facts.empty_steps == 0


def gets_other_batches(facts: TrainingFacts) -> bool:
    """The targets, or else the losses of the first steps, differ."""
    same = all(torch.equal(one, facts.targets[0]) for one in facts.targets[:6])
    return len(facts.targets) > 1 and not same


def draws_anew(facts: TrainingFacts) -> bool:
    return len(set(facts.random_states)) == len(facts.random_states) > 1


def draws_every_class(facts: TrainingFacts) -> bool:
    found = torch.cat(facts.targets).unique(return_counts=True)[1]
    return len(found) == 3 and int(found.min()) > 6


def has_steps(facts: TrainingFacts) -> bool:
    return facts.steps > 0 and facts.moved


def has_no_wide_gap(facts: TrainingFacts) -> bool:
    """Numbers that wrapped around are far from those that did not."""
    assert facts.first_inputs is not None
    values = facts.first_inputs.flatten().unique()
    return float((values[1:] - values[:-1]).max() / (values[-1] - values[0])) < 0.4


def reaches_a_rate(facts: TrainingFacts) -> bool:
    return max(facts.rates) > 5e-3


def counts_like_with_like(facts: TrainingFacts) -> bool:
    return bool(facts.compared_shapes) and all(one == other for one, other in facts.compared_shapes)


def judges_with_statistics(facts: TrainingFacts) -> bool:
    return bool(facts.modes) and facts.new_norms == 0


def hides_the_padding(facts: TrainingFacts) -> bool:
    """What the first layer's masks hide is one vector, and what they leave are several."""
    rows, hidden = facts.masks[0]
    unseen, seen = rows[hidden], rows[~hidden]
    return bool((unseen == unseen[0]).all()) and not bool((seen == seen[0]).all())


def makes_every_graph(facts: TrainingFacts) -> bool:
    return bool(facts.graphs_made) and all(facts.graphs_made)


def stays_above_0(facts: TrainingFacts) -> bool:
    return all(value > 0 for losses in facts.losses.values() for value in losses) and facts.moved


def goes_back(facts: TrainingFacts) -> bool:
    return bool(facts.loads) and facts.loads[-1]


def takes_softmaxes_over_keys(facts: TrainingFacts) -> bool:
    return set(facts.softmax_dims) == {-1}


RIGHT_AFTERWARDS: dict[str, Callable[[TrainingFacts], bool]] = {
    "scores-to-nll": gives_a_probability_or_a_score,
    "softmax-dimension": takes_softmaxes_over_classes,
    "kl-div-input": takes_logarithms_first,
    "unreachable-targets": compares_what_is_free,
    "bounded-scores": compares_what_is_free,
    "targets-outside": wants_0_to_1,
    "classes-regressed": scores_classes,
    "untrained-part": all_of_it_learns,
    "layer-remade": is_made_once,
    "model-remade": is_made_once,
    "optimizer-remade": is_stepped_by_one,
    "rate-above-weights": never_gets_much_worse,
    "sorted-batches": mixes_classes,
    "equal-units": has_units_apart,
    "scheduler-each-batch": is_still_learning_halfway,
    "scheduler-never-steps": changes_its_rate,
    "scheduler-first": begins_with_the_first_rate,
    "schedules-another": changes_its_rate,
    "rate-is-zero": has_a_rate,
    "clipped-after-step": clips_what_is_used_next,
    "clips-nothing": clips_what_is_used_next,
    "clipped-while-scaled": steps_by_gradients_of_the_loss,
    "steps-past-scaler": steps_by_gradients_of_the_loss,
    "batch-as-time": reads_ten_steps,
    "two-permutations": finds_the_line,
    "viewed-axes": tells_channels_apart,
    "freezes-nothing": begins_with_something_frozen,
    "broadcast-metric": counts_like_with_like,
    "uncollected-statistics": judges_with_statistics,
    "mask-hides-the-rest": hides_the_padding,
    "constant-derivative": makes_every_graph,
    "state-not-copied": goes_back,
    "softmax-over-queries": takes_softmaxes_over_keys,
    "kl-sign": stays_above_0,
    "viewed-scores": finds_the_line,
    "flat-scores": finds_the_line,
    "rate-for-a-factor": reaches_a_rate,
    "seeded-again": draws_anew,
    "weights-for-classes": draws_every_class,
    "no-batches": has_steps,
    "always-the-first-batch": gets_other_batches,
    "wraps-around": has_no_wide_gap,
    "lost-accumulation": uses_all_gradients,
    "closure-computes-nothing": computes_while_it_steps,
    "updates-rounded-away": has_full_weights,
    "zero-gradients": moves_by_gradients,
    "loss-not-scaled": steps_by_gradients_of_the_loss,
}
