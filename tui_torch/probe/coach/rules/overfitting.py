"""Validation that rises while the training's loss goes on falling."""

from __future__ import annotations

from collections.abc import Iterator

from tui_torch.curves.overfit import Overfit, heeds_validation, overfit
from tui_torch.probe.coach.rule import CoachRule, Facts, SiteRecord
from tui_torch.probe.coach.wording import number
from tui_torch.protocol.notes import Note


class Overfitting(CoachRule):
    """Finds a model that is better on its training data in every epoch, and worse on other data."""

    def notes(self, facts: Facts) -> Iterator[Note]:
        if heeds_validation(facts.source.text):
            return
        record = max(facts.sites, key=lambda one: one.count, default=None)
        if record is None or facts.is_contested(record):
            return
        losses = facts.losses_of(record)
        for name, points in facts.curves.validation.items():
            found = overfit(points, losses)
            if found is not None:
                yield Note("overfitting", _says(name, found, record, facts), record.line)
                return


def _says(name: str, found: Overfit, record: SiteRecord, facts: Facts) -> str:
    step, lowest = found.best
    epoch = facts.curves.epoch_of(step)
    when = f"in epoch {epoch}" if epoch is not None else f"at step {step}"
    what = f"epoch {epoch}" if epoch is not None else f"step {step}"
    return (
        f"`{name}` was lowest {when}, at {number(lowest)}; its last {found.averaged} values average "
        f"{number(found.validation)}. Meanwhile `{record.site.name}` fell from {number(found.training_before)} to "
        f"{number(found.training)}: the model learns its training data by heart. Keep the weights of {what}, or use "
        f"more data, a smaller model, `weight_decay` or dropout."
    )
