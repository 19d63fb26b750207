"""What the coach knows of a run: whose a loss is, which optimizer follows it, and whether another one pulls at it."""

from __future__ import annotations

import math
from weakref import ref

import torch

from tui_torch.probe.coach.loss_curves import FEW, FIRST, MOST, LossCurves
from tui_torch.probe.coach.rule import Facts, OptimizerRecord, SiteRecord
from tui_torch.probe.source.call_sites import CallSite
from tui_torch.probe.source.lines import Source
from tui_torch.probe.training.series import SERIES, StepValue
from tui_torch.protocol.events import SeriesPoints, TrainingProgress

CODE = compile("loss.backward()", "<your code>", "exec")
PARAMETER = torch.zeros(1, requires_grad=True)


def a_site(line: int = 1) -> CallSite:
    return CallSite("<your code>", line, None, "loss", "loss", CODE, 0, "loss.backward()")


def calls(site: CallSite, first: int, last: int, leaves: frozenset[int] = frozenset()) -> SiteRecord:
    return SiteRecord(site, site.line, CODE, first, last=last, count=last - first + 1, leaves=leaves)


def optimizer(name: str, held: frozenset[int] = frozenset(), last: int = 0) -> OptimizerRecord:
    of = torch.optim.SGD([PARAMETER])
    return OptimizerRecord(ref(of), "SGD", name, 1, held, len(held), last=last)


def facts(sites: list[SiteRecord], optimizers: list[OptimizerRecord] | None = None) -> Facts:
    return Facts(Source(""), {}, sites, optimizers or [])


def test_the_losses_of_a_call_site_are_those_of_the_line_that_comes_by_it() -> None:
    site = a_site()
    first, second, other = calls(site, 1, 3), calls(site, 4, 6), calls(a_site(), 1, 6)
    known = facts([first, second, other])
    points: list[StepValue] = [(step, float(step)) for step in range(1, 7)]
    known.curves.add_losses({site: points, other.site: [(7, 7.0)]})
    assert known.losses_of(first) == points[:3] and known.losses_of(second) == points[3:]
    assert known.losses_of(other) == [(7, 7.0)]


def test_the_losses_of_two_lines_that_take_turns_at_one_call_site_are_not_told_apart() -> None:
    site = a_site()
    first, second = calls(site, 1, 5), calls(site, 2, 6)
    known = facts([first, second])
    known.curves.add_losses({site: [(step, 1.0) for step in range(1, 7)]})
    assert known.losses_of(first) == known.losses_of(second) == []


def test_a_loss_comes_from_the_line_that_came_by_at_its_step() -> None:
    site = a_site()
    first, second = calls(site, 1, 3), calls(site, 4, 6)
    known = facts([calls(a_site(), 1, 9), first, second])
    assert known.record_of(site, 2) is first and known.record_of(site, 5) is second
    assert known.record_of(site, 9) is first and known.record_of(a_site(), 2) is None


def test_the_only_optimizer_follows_every_loss() -> None:
    only, record = optimizer("opt"), calls(a_site(), 1, 9)
    assert facts([record], [only]).optimizer_of(record) is only
    assert facts([record]).optimizer_of(record) is None


def test_of_several_optimizers_the_one_that_steps_next_follows_a_loss() -> None:
    shared = frozenset({1, 2})
    d, g = optimizer("opt_d", shared, last=8), optimizer("opt_g", shared, last=9)
    record = calls(a_site(), 1, 9, shared)
    record.next_optimizers = [g]
    assert facts([record], [d, g]).optimizer_of(record) is g


def test_of_optimizers_made_one_after_another_the_last_one_follows_a_loss() -> None:
    first, second = optimizer("opt", frozenset({1}), last=5), optimizer("opt", frozenset({2}), last=9)
    record = calls(a_site(), 1, 9, frozenset({1, 2}))
    record.next_optimizers = [first, second]
    assert facts([record], [first, second]).optimizer_of(record) is second


def test_of_optimizers_that_step_together_the_only_one_that_holds_what_is_filled_follows_a_loss() -> None:
    d, g = optimizer("opt_d", frozenset({1}), last=9), optimizer("opt_g", frozenset({2}), last=9)
    loss_d, loss_g = calls(a_site(), 1, 8, frozenset({1})), calls(a_site(), 2, 9, frozenset({1, 2}))
    loss_g.next_optimizers = [d, g]
    known = facts([loss_d, loss_g], [d, g])
    assert known.optimizer_of(loss_d) is d and known.optimizer_of(loss_g) is None


def test_two_losses_of_the_same_weights_are_contested_if_two_optimizers_follow_them() -> None:
    d, g = optimizer("opt_d", frozenset({1}), last=8), optimizer("opt_g", frozenset({2}), last=9)
    loss_d, loss_g = calls(a_site(), 1, 8, frozenset({1})), calls(a_site(), 2, 9, frozenset({1, 2}))
    loss_d.next_optimizers, loss_g.next_optimizers = [d], [g]
    known = facts([loss_d, loss_g], [d, g])
    assert known.is_contested(loss_d) and known.is_contested(loss_g)


def test_two_losses_of_the_same_weights_are_not_contested_if_one_optimizer_follows_both() -> None:
    ours, other = optimizer("opt", frozenset({1}), last=9), optimizer("other", frozenset({2}), last=9)
    one, two = calls(a_site(), 1, 8, frozenset({1})), calls(a_site(), 2, 9, frozenset({1}))
    one.next_optimizers, two.next_optimizers = [ours], [ours]
    assert not facts([one, two], [ours, other]).is_contested(one)
    assert not facts([one, two], [ours]).is_contested(one)


def test_losses_of_other_weights_and_of_other_times_are_not_contested() -> None:
    a, b = optimizer("a", frozenset({1}), last=4), optimizer("b", frozenset({2}), last=9)
    one, elsewhere = calls(a_site(), 1, 9, frozenset({1})), calls(a_site(), 1, 9, frozenset({2}))
    one.next_optimizers, elsewhere.next_optimizers = [a], [b]
    assert not facts([one, elsewhere], [a, b]).is_contested(one)
    later = calls(a_site(), 10, 12, frozenset({1}))
    later.next_optimizers = [b]
    known = facts([one, later], [a, b])
    assert not known.is_contested(one) and not known.is_contested(later)


def test_the_first_loss_that_is_not_finite_is_kept_whichever_series_comes_first() -> None:
    curves, one, two = LossCurves(), a_site(1), a_site(2)
    curves.add_losses({one: [(1, 1.0), (9, math.nan)], two: [(2, 1.0), (4, math.inf), (6, math.nan)]})
    curves.add_losses({one: [(11, math.inf)]})
    assert curves.broken == (two, 4, math.inf)


def test_finite_losses_whose_sum_is_not_break_nothing() -> None:
    curves, site = LossCurves(), a_site()
    curves.add_losses({site: [(1, 1.7e308), (2, 1.7e308)]})
    assert curves.broken is None


def test_a_long_curve_keeps_its_beginning_and_its_spike_in_bounded_memory() -> None:
    curves, site = LossCurves(), a_site()
    for event in range(200):
        steps = range(1000 * event + 1, 1000 * event + 1001)
        curves.add_losses({site: [(step, 99.0 if step == 54_321 else 1.0) for step in steps]})
        assert len(curves.losses[site]) <= MOST + 1000
    points = curves.losses[site]
    assert [step for step, _ in points[:FIRST]] == list(range(1, FIRST + 1))
    assert (54_321, 99.0) in points and len(points) > FIRST + FEW


def test_only_so_many_call_sites_have_a_curve() -> None:
    curves = LossCurves()
    sites = [a_site(line) for line in range(SERIES + 3)]
    curves.add_losses({site: [(1, 1.0)] for site in sites})
    assert list(curves.losses) == sites[:SERIES]
    curves.add_losses({sites[-1]: [(2, math.nan)]})
    assert curves.broken is not None and curves.broken[:2] == (sites[-1], 2)


def test_the_latest_learning_rate_and_norms_are_kept() -> None:
    curves = LossCurves()
    norms = SeriesPoints("gradient norm", "gradient norm", ((1, 2.0),))
    curves.add_progress(TrainingProgress(1, (norms,), None, (), 0.1, 1))
    curves.add_progress(TrainingProgress(2, (), None, (), None, 2))
    assert curves.rate == 0.1 and curves.norms == [(1, 2.0)]
