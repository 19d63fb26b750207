"""Pictures of what a learner sees: each screen at three sizes in both themes, and the moments of a lesson.

Most are taken at one size in the suite, in turn at the one or the other, and at all of them in the full count.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import pytest
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input, TextArea

from tests.spread import in_turn
from tests.ui import charted
from tests.ui.conftest import Build, alter_step, editor_of, kernel_of, lines, seen, until
from tui_torch.kernel.session import KernelState
from tui_torch.protocol.orders import Plot, PlotSeries
from tui_torch.tutor.config import Config
from tui_torch.ui.app import TutorApp
from tui_torch.ui.charts.loss_chart import LossChart
from tui_torch.ui.lesson.running import code_run

Picture = Callable[..., bool]
"""`snap_compare`: whether an app looks as it did."""

pytestmark = pytest.mark.usefixtures("seen_always")

NOW = 1000.0
"""The time in every picture, in seconds."""

SMALL, USUAL, LARGE = (80, 24), (120, 40), (200, 60)
SIZES = {"80x24": SMALL, "120x40": USUAL}
THEMES = {theme: theme for theme in ("ember-dark", "ember-light")}
SCREENS = {screen: screen for screen in ("lesson", "lessons", "help")}


def comes_to_rest(app: TutorApp) -> Callable[[], bool]:
    """Whether the screen, colours and all, has been the same at three looks in a row."""
    looks: list[list[Strip]] = []

    def rests() -> bool:
        looks.append(app.screen._compositor.render_strips())
        return len(looks) >= 3 and looks[-3] == looks[-2] == looks[-1]

    return rests


def ready(*keys: str, shown: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Press keys, and wait until a text is on the screen and the footer below it."""

    async def act(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "Lessons" in lines(pilot.app)[-1])
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
        await until(pilot, lambda: shown in seen(pilot.app))
        app = pilot.app
        assert isinstance(app, TutorApp)
        if isinstance(app.focused, Input | TextArea):
            app.focused.cursor_blink = False
        if kernel_of(app).state is KernelState.RUNNING:
            assert app.lesson_screen.run.in_progress is not None
            app.lesson_screen.run.in_progress.since = NOW - 3.4
            await until(pilot, lambda: "running 3.4 s" in seen(app))
        await until(pilot, comes_to_rest(app))

    return act


@pytest.fixture(autouse=True)
def _no_time_goes_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_run, "time", SimpleNamespace(monotonic=lambda: NOW))


def named(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


@pytest.mark.parametrize(("screen", "size", "theme"), in_turn(SCREENS, {**SIZES, "200x60": LARGE}, THEMES, each=3))
def test_a_screen_looks_as_it_did(
    build: Build, snap_compare: Picture, screen: str, size: tuple[int, int], theme: str
) -> None:
    app = build(config=Config(theme=theme))
    progress = app.tutor.progress
    match screen:
        case "lesson":
            act = ready("f5", shown="Ran in 42 ms.")
        case "lessons":
            progress.mark_done("gradients", "three-scalars")
            progress.mark_done("gradients", "a-square")
            progress.mark_done("fit-a-plane", "the-loop")
            act = ready("l", shown="3 of 4 steps done")
        case _:
            act = ready("question_mark", shown="run the code; in an exercise, grade it too")
    assert snap_compare(app, terminal_size=size, run_before=act)


MOMENTS = {
    "before-a-run": ("three-scalars", ready(shown="ready")),
    "an-error": ("an-error", ready("f5", shown="It raised an error")),
    "a-coachs-note": ("a-note", ready("f5", "m", shown="Try: ")),
    "validation-that-rises": ("a-validation", ready("f5", "m", shown="by heart")),
    "a-quiz-answered-wrong": ("dy-dx", ready("2", shown="Ran in")),
    "an-exercise-not-solved": ("a-square-starter", ready("f5", shown="Not yet")),
    "an-exercise-solved": ("a-square-solved", ready("f5", shown="Solved: ")),
    "hints": ("a-square-starter", ready("h", "h", shown="Hint 2.")),
    "a-bar-below-what-is-printed": ("a-bar", ready("f5", shown="Ran in")),
    "a-figure": ("a-figure", ready("f5", shown="Ran in")),
    "a-figure-over-the-whole-screen": ("a-figure", ready("f5", "f", shown="Figure, 320")),
    "a-line-is-asked-for": ("an-input", ready("f5", shown="The code waits for a line")),
    "a-question-to-confirm": ("a-square-starter", ready("s", shown="Show the solution?")),
    "the-editor": ("three-scalars", ready("e", shown="Leave the editor")),
}
"""What is pictured: its recording, and the keys that lead there."""


@pytest.mark.parametrize(("moment", "size"), in_turn({moment: moment for moment in MOMENTS}, SIZES, each=2))
def test_a_moment_looks_as_it_did(build: Build, snap_compare: Picture, moment: str, size: tuple[int, int]) -> None:
    recording, act = MOMENTS[moment]
    assert snap_compare(build(recording), terminal_size=size, run_before=act)


@pytest.mark.parametrize(("size", "theme"), in_turn(SIZES, THEMES, each=2))
def test_a_finished_lesson_looks_as_it_did(
    build: Build, snap_compare: Picture, size: tuple[int, int], theme: str
) -> None:
    text = "- `backward()` fills `.grad`.\n- `zero_grad()` empties it for the next one.\n- `step()` moves the weights."
    app = build("the-loop", config=Config(theme=theme))
    alter_step(app, text=text)

    async def act(pilot: Pilot[None]) -> None:
        await ready("f5", shown="Ran in 42 ms.")(pilot)
        await pilot.press("n")
        await until(pilot, lambda: "Finished: Fitting a plane" in seen(app))
        await until(pilot, comes_to_rest(app))

    assert snap_compare(app, terminal_size=size, run_before=act)


@pytest.mark.parametrize("size", in_turn(SIZES, each=2))
def test_an_exercise_in_ascii_looks_as_it_did(build: Build, snap_compare: Picture, size: tuple[int, int]) -> None:
    app = build("a-square-starter", ascii_only=True)
    assert snap_compare(app, terminal_size=size, run_before=ready("f5", shown="Not yet"))


PLAIN_SCREENS = {
    "lesson": ready("f5", shown="Ran in 42 ms."),
    "lessons": ready("l", shown="0 of 4 steps done"),
    "help": ready("question_mark", shown="run the code; in an exercise, grade it too"),
}
"""Screens as terminals without Unicode, and those without colours, show them."""


@pytest.mark.parametrize("screen", PLAIN_SCREENS)
def test_a_screen_in_ascii_looks_as_it_did(build: Build, snap_compare: Picture, screen: str) -> None:
    app = build(ascii_only=True)

    async def act(pilot: Pilot[None]) -> None:
        await PLAIN_SCREENS[screen](pilot)
        assert seen(app).isascii()

    assert snap_compare(app, terminal_size=SMALL, run_before=act)


COLOURLESS = {
    **{screen: ("three-scalars", act) for screen, act in PLAIN_SCREENS.items()},
    "question": ("a-square-starter", ready("s", shown="Show the solution?")),
    "choice": ("dy-dx", ready("down", shown="Your answer")),
    "selected code": ("three-scalars", ready("e", "shift+down", "shift+right", shown="Leave the editor")),
    "replayed line": ("a-fit-traced", ready("f6", *["shift+right"] * 3, "right", shown="line 16 in fit")),
    "selected tensor": ("the-loop", ready("f5", "t", shown="model.weight")),
    "picture of a tensor": ("the-loop", ready("f5", "t", "enter", "2", shown="2×3")),
    "palette": ("three-scalars", ready("ctrl+p", "down", shown="Back (p)")),
}
"""What must be told from the rest: its recording, and the keys that lead there."""


@pytest.mark.parametrize("screen", COLOURLESS)
def test_a_screen_without_colours_looks_as_it_did(
    build: Build, snap_compare: Picture, monkeypatch: pytest.MonkeyPatch, screen: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    recording, act = COLOURLESS[screen]
    assert snap_compare(build(recording), terminal_size=SMALL, run_before=act)


SIDES = {
    "table": ("the-loop", ready("f5", "t", shown="model.weight")),
    "values": ("the-loop", ready("f5", "t", "enter", "1", shown="model.weight ─")),
    "picture": ("the-loop", ready("f5", "t", "enter", "2", shown="2×3")),
    "a batch of images": ("pictures", ready("f5", "t", "slash", *"images", "enter", "enter", "2", shown="64 images")),
    "channels side by side": ("pictures", ready("f5", "t", "slash", *"channels", "enter", "2", shown="12 heatmaps")),
    "distribution": ("the-loop", ready("f5", "t", "enter", "3", shown="median")),
    "memory": ("shared-memory", ready("f5", "t", "slash", *"fli", "enter", "enter", "4", shown="contiguous")),
    "graph": ("three-scalars", ready("f5", "t", "slash", "y", "enter", "enter", "5", shown="multiply")),
    "module tree": ("the-loop", ready("f5", "t", "slash", *"linear", "enter", "enter", shown="[5, 2]")),
    "graph before backward": ("before-backward", ready("f5", "t", "slash", "y", "enter", "g", shown="multiply")),
    "graph after backward": ("three-scalars", ready("f5", "t", "slash", "y", "enter", "g", shown="multiply")),
    "graph of a resnet": ("a-resnet", ready("f5", "t", "slash", *"loss", "enter", "g", shown="layer1")),
    "replay of a fit": ("a-fit-traced", ready("f6", *["shift+right"] * 3, "right", shown="line 16 in fit")),
}
"""What is seen of values: its recording, and the keys that lead there."""


@pytest.mark.parametrize(("side", "size"), in_turn({side: side for side in SIDES}, SIZES, each=2))
def test_a_side_of_a_value_looks_as_it_did(
    build: Build, snap_compare: Picture, side: str, size: tuple[int, int]
) -> None:
    recording, act = SIDES[side]
    assert snap_compare(build(recording), terminal_size=size, run_before=act)


@pytest.mark.parametrize(
    ("theme", "colours"),
    [
        pytest.param("gruvbox", "truecolor", marks=pytest.mark.slow),
        ("solarized-light", "truecolor"),
        pytest.param("ember-dark", "256", marks=pytest.mark.slow),
        ("nord", "256"),
    ],
)
def test_a_chart_and_a_heatmap_look_as_they_did_in_other_themes_and_terminals(
    build: Build, snap_compare: Picture, monkeypatch: pytest.MonkeyPatch, theme: str, colours: str
) -> None:
    monkeypatch.setenv("COLORTERM", colours)
    recording, act = SIDES["picture"]
    assert snap_compare(build(recording, config=Config(theme=theme)), terminal_size=USUAL, run_before=act)


TO_BLOCK = {SMALL: ((8, "loss ▸ layer1 "), (1, "conv3")), USUAL: ((19, "conv3"),)}
"""How many boxes down those are that are opened, one after the other, and what is then on the screen."""


@pytest.mark.parametrize("size", in_turn(SIZES, each=2))
def test_a_residual_block_looks_as_it_did(build: Build, snap_compare: Picture, size: tuple[int, int]) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await ready("f5", "t", "slash", *"loss", "enter", "g", shown="Graph of loss")(pilot)
        for down, shown in TO_BLOCK[size]:
            await pilot.press(*["down"] * down, "enter")
            await until(pilot, lambda shown=shown: shown in seen(pilot.app))
        await pilot.press("down")
        await until(pilot, comes_to_rest(pilot.app))  # type: ignore[arg-type]

    assert snap_compare(build("a-resnet"), terminal_size=size, run_before=act)


def test_the_tensors_in_one_column_look_as_they_did(build: Build, snap_compare: Picture) -> None:
    act = ready("f5", "t", "down", "down", "down", shown="w ───")
    assert snap_compare(build(), terminal_size=SMALL, run_before=act)


@pytest.mark.parametrize("size", [SMALL, USUAL], ids=named)
def test_a_loop_that_runs_looks_as_it_did(build: Build, snap_compare: Picture, size: tuple[int, int]) -> None:
    app = build("the-loop")
    kernel_of(app).hold()
    keys, shown = (["f5", "c"], "loss = 0.0") if size is SMALL else (["f5"], "loss 0.0")
    assert snap_compare(app, terminal_size=size, run_before=ready(*keys, shown=shown))


CHARTS = {
    "two-runs": (["f5", "c"], [charted.progress(charted.loss(0.03))]),
    "two-runs-linear": (["f5", "c", "L"], [charted.progress(charted.loss(0.03))]),
    "a-diverged-run": (["f5", "c"], [charted.progress(charted.loss(-0.05))]),
    "smoothed": (["f5", "c", "x", "S"], [charted.progress(charted.loss(0.02))]),
    "two-losses": (
        ["f5", "c", "x"],
        [charted.progress(charted.loss(0.02, "loss_d"), charted.loss(0.005, "loss_g"), epochs=0)],
    ),
    "a-pair-and-an-accuracy": (
        ["f5", "c", "x"],
        [charted.progress(charted.loss(0.02), *charted.each_epoch())],
    ),
    "zoomed-with-a-cursor": (
        ["f5", "c", "x", "plus", "plus", "left", *["shift+left"] * 3],
        [charted.progress(charted.loss(0.01))],
    ),
    "gradient-norm": (
        ["f5", "c", "x", "v"],
        [charted.progress(charted.loss(0.02), charted.gradient_norm())],
    ),
}
"""What is pictured of the chart: the keys that lead there, and what the run says. Before it ran another."""


def charting(app: TutorApp, *keys: str, shown: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Have a run with another learning rate behind the one that the keys start."""

    async def act(pilot: Pilot[None]) -> None:
        await pilot.pause()
        chart = app.lesson_screen.query_one(LossChart)
        chart.begin(editor_of(app).text.replace("lr=0.05", "lr=0.01"))
        chart.extend(charted.progress(charted.loss(0.006)))
        await ready(*keys, shown=shown)(pilot)

    return act


@pytest.mark.parametrize(("chart", "size"), in_turn({chart: chart for chart in CHARTS}, SIZES, each=2))
def test_a_chart_looks_as_it_did(build: Build, snap_compare: Picture, chart: str, size: tuple[int, int]) -> None:
    keys, events = CHARTS[chart]
    app = build("the-loop")
    kernel_of(app).events = charted.run(*events)
    assert snap_compare(app, terminal_size=size, run_before=charting(app, *keys, shown="Ran in 42 ms."))


@pytest.mark.parametrize("chart", ["two-runs", "two-losses", "a-diverged-run"])
def test_a_chart_in_ascii_looks_as_it_did(build: Build, snap_compare: Picture, chart: str) -> None:
    keys, events = CHARTS[chart]
    app = build("the-loop", ascii_only=True)
    kernel_of(app).events = charted.run(*events)
    assert snap_compare(app, terminal_size=SMALL, run_before=charting(app, *keys, shown="Ran in 42 ms."))


@pytest.mark.parametrize(("size", "ascii_only"), in_turn(SIZES, {"": False, "ascii": True}, each=2))
def test_a_fit_looks_as_it_did(build: Build, snap_compare: Picture, size: tuple[int, int], ascii_only: bool) -> None:
    app = build("the-loop", ascii_only=ascii_only)
    plot = Plot((PlotSeries("x[:, 0]", "y[:, 0]", "model(x)[:, 0].detach()"),))
    alter_step(app, plot=plot)
    kernel_of(app).events = charted.run(charted.progress(charted.loss(0.03)), charted.fitted(1.2, 2.5))
    assert snap_compare(app, terminal_size=size, run_before=ready("f5", "c", shown="Ran in 42 ms."))
