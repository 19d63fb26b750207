"""How much of a run the coach looks at, and that it counts what it does not look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from tests.unit.probe.coach.runs import FILE, IMPORTS
from tui_torch.probe.coach import coach as coaching
from tui_torch.probe.coach.coach import Coach
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, Step
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.protocol.notes import Note

MODEL = "model = nn.Linear(1, 1)\nopt = torch.optim.SGD(model.parameters(), lr=0.01)\nx = torch.ones(4, 1)\n"
LOOP = """\
for step in range({steps}):
    model(x).mean().backward()
    if step % {each} == {each} - 1:
        opt.step()
        opt.zero_grad()
"""
ONCE = "def once():\n    model(x).mean().backward()\n    opt.step()\n    opt.zero_grad()\n"


class Looks(CoachRule):
    """Keeps what it is shown, and finds nothing."""

    latest: Looks

    def __init__(self) -> None:
        self.before: list[BackwardSnapshot] = []
        self.after: list[BackwardSnapshot] = []
        self.steps: list[Step] = []
        self.without_gradients: list[dict[str, Any]] = []
        self.facts: Facts | None = None
        Looks.latest = self

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        self.before.append(snapshot)

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        self.after.append(snapshot)

    def before_step(self, step: Step) -> None:
        self.steps.append(step)

    def gradients_off(self, frame: FrameType, names: Any) -> None:
        self.without_gradients.append(dict(names))

    def notes(self, facts: Facts) -> Iterator[Note]:
        self.facts = facts
        sites = [(record.count, record.first, record.last) for record in facts.sites]
        self.counted = (facts.backwards, facts.unseen, sites, [record.steps for record in facts.optimizers])
        return iter(())


Watch = Callable[..., Looks]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Runs pieces of code, one after the other, as one run; between two of them it is time to look again."""
    monkeypatch.setattr(coaching, "RULES", (Looks,))
    now, tick = 0.0, 0.0

    def clock() -> float:
        nonlocal now
        now += tick
        return now

    coach = Coach(FILE, lambda note: None, clock)
    recorder = TrainingRecorder(coach.trained, lambda: 0.0)
    coach.listen_to(recorder)
    recorder.install()

    def run(*codes: str, seconds: float = 0.0) -> Looks:
        """`seconds` pass whenever the coach reads the clock."""
        nonlocal now, tick
        tick = seconds
        names: dict[str, Any] = {"__name__": "__main__"}
        exec(IMPORTS, names)
        source = "".join(codes)
        recorder.begin(source)
        coach.begin(source, names)
        for at, code in enumerate(codes):
            if at:
                now += 1000
                coach._watcher.look_again()
            exec(compile("\n" * "".join(codes[:at]).count("\n") + code, FILE, "exec", dont_inherit=True), names)
        recorder.end()
        coach.end()
        assert coach.failures.met == []
        return Looks.latest

    yield run
    # The coach's run is over, and the recorder goes on with one that the coach does not follow.
    recorder.begin()
    code = IMPORTS + MODEL + "model(x).mean().backward()\n"
    exec(compile(code, FILE, "exec", dont_inherit=True), {"__name__": "__main__"})
    assert not recorder.before_backward and not recorder.after_backward
    recorder.uninstall()
    coach.uninstall()


@pytest.mark.parametrize("steps", [1, 11, 12, 13, 100])
def test_twelve_steps_of_a_loop_are_looked_at_and_the_others_counted(watch: Watch, steps: int) -> None:
    looks = watch(MODEL + LOOP.format(steps=steps, each=1))
    seen = min(steps, 12)
    assert (len(looks.before), len(looks.after), len(looks.steps)) == (seen, seen, seen)
    assert looks.counted == (steps, steps - seen, [(steps, 1, steps)], [steps])
    assert [snapshot.number for snapshot in looks.before] == list(range(1, seen + 1))


@pytest.mark.parametrize(("each", "seen"), [(2, 12), (4, 12), (5, 15), (10, 30), (16, 40), (1000, 40)])
def test_where_gradients_accumulate_three_steps_are_waited_for_up_to_forty_backwards(
    watch: Watch, each: int, seen: int
) -> None:
    looks = watch(MODEL + LOOP.format(steps=100, each=each))
    assert len(looks.before) == len(looks.after) == seen
    assert looks.counted[0] == 100 and looks.counted[3] == ([100 // each] if each <= 100 else [])


def test_when_it_is_time_to_look_again_four_steps_are_looked_at(watch: Watch) -> None:
    again = "for step in range(50):\n    once()\n"
    looks = watch(MODEL + ONCE + again, again, again)
    # Of the last of them, the backward().
    assert (len(looks.before), len(looks.after), len(looks.steps)) == (20, 20, 18)
    assert looks.counted == (150, 130, [(150, 1, 150)], [150])


def test_the_first_looks_are_free_and_those_that_follow_take_a_thousandth_of_the_time(watch: Watch) -> None:
    again = "for step in range(50):\n    once()\n"
    looks = watch(MODEL + ONCE + again, again, again, seconds=1.0)
    assert len(looks.before) == 12 + 4


def test_what_is_not_looked_at_is_counted_where_it_was_last_heard(watch: Watch) -> None:
    one, other = "for step in range(50):\n    once()\n", "for step in range(40):\n    twice()\n"
    looks = watch(MODEL + ONCE + ONCE.replace("once", "twice").replace("mean", "sum") + one, other, one)
    assert [(count, first) for count, first, _ in looks.counted[2]] == [(100, 1), (40, 51)]


def test_each_call_site_is_looked_at_and_counted_by_itself(watch: Watch) -> None:
    looks = watch(
        MODEL
        + "for step in range(30):\n    model(x).mean().backward()\n    model(x).sum().backward()\n    opt.step()\n"
    )
    assert looks.counted == (60, 36, [(30, 1, 60), (30, 2, 60)], [30])
    assert [snapshot.record.line for snapshot in looks.before] == [5, 6] * 12


def test_a_backward_that_is_no_scalars_is_not_counted(watch: Watch) -> None:
    looks = watch(MODEL + "y = model(x)\ny.backward(torch.ones(4, 1))\nmodel(x).mean().backward()\n")
    assert looks.counted[:2] == (1, 0) and len(looks.before) == 1


def test_a_backward_that_fails_is_looked_at_before_and_not_after(watch: Watch) -> None:
    looks = watch(
        MODEL + "loss = model(x).mean()\nloss.backward()\ntry:\n    loss.backward()\nexcept RuntimeError:\n    pass\n"
    )
    assert (len(looks.before), len(looks.after)) == (2, 1)


@pytest.mark.parametrize(
    "off",
    [
        "for step in range(30):\n    with torch.no_grad():\n        model(x)\n",
        "@torch.no_grad()\ndef judge(given):\n    return given\nfor step in range(30):\n    judge(model)\n",
        "for step in range(30):\n    with torch.inference_mode():\n        model(x)\n",
    ],
    ids=["with", "decorator", "inference mode"],
)
def test_twelve_times_that_gradients_are_off_are_looked_at(watch: Watch, off: str) -> None:
    looks = watch(MODEL + off)
    assert len(looks.without_gradients) == 12
    assert all("model" in names for names in looks.without_gradients)


def test_a_decorated_function_is_shown_with_what_it_is_given(watch: Watch) -> None:
    looks = watch(MODEL + "@torch.no_grad()\ndef judge(net, scale):\n    return net\njudge(model, scale=2)\n")
    [names] = looks.without_gradients
    assert names["net"] is names["model"] and names["scale"] == 2


def test_only_so_many_call_sites_are_told_apart(watch: Watch) -> None:
    looks = watch(MODEL + "model(x).mean().backward()\n" * 70)
    assert looks.facts is not None
    assert (len(looks.counted[2]), looks.counted[0]) == (64, 70)
