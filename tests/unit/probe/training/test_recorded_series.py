"""Which series a loop has: losses by their expressions, learning rates and gradient norms by their optimizers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import pytest
import torch
from torch.optim.optimizer import _global_optimizer_post_hooks

from tests.unit.probe.training.recorded_run import Run
from tui_torch.probe.source.call_sites import MOST, CallSite


@pytest.fixture
def run() -> Iterator[Run]:
    run = Run()
    yield run
    run.recorder.uninstall()


def test_a_gan_has_two_losses_and_they_share_the_steps(run: Run) -> None:
    d, g = torch.nn.Linear(2, 1), torch.nn.Linear(2, 2)
    seen: list[float] = []
    for _ in range(3):
        loss_d = d(g(torch.randn(4, 2)).detach()).mean()
        loss_d.backward()
        loss_g = -d(g(torch.randn(4, 2))).mean()
        loss_g.backward()
        seen += [loss_d.item(), loss_g.item()]
    found = run.series()
    assert found["loss_d"] == list(zip((1, 3, 5), seen[::2], strict=True))
    assert found["loss_g"] == list(zip((2, 4, 6), seen[1::2], strict=True))
    assert [loss for event in run.events for _, loss in event.losses] == seen


def test_two_functions_at_the_same_instruction_are_told_apart(run: Run) -> None:
    def one(first: torch.Tensor) -> None:
        first.backward()

    def two(second: torch.Tensor) -> None:
        second.backward()

    for number in range(3):
        one(torch.tensor(float(number), requires_grad=True) * 1)
        two(torch.tensor(10.0 + number, requires_grad=True) * 1)
    found = run.series()
    assert found["first"] == [(1, 0.0), (3, 1.0), (5, 2.0)]
    assert found["second"] == [(2, 10.0), (4, 11.0), (6, 12.0)]


def test_the_losses_of_one_name_are_handed_on_apart_by_where_they_come_from(run: Run) -> None:
    taken: dict[CallSite, list[tuple[int, float]]] = {}

    def take(by_site: Mapping[CallSite, Sequence[tuple[int, float]]]) -> None:
        for site, points in by_site.items():
            taken.setdefault(site, []).extend(points)

    met: list[CallSite | None] = []
    run.recorder.losses_taken.append(take)
    run.recorder.before_backward.append(lambda loss, site: met.append(site))
    for number in range(3):
        loss = torch.tensor(float(number), requires_grad=True) * 1
        loss.backward()
        loss = torch.tensor(10.0 + number, requires_grad=True) * 1
        loss.backward()
        run.now += 1
    assert run.series()["loss"] == [(1, 0.0), (2, 10.0), (3, 1.0), (4, 11.0), (5, 2.0), (6, 12.0)]
    assert list(taken.values()) == [[(1, 0.0), (3, 1.0), (5, 2.0)], [(2, 10.0), (4, 11.0), (6, 12.0)]]
    assert met[::2] == [met[0]] * 3 and met[1::2] == [met[1]] * 3
    assert list(taken) == met[:2] and [site.name for site in taken] == ["loss", "loss"]


def test_code_that_is_compiled_in_every_step_keeps_all_its_losses_in_bounded_memory(run: Run) -> None:
    one = torch.tensor(1.0, requires_grad=True)

    def elsewhere(loss: torch.Tensor) -> None:
        loss.backward()

    elsewhere(one * 3)
    for step in range(MOST + 10):
        exec(compile("(one * 2).backward()", "<a test>", "exec"), {"one": one})
        if step % 500 == 0:
            run.now += 1
    elsewhere(one * 4)
    recorder = run.recorder
    assert len(recorder._sources) <= MOST and len(recorder._by_instruction) <= MOST
    assert sum(map(len, recorder._book._buffers.values())) <= MOST + 2
    recorder.end()
    points = [point for event in run.events for point in event.losses]
    assert points[0] == (1, 3.0) and points[-1] == (MOST + 12, 4.0)


def test_one_optimizer_is_not_named(run: Run) -> None:
    weight = torch.nn.Parameter(torch.tensor(3.0))
    optimizer = torch.optim.SGD([weight], lr=0.5)
    loss = weight**2
    loss.backward()
    optimizer.step()
    assert run.series() == {"loss": [(1, 9.0)], "lr": [(1, 0.5)], "gradient norm": [(1, 6.0)]}
    assert [series.kind for series in run.events[-1].series] == ["learning rate", "gradient norm"]


def test_several_optimizers_are_named_by_the_variables_that_hold_them(run: Run) -> None:
    a, b = torch.nn.Parameter(torch.tensor(3.0)), torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    opt_a, opt_b = torch.optim.SGD([a], lr=0.5), torch.optim.Adam([b], lr=0.25)
    loss = a**2 + (b**2).sum()
    loss.backward()
    for optimizer in (opt_a, opt_b):
        optimizer.step()
    found = run.series()
    assert (found["opt_a.lr"], found["opt_b.lr"]) == ([(1, 0.5)], [(1, 0.25)])
    assert (found["opt_a gradient norm"], found["opt_b gradient norm"]) == ([(1, 6.0)], [(1, 10.0)])


def test_optimizers_are_named_though_the_first_event_comes_before_the_second_has_stepped(run: Run) -> None:
    a, b = torch.nn.Parameter(torch.tensor(3.0)), torch.nn.Parameter(torch.tensor(3.0))
    held = {"a": torch.optim.SGD([a], lr=0.5), "b": torch.optim.SGD([b], lr=0.25)}
    for _ in range(2):
        (a * 1).backward()
        held["a"].step()
        run.now += 1
        (b * 1).backward()
        held["b"].step()
        run.now += 1
    assert {name for name in run.series() if name.endswith("lr")} == {"held['a'].lr", "held['b'].lr"}


def test_an_optimizer_of_an_object_is_named_as_it_is_called(run: Run) -> None:
    class Trainer:
        def __init__(self) -> None:
            weights = [torch.nn.Parameter(torch.ones(1)) for _ in range(2)]
            self.opt_d, self.opt_g = (torch.optim.SGD([weight], lr=0.1) for weight in weights)

        def fit(self) -> None:
            self.opt_d.step()
            self.opt_g.step()

    Trainer().fit()
    assert set(run.series()) == {"opt_d.lr", "opt_g.lr"}


def test_a_new_optimizer_in_the_same_variable_goes_on_with_its_series(run: Run) -> None:
    for rate in (0.5, 0.25):
        weight = torch.nn.Parameter(torch.tensor(3.0))
        optimizer = torch.optim.SGD([weight], lr=rate)
        for _ in range(2):
            (weight * 1).backward()
            optimizer.step()
            run.now += 1
    assert run.series()["lr"] == [(1, 0.5), (2, 0.5), (3, 0.25), (4, 0.25)]


def test_a_rate_that_jumps_is_drawn_as_a_jump(run: Run) -> None:
    weight = torch.nn.Parameter(torch.tensor(3.0))
    optimizer = torch.optim.SGD([weight], lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 5, gamma=0.1)
    for _ in range(8):
        (weight * 1).backward()
        optimizer.step()
        scheduler.step()
    assert run.series()["lr"] == [(1, 0.1), (5, 0.1), (6, pytest.approx(0.01)), (8, pytest.approx(0.01))]


class FastLoop:
    """A loop of ten thousand steps a second, of code that calls `backward()` in one place."""

    def __init__(self, run: Run) -> None:
        self.run = run
        run.recorder.begin("loss.backward()")
        self.weight = torch.nn.Parameter(torch.tensor(3.0))
        self.optimizer = torch.optim.SGD([self.weight], lr=0.5)

    def go_on(self, steps: int, *, backwards: int = 1) -> None:
        for _ in range(steps):
            for _ in range(backwards):
                loss = self.weight * 1
                loss.backward()
                self.run.now += 1e-4
            self.optimizer.step()


@pytest.mark.parametrize("backwards", [1, 3])
def test_steps_of_optimizers_are_counted_heard_or_not(run: Run, backwards: int) -> None:
    loop = FastLoop(run)
    loop.go_on(1500, backwards=backwards)
    assert bool(_global_optimizer_post_hooks) is (backwards > 1)
    run.recorder.end()
    assert (run.events[-1].step, run.events[-1].optimizer_steps) == (1500 * backwards, 1500)
    assert not _global_optimizer_post_hooks


def test_a_rate_that_changes_while_nothing_is_heard_is_seen_a_moment_later(run: Run) -> None:
    loop = FastLoop(run)
    loop.go_on(1500)
    loop.optimizer.param_groups[0]["lr"] = 0.25
    loop.go_on(500)
    rates = run.series()["lr"]
    changed = next(step for step, rate in rates if rate == 0.25)
    assert 1500 < changed <= 1500 + 64 and rates[-1] == (2000, 0.25)


def test_an_optimizer_that_is_made_while_nothing_is_heard_is_heard_at_once(run: Run) -> None:
    loop = FastLoop(run)
    loop.go_on(1500)
    before, loop.optimizer = loop.optimizer, torch.optim.SGD([loop.weight], lr=0.125)
    loop.go_on(500)
    assert (1501, 0.125) in [point for name, points in run.series().items() if name.endswith("lr") for point in points]
    assert before.param_groups[0]["lr"] == 0.5


def test_a_rate_in_a_tensor_is_read_at_the_events(run: Run) -> None:
    weight = torch.nn.Parameter(torch.tensor(3.0))
    optimizer = torch.optim.Adam([weight], lr=torch.tensor(0.5), capturable=False, foreach=False)
    (weight * 1).backward()
    optimizer.step()
    assert run.series()["lr"] == [(1, 0.5)]


def test_the_gradient_norm_is_that_of_all_gradients_together(run: Run) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(torch.randn(5, 3)).square().mean().backward()
    norm = torch.nn.utils.get_total_norm([p.grad for p in model.parameters() if p.grad is not None]).item()
    optimizer.step()
    optimizer.zero_grad()
    assert run.series()["gradient norm"] == [(1, pytest.approx(norm))]


def test_a_loop_that_steps_by_hand_has_a_gradient_norm_too(run: Run) -> None:
    w = torch.tensor([3.0, 4.0], requires_grad=True)
    for _ in range(2):
        loss = (w * torch.tensor([3.0, 4.0])).sum()
        loss.backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
            w.grad.zero_()
        run.now += 1
    assert run.series()["gradient norm"] == [(2, 5.0)]


def test_gradients_of_half_precision_and_sparse_ones_have_a_norm(run: Run) -> None:
    embedding = torch.nn.Embedding(10, 2, sparse=True)
    half = torch.nn.Parameter(torch.full((4,), 3e4, dtype=torch.float16))
    (embedding(torch.tensor([1, 1, 2])).sum()).backward()
    half.grad = torch.full((4,), 6e4, dtype=torch.float16)
    torch.optim.SGD([*embedding.parameters(), half], lr=0.0).step()
    (point,) = run.series()["gradient norm"]
    assert point[1] == pytest.approx(math.hypot(*(2.0, 2.0, 1.0, 1.0), *(59_968.0,) * 4), rel=1e-3)


def test_how_fast_steps_come_is_told_from_the_second_event_on(run: Run) -> None:
    for _ in range(21):
        (torch.tensor(1.0, requires_grad=True) * 1).backward()
        run.now += 0.01
    run.recorder.end()
    assert run.events[0].steps_per_second is None
    assert [event.steps_per_second for event in run.events[1:]] == [pytest.approx(100.0)] * len(run.events[1:])


def test_a_million_steps_take_no_more_memory_than_a_thousand(run: Run) -> None:
    import tracemalloc

    loss = torch.tensor(1.0, requires_grad=True) * 1
    step = run.recorder._record
    frame = __import__("sys")._getframe()

    def steps(count: int) -> int:
        for _ in range(count):
            step(loss, frame)
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = steps(10_000)
        assert steps(200_000) - before < 1_000_000
    finally:
        tracemalloc.stop()
