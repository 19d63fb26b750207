"""Values and the fit are told from inside a loop, which computes what it computes without that."""

from __future__ import annotations

import gc
import linecache
import warnings
import weakref
from typing import Any

import torch

from tui_torch.probe.inspector.live import LiveView
from tui_torch.probe.inspector.namespace_diff import Inspector
from tui_torch.probe.isolation.time_budget import TimeBudget
from tui_torch.probe.lesson.namespace import seed
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.protocol.events import PagesRead, Summary, TrainingProgress, Watched
from tui_torch.protocol.orders import LIVE_SIDES, Plot, PlotSeries, Request
from tui_torch.protocol.plots.plotted import Fitted, Plotted
from tui_torch.protocol.views import ValuesView, views_in

LOOP = """
import torch, warnings
from torch import nn
model = nn.Sequential(nn.Linear(1, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.linspace(0, 1, 16).unsqueeze(1)
def train():
    losses = []
    for step in range(20):
        optimizer.zero_grad()
        hidden = model(x) + 0.1 * torch.randn(16, 1)
        loss = (hidden - 3 * x).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        warnings.warn("said once")
        tick()
    return losses
losses = train()
"""

PINS = ("w", "fixed", "w.grad")


class Session:
    """A program that runs with everything looking on, or with nothing. Each step of its loop takes `pace` seconds."""

    def __init__(self, *, pins: tuple[str, ...] = (), plot: Plot | None = None, pace: float = 0.1) -> None:
        self.now = 0.0
        self.pace = pace
        self.told: list[TrainingProgress | Watched | Plotted | PagesRead] = []
        self.names: dict[str, Any] = {"tick": self.tick}
        self.inspector = Inspector(lambda: self.now)
        self.live = LiveView(self.names, self.inspector, self.told.append, clock=lambda: self.now)
        self.live.prepare(pins, plot)
        self.recorder = TrainingRecorder(self.told.append, lambda: self.now)
        self.recorder.in_the_loop.append(self.live.in_the_loop)
        self.pins = pins

    def tick(self) -> None:
        self.now += self.pace

    def run(self, code: str, *, looked_at: bool = True, live: bool = True) -> list[str]:
        """Run the code; the warnings that it gave."""
        seed(0)
        linecache.cache["<your code>"] = (len(code), None, code.splitlines(keepends=True), "<your code>")
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("default")
            try:
                if looked_at:
                    self.inspector.inspect(self.names, self.pins)
                    self.recorder.install()
                    self.recorder.begin(code)
                    self.live.begin(live=live)
                exec(compile(code, "<your code>", "exec"), self.names)
            finally:
                self.recorder.end()
                self.recorder.uninstall()
        if looked_at:
            self.live.end(failed=False)
        return [str(warning.message) for warning in warned]

    @property
    def watched(self) -> list[dict[str, Summary]]:
        events = [event for event in self.told if isinstance(event, Watched)]
        return [{summary.name: summary for summary in event.summaries} for event in events]

    @property
    def fitted(self) -> list[Fitted]:
        return [event.series[0] for event in self.told if isinstance(event, Plotted)]


def test_a_loop_computes_the_same_numbers_and_warns_the_same_whether_it_is_looked_at_or_not() -> None:
    alone = Session()
    warned = alone.run(LOOP, looked_at=False)
    watched = Session(pins=("hidden", "model", "model(x)", "loss"), plot=Plot((PlotSeries("x", "3 * x", "model(x)"),)))
    assert watched.run(LOOP) == warned == ["said once"]
    assert watched.names["losses"] == alone.names["losses"]
    for name, buffer in watched.names["model"].state_dict().items():
        assert torch.equal(buffer, alone.names["model"].state_dict()[name])
    assert len(watched.watched) > 5 and len(watched.fitted) > 5


def test_the_names_of_the_running_function_are_seen_with_their_gradients() -> None:
    session = Session(pins=("hidden", "model"))
    session.run(LOOP)
    last = session.watched[-1]
    assert last["hidden"].shape == (16, 1) and last["hidden"].grad_fn == "AddBackward0"
    assert all(parameter.gradient_norm is not None for parameter in last["model"].parameters)


def test_values_come_at_most_five_times_a_second() -> None:
    session = Session(pins=("loss",), pace=0.01)
    session.run(LOOP.replace("range(20)", "range(200)"))
    assert 8 <= len(session.watched) <= 11


def test_the_pages_in_sight_follow_a_value_while_the_loop_changes_nothing_else() -> None:
    alone, session = Session(), Session()
    alone.run(LOOP, looked_at=False)
    hidden = tuple(Request(side, "hidden") for side in LIVE_SIDES)
    session.live.pages = (
        *hidden,
        Request("values", "hidden", frame=0),
        Request("memory", "hidden"),
        Request("values", "no"),
    )
    session.run(LOOP)
    told = [list(views_in(event)) for event in session.told if isinstance(event, PagesRead)]
    assert len(told) > 5
    assert all([view.request for view in views] == list(session.live.pages[: len(LIVE_SIDES) + 1]) for views in told)
    assert len({values.window for values, *_ in told if isinstance(values, ValuesView)}) == len(told)
    assert session.names["losses"] == alone.names["losses"]


def test_pages_come_at_most_five_times_a_second() -> None:
    session = Session(pace=0.01)
    session.live.pages = (Request("picture", "hidden"),)
    session.run(LOOP.replace("range(20)", "range(200)"))
    assert 8 <= sum(isinstance(event, PagesRead) for event in session.told) <= 11


def test_what_is_watched_can_change_while_the_loop_runs() -> None:
    session = Session()

    def tick() -> None:
        session.now += 0.3
        session.live.watched = ("step", "nowhere") if session.now > 3 else ("loss",)

    session.names["tick"] = tick
    session.live.watched = ("loss",)
    session.run(LOOP)
    assert list(session.watched[0]) == ["loss"] and list(session.watched[-1]) == ["step"]


def test_a_change_is_since_the_last_look_and_the_inspection_is_as_if_there_had_been_none() -> None:
    code = "import torch\nw = torch.ones(2, requires_grad=True)\nfixed = torch.zeros(3)\n"
    loop = "for _ in range(3):\n    (w * w).sum().backward()\n    w.data += 1\n    tick()\n"
    session, alone = Session(pins=PINS, pace=0.3), Session(pins=PINS)
    session.run(code + loop)
    assert [look["w"].change for look in session.watched] == ["new", "changed in place", "changed in place"]
    assert [look["fixed"].change for look in session.watched] == ["new", "same", "same"]
    alone.inspector.inspect(alone.names, alone.pins)
    exec(code + loop, alone.names)

    def verdicts(of: Session) -> list[tuple[str, str]]:
        inspection = of.inspector.inspect(of.names, of.pins)
        return [(summary.name, summary.change) for summary in (*inspection.pinned, *inspection.variables)]

    assert verdicts(session) == verdicts(alone)


def test_a_run_that_is_recorded_line_by_line_is_not_looked_at() -> None:
    session = Session(pins=("loss",), plot=Plot((PlotSeries("x", "x", "model(x)"),)))
    session.run(LOOP, live=False)
    assert session.watched == [] and len(session.fitted) == 1


def test_the_fit_follows_the_weights_and_is_there_in_the_end() -> None:
    session = Session(plot=Plot((PlotSeries("x", "3 * x", "model(x)"),)))
    session.run(LOOP)
    assert len({fitted.fit for fitted in session.fitted}) == len(session.fitted)
    assert all(len(fitted.points) == len(fitted.fit) == 16 for fitted in session.fitted)


def test_a_problem_is_said_once() -> None:
    session = Session(plot=Plot((PlotSeries("x", "x", "model(x)[0]"),)))
    session.run(LOOP)
    assert [fitted.problem is not None for fitted in session.fitted] == [True]


def test_nothing_that_was_watched_is_kept() -> None:
    code = """
import torch
def fit():
    w = torch.ones(3, requires_grad=True)
    for _ in range(3):
        big = w * 2
        watch(big)
        big.sum().backward()
        tick()
        del big
        gone()
fit()
"""
    session = Session(pins=("big", "w"), pace=0.3)
    watched: list[Any] = []
    left: list[object] = []
    session.names["watch"] = lambda value: watched.append(weakref.ref(value))
    session.names["gone"] = lambda: (gc.collect(), left.append(watched[-1]()))
    session.run(code)
    assert len(session.watched) == 3 and left == [None] * 3


def test_an_allowance_is_a_share_of_the_time_and_the_first_time_is_free() -> None:
    now = [0.0]
    allowance = TimeBudget(0.01, 0.2, lambda: now[0])
    assert allowance.permits()
    with allowance.spending():
        now[0] += 0.1
    for moment, permitted in ((0.5, False), (9.9, False), (10.1, True)):
        now[0] = moment
        assert allowance.permits() is permitted
    with allowance.spending():
        pass
    now[0] += 0.1
    assert not allowance.permits()
