"""A loss that became NaN or infinite, or that grows by orders of magnitude."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch

from tui_torch.curves.rise import rising
from tui_torch.probe.coach import learning_rates
from tui_torch.probe.coach.fixes import Fix, noted, replaced
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, SiteRecord
from tui_torch.probe.coach.tensor_stamp import stamp
from tui_torch.probe.coach.trials.rate_trial import learns
from tui_torch.probe.coach.wording import number, times
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.source.names_in_scope import reachable
from tui_torch.probe.training.series import StepValue
from tui_torch.protocol.notes import Note

CONTESTED = 1e4
"""How large a loss must be to be called exploding where another loss moves the same weights: below that, it may grow
because the other side learns."""
_SIZE = 1_000_000
"""Maximum number of elements of a tensor that is searched for NaN."""


class Divergence(CoachRule):
    """Finds the first loss that is not finite, and a loss that explodes."""

    def __init__(self) -> None:
        self._norms: list[StepValue] = []
        """The norm of the gradients of the followed leaves, at the steps that are looked at closely."""
        self._said = False

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        gradients = [leaf.grad for leaf in snapshot.tracked if leaf.grad is not None]
        if gradients and len(self._norms) < 200:
            squares = [stamp(gradient).norm ** 2 for gradient in gradients]
            self._norms.append((snapshot.number, math.sqrt(sum(squares))))

    def urgent_notes(self, facts: Facts) -> Iterator[Note]:
        broken = facts.curves.broken
        if broken is None or self._said:
            return
        self._said = True
        site, step, value = broken
        record = facts.record_of(site, step)
        losses = [point for point in facts.curves.losses.get(site, []) if record is None or point[0] >= record.first]
        points = [point for point in losses if point[0] < step and math.isfinite(point[1])]
        became = "NaN" if math.isnan(value) else "infinite"
        after = next((at for at, loss in losses if math.isnan(loss)), step)
        norms = [point for point in facts.curves.norms or self._norms if point[0] < step]
        yield _not_finite(became, step, after, points, norms, record, facts)

    def notes(self, facts: Facts) -> Iterator[Note]:
        yield from self.urgent_notes(facts)
        if self._said:
            return
        for record in facts.sites:
            points = facts.losses_of(record)
            lowest = rising(points)
            if lowest is None or (points[-1][1] < CONTESTED and facts.is_contested(record)):
                continue
            yield _exploding([point for point in points if point[0] >= lowest[0]], record, facts)
            return


def _growth(points: Sequence[StepValue], record: SiteRecord | None) -> float | None:
    """Return the factor by which a loss grows from one `backward()` to the next; None if it does not grow."""
    last = [loss for _, loss in points[-4:]]
    if len(last) < 2 or last[0] <= 0 or last[-1] < 2 * last[0]:
        return None
    steps = points[-1][0] - points[-len(last)][0]
    # Steps are counted over all the losses of the run.
    share = 1.0 if record is None else record.count / max(record.count, record.last - record.first + 1)
    return (last[-1] / last[0]) ** (1 / (steps * share))


def smaller(rate: float, growth: float, kind: str) -> float:
    """Return a learning rate to try, a power of ten.

    On a quadratic bowl, gradient descent multiplies the loss by (lr·c − 1)² in each step, c being the curvature in the
    steepest direction: lr/(1 + √growth) = 1/c goes straight to its bottom. Other optimizers get a tenth of the rate.

    Args:
        rate: The learning rate that is too large.
        growth: The factor by which the loss grows in each step.
        kind: The class of the optimizer; empty if the learner steps by hand.
    """
    return (
        learning_rates.power_of_ten(rate / (1 + math.sqrt(growth)))
        if kind in ("SGD", "")
        else learning_rates.power_of_ten(rate / 10)
    )


def _advice(points: Sequence[StepValue], record: SiteRecord | None, facts: Facts) -> tuple[str, Fix | None, int | None]:
    """Return a sentence about the learning rate, the suggested line and its number; empty if the loss does not grow."""
    growth = _growth(points, record)
    if growth is None:
        return "", None, None
    optimizer = None if record is None else facts.optimizer_of(record)
    if optimizer is None and facts.optimizers:  # one of several, and it is unknown which
        rate, place = None, None
    else:
        rate, place = learning_rates.the_rate(facts.source, facts.rate_of(optimizer))
    leaps = " Each step leaps further than the one before.", None, None
    if rate is None or record is None or record.trial is None:
        return leaps
    kind = optimizer.kind if optimizer is not None else ""
    settings = optimizer.settings if optimizer is not None else {}
    held = optimizer.held if optimizer is not None else None
    now = record.trial.losses(rate, kind, settings, held)
    if now is None or learns(now, 0.0):
        return leaps
    first = smaller(rate, growth, kind)
    candidates = (learning_rates.power_of_ten(first / 10**k) for k in range(4))
    new = next((one for one in candidates if learns(record.trial.losses(one, kind, settings, held) or ())), None)
    if new is None:
        return leaps
    advice = f" The learning rate {learning_rates.as_written(rate)} is too large; try {learning_rates.as_written(new)}."
    if place is None:
        return advice, None, None
    return advice, replaced(facts.source, place, learning_rates.as_written(new)), place.lineno


def _not_finite(
    became: str,
    step: int,
    nan_at: int,
    points: Sequence[StepValue],
    norms: Sequence[StepValue],
    record: SiteRecord | None,
    facts: Facts,
) -> Note:
    line = record.line if record is not None else None
    if not points:
        where = _broken_inputs(facts)
        reason = f" {where}" if where else " Look for NaN in the data, a division by 0, or the `log` or `sqrt` of 0."
        return Note("loss-not-finite", f"The loss is {became} from step {step} on, the first there is.{reason}", line)
    advice, fix, at = _advice(points, record, facts)
    (first, before), (last, after) = points[0], points[-1]
    if not advice:
        says = (
            f"The loss became {became} at step {step}; at step {last} it was {number(after)}, and nothing had grown: "
            f"look for the `log` or `sqrt` of 0, or a division by 0, in the line that computes it."
        )
        return Note("loss-not-finite", says, line)
    rise = f"it had grown from {number(before)} at step {first} to {number(after)} at step {last}"
    if first == last:
        rise = f"it was {number(after)} at step {last}"
    grown = [point for point in norms if math.isfinite(point[1])]
    if len(grown) > 1 and grown[-1][1] > 10 * grown[0][1]:
        rise += f", the gradient's norm from {number(grown[0][1])} to {number(grown[-1][1])}"
    when = f"at step {step}" if nan_at == step else f"at step {step} and NaN at step {nan_at}"
    return noted("loss-not-finite", f"The loss became {became} {when}: {rise}.{advice}", at or line, fix)


def _exploding(points: Sequence[StepValue], record: SiteRecord, facts: Facts) -> Note:
    """`points`: from the lowest loss on."""
    advice, fix, at = _advice(points, record, facts)
    (first, lowest), (last, loss) = points[0], points[-1]
    says = (
        f"The loss explodes: it grew from {number(lowest)} at step {first} to {number(loss)} at step "
        f"{last}, {times(round(loss / lowest), 'time')} as large.{advice}"
    )
    return noted("exploding", says, at or record.line, fix)


def _broken_inputs(facts: Facts) -> str | None:
    """Return a sentence about a tensor of the learner's that holds NaN or Inf; None if there is none."""
    with unobserved():
        for name, value in reachable(facts.names):
            if type(value) is not torch.Tensor or value.requires_grad or not value.is_floating_point():
                continue
            if value.dim() == 0 or value.numel() > _SIZE or value.layout is not torch.strided:
                continue
            if count := int((~torch.isfinite(value)).sum()):
                return f"`{name}` holds {times(count, 'number')} that {'is' if count == 1 else 'are'} NaN or infinite."
    return None
