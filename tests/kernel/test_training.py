"""A real kernel: what a training loop tells while it runs, and that it computes what it computes anywhere."""

from __future__ import annotations

import asyncio

import pytest

from tests.courses import course_in
from tests.nursery import Nursery
from tui_torch.course.proof.play import attempt
from tui_torch.course.step_run import run_of
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote
from tui_torch.protocol.events import (
    Event,
    Failed,
    Finished,
    Inspected,
    Output,
    PagesRead,
    TrainingProgress,
    Watched,
)
from tui_torch.protocol.orders import Plot, PlotSeries, Request, Run
from tui_torch.protocol.plots.plotted import Fitted, Plotted
from tui_torch.protocol.views import View, views_in

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("kernel")]


GAN = """
import torch
from torch import nn
torch.manual_seed(0)

def train(d, g, steps):
    opt_d, opt_g = torch.optim.SGD(d.parameters(), lr=0.1), torch.optim.Adam(g.parameters(), lr=0.01)
    for step in range(steps):
        fake = g(torch.randn(8, 2))
        opt_d.zero_grad()
        loss_d = (d(torch.randn(8, 2)) - 1).square().mean() + d(fake.detach()).square().mean()
        loss_d.backward()
        opt_d.step()
        opt_g.zero_grad()
        loss_g = (d(fake) - 1).square().mean()
        loss_g.backward()
        opt_g.step()
        print(loss_d.item(), loss_g.item())

d, g = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1)), nn.Linear(2, 2)
train(d, g, 80)
"""
FOREVER = """
import torch
x = torch.linspace(0, 1, 20)
w = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.001)
def fit():
    while True:
        optimizer.zero_grad()
        residual = w * x - 3 * x
        loss = residual.square().mean()
        loss.backward()
        optimizer.step()
fit()
"""


async def run(kernel: KernelSession, code: str, **order: object) -> list[Event]:
    events = [event async for event in kernel.run(Run(code, **order))]
    assert not [event for event in events if isinstance(event, Failed)], events
    return events


def series_of(events: list[Event]) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = {}
    for event in events:
        for series in event.series if isinstance(event, TrainingProgress) else ():
            found.setdefault(series.name, []).extend(series.points)
    return found


async def test_a_gan_has_two_losses_and_two_optimizers_and_the_numbers_of_bare_python(
    kernel: KernelSession, nursery: Nursery
) -> None:
    alone = nursery.python(GAN).stdout
    assert alone
    expected = [tuple(map(float, line.split())) for line in alone.splitlines()]

    events = await run(
        kernel, GAN, pins=("fake", "d", "d(fake)"), plot=Plot((PlotSeries("fake[:, 0]", "fake[:, 1]", "d(fake)"),))
    )

    assert "".join(event.text for event in events if isinstance(event, Output)) == alone
    found = series_of(events)
    assert [loss for _, loss in found["loss_d"]] == [loss_d for loss_d, _ in expected]
    assert [loss for _, loss in found["loss_g"]] == [loss_g for _, loss_g in expected]
    assert [step for step, _ in found["loss_g"]] == list(range(2, 161, 2))
    assert {rate for _, rate in found["opt_d.lr"]} == {0.1} and {rate for _, rate in found["opt_g.lr"]} == {0.01}
    assert {"opt_d gradient norm", "opt_g gradient norm"} <= found.keys()
    assert any(isinstance(event, Watched) for event in events) and any(isinstance(event, Plotted) for event in events)


async def test_log_draws_series_of_its_own(kernel: KernelSession) -> None:
    code = (
        "import torch\nfrom tui_torch import log\nw = torch.ones(1, requires_grad=True)\n"
        "for step in range(4):\n    (w * w).sum().backward()\n    log(accuracy=step / 4, w=w)"
    )

    found = series_of(await run(kernel, code))

    assert found["accuracy"] == [(1, 0.0), (2, 0.25), (3, 0.5), (4, 0.75)]
    assert found["w"] == [(1, 1.0), (2, 1.0), (3, 1.0), (4, 1.0)]


async def test_what_is_watched_is_told_during_the_run_and_can_be_chosen_anew_in_it(kernel: KernelSession) -> None:
    kernel.watch(("residual",), pages=(Request("values", "residual"),))
    seen: list[list[str]] = []
    pages: list[View] = []
    outcome = ""
    async with asyncio.timeout(60):
        async for event in kernel.run(Run(FOREVER, pins=("w",))):
            match event:
                case Watched(summaries):
                    seen.append([summary.name for summary in summaries])
                    if seen[-1] == ["w", "residual"]:
                        kernel.watch(("loss",))
                    elif seen[-1] == ["w", "loss"]:
                        await kernel.interrupt()
                case PagesRead():
                    pages.extend(views_in(event))
                case Finished():
                    outcome = event.outcome
                case _:
                    pass
    kernel.watch(())
    assert outcome == "interrupted"
    assert pages and all(view.request == Request("values", "residual") for view in pages)
    assert ["w", "residual"] in seen and ["w", "loss"] in seen


async def test_a_fresh_kernel_is_told_what_is_watched(zygote: Zygote) -> None:
    kernel = KernelSession(zygote=zygote)
    kernel.watch(("loss",))
    await kernel.start()
    try:
        await kernel.ready()
        events = await run(kernel, FOREVER.replace("while True", "for step in range(3000)"))
    finally:
        await kernel.close()
    (first, *_) = [event for event in events if isinstance(event, Watched)]
    assert [summary.name for summary in first.summaries] == ["loss"]


async def test_the_fit_moves_during_the_run_and_is_there_after_it(kernel: KernelSession) -> None:
    fitted: list[Fitted] = []
    async with asyncio.timeout(60):
        async for event in kernel.run(Run(FOREVER, plot=Plot((PlotSeries("x", "3 * x", "w * x"),)))):
            if isinstance(event, Plotted):
                fitted.append(event.series[0])
                if len(fitted) == 3:
                    await kernel.interrupt()
    assert len({event.fit for event in fitted}) == len(fitted) >= 3
    assert all(event.problem is None and len(event.points) == len(event.fit) == 20 for event in fitted)


async def test_a_plot_without_a_loop_is_drawn_after_the_run(kernel: KernelSession) -> None:
    events = await run(kernel, "x = [1.0, 2.0]\ny = [3.0, 4.0]", plot=Plot((PlotSeries("x", "y"),)))

    assert [event for event in events if isinstance(event, Plotted)] == [Plotted((Fitted(((1.0, 3.0), (2.0, 4.0))),))]
    kinds = [type(event) for event in events]
    assert kinds.index(Plotted) < kinds.index(Inspected)


async def test_a_run_that_failed_before_the_names_were_there_says_only_why_it_failed(kernel: KernelSession) -> None:
    events = [event async for event in kernel.run(Run("1 / 0", plot=Plot((PlotSeries("x", "y"),))))]
    assert not [event for event in events if isinstance(event, Plotted)]


async def test_a_lessons_plot_is_told_as_it_is_played(kernel: KernelSession) -> None:
    course = course_in()
    lesson = next(lesson for lesson in course.lessons if lesson.id == "fit-a-line")
    step = next(step for step in lesson.steps if getattr(step, "plot", None) is not None and step.plot.is_fit)
    code = step.code if step.kind == "example" else step.solution
    assert run_of(lesson, step, code).plot == step.plot

    events: list[Event] = []
    played = await attempt(kernel, lesson, step, code, watch=events.append)

    assert played.failed is None
    fitted = [event.series[0] for event in events if isinstance(event, Plotted)]
    assert fitted and fitted[-1].problem is None and fitted[-1].points and fitted[-1].fit


async def test_the_losses_of_every_series_are_one_list_in_the_order_of_the_steps(kernel: KernelSession) -> None:
    lesson = course_in().lesson("tensor-creation")
    code = "import torch\nw = torch.ones(1, requires_grad=True)\nfor i in range(5):\n"
    code += "    a = (w * 2 * i).sum()\n    a.backward()\n    b = (w * (2 * i + 1)).sum()\n    b.backward()"

    played = await attempt(kernel, lesson, lesson.steps[0], code)

    assert played.losses == tuple(float(number) for number in range(10))
