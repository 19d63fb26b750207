"""The screen of one run: its chart, its figures, its ranks, what there is to say of it, and what the program writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import ActiveBinding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Key, Paste
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from tui_torch.drawing.charts.run_history import RunHistory
from tui_torch.drawing.charts.training_run import TrainingRun
from tui_torch.drawing.text.visible import visible
from tui_torch.protocol.events import Failed, Outcome, SeriesKind
from tui_torch.ui.charts.loss_chart import LossChart
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.common.zoom import FocusedPanes
from tui_torch.ui.keys.bound import keys_of
from tui_torch.ui.keys.declared import WATCH
from tui_torch.ui.keys.watch import with_keys_of_chart
from tui_torch.ui.watching.figures import FiguresPane, duration, figure_rows
from tui_torch.ui.watching.heading import KEYS_TO_PROGRAM, WatchHeading
from tui_torch.ui.watching.key_bytes import key_bytes
from tui_torch.ui.watching.layers import LayersPane, layer_rows
from tui_torch.ui.watching.notes import NotesPane, said
from tui_torch.ui.watching.output import ProgramOutput
from tui_torch.ui.watching.ranks import RanksPane
from tui_torch.watching.differences import names
from tui_torch.watching.explained_afterwards import explained_afterwards
from tui_torch.watching.followed_run import FollowedRun
from tui_torch.watching.keeping.client import Attachment, NotAttachedError, attach
from tui_torch.watching.kept_runs import KeptRun, RunState, kept_run
from tui_torch.watching.process_memory import process_memory
from tui_torch.watching.ranks.findings import RanksTogether
from tui_torch.watching.recorded_notes import recorded_notes
from tui_torch.watching.run_folders import NoRunError, RunFolder, as_called, run_named

LOOK = 0.5
"""Seconds between two looks at what the processes have written."""
SILENCE = 10.0
"""Seconds without a step after which that is said, where a step usually takes far less."""
WIDTHS = [(0, "-narrow"), (100, "-wide")]
"""The class that the screen has from each width on, in columns."""
HEIGHTS = [(0, "-tiny"), (16, "-short"), (32, "-high")]
"""The class that the screen has from each height on, in lines."""
STOPS_TYPING = ("ctrl+right_square_bracket", "ctrl+]")
"""The names of the key that ends the passing on of keys; see `by_every_name`."""
WAITS_FOR_STEP = "No Python of it has trained with PyTorch yet."
HAS_NOT_TRAINED = "No Python of it has trained with PyTorch."
_OUTCOMES: dict[RunState, Outcome] = {
    "ended": "ok",
    "failed": "failed",
    "interrupted": "interrupted",
    "killed": "died",
}


class WatchScreen(FocusedPanes, Screen[None]):
    """Shows a run while it goes on, and whole when it is over."""

    BINDINGS: ClassVar[list[BindingType]] = WATCH.bindings()
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    class RunsRequested(Message):
        """The list of runs is asked for."""

    class WatchHelpRequested(Message):
        """The help is asked for."""

    class WatchLeft(Message):
        """The screen is to close; the training, if it runs, goes on."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(classes="-without-run")
        self._ascii_only = ascii_only
        self.followed: FollowedRun | None = None
        """The run that is shown; None before one is chosen."""
        self.joined: Attachment | None = None
        """The way to its terminal, while it runs and a keeper has that."""
        self._signals_sent = 0
        """How often it was told to end."""
        self.overlaid: list[str] = []
        """The names of the runs behind it in the chart."""
        self._behind: list[tuple[TrainingRun, KeptRun]] = []
        self._explained: dict[Failed, Failed] = {}
        """Errors, with their explanations once these are known."""
        self.is_typing = False
        """Whether keys are passed on to the program."""
        self.heading = WatchHeading(ascii_only=ascii_only)
        self.chart = LossChart(ascii_only=ascii_only)
        self.figures = FiguresPane(ascii_only=ascii_only)
        self.layer_norms = LayersPane(ascii_only=ascii_only)
        self.notes = NotesPane(ascii_only=ascii_only)
        self.ranks = RanksPane(ascii_only=ascii_only)
        self.output = ProgramOutput(ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        yield self.heading
        with Vertical(id="body"):
            with Horizontal(id="upper"):
                yield self.chart
                with Vertical(id="told"):
                    yield self.figures
                    yield self.layer_norms
                    yield self.notes
            yield self.ranks
            yield self.output
        yield KeyBar()

    def on_mount(self) -> None:
        self.set_interval(LOOK, self._look)
        self.watch(self.chart, "shown", self._have_layers_beside_norms)
        self.chart.focus()
        self._draw()

    # The run

    async def show_run(self, folder: RunFolder, overlaid: Sequence[str] = ()) -> None:
        """Show another run, with others behind it in the chart."""
        self._leave_terminal()
        self.followed = FollowedRun(folder)
        if self.has_class("-without-run"):
            self.remove_class("-without-run")
            self.chart.focus()
        self._signals_sent = 0
        self.output.begin()
        self.output.add_class("-absent")
        self.chart.clear()
        self.draw_behind(overlaid)
        self._join_terminal(folder)

    def draw_behind(self, overlaid: Sequence[str]) -> None:
        """Draw these runs behind the one that is shown, and no others."""
        self.overlaid = []
        self._behind = []
        for name in overlaid:
            try:
                run = kept_run(run_named(name))
            except NoRunError:
                continue
            if run.records:
                self.overlaid.append(name)
                self._behind.append((_drawn(run).thinned(), run))
        self._draw()

    @work(exclusive=True, group="terminal")
    async def _join_terminal(self, folder: RunFolder) -> None:
        """Show what the command has written to its terminal, and follow what it writes, if a keeper has that."""
        try:
            joined = await attach(folder, *self.output.terminal_size)
        except NotAttachedError:
            return
        if joined.end is None:
            self.joined = joined
            self.output.remove_class("-absent")
            self.refresh_bindings()
        try:
            async for piece in joined.output():
                if piece.is_tail:
                    self.output.begin()
                self.output.write(piece.data)
        finally:
            joined.detach()
            if self.joined is joined:
                self._leave_terminal()
        if self.followed is not None and self.is_attached:
            self.followed.look()
            self._draw()

    def _leave_terminal(self) -> None:
        joined, self.joined = self.joined, None
        if joined is not None:
            joined.detach()
        self._stop_typing()
        if self.is_attached:
            self.refresh_bindings()

    def _look(self) -> None:
        if self.followed is None:
            return
        if self.followed.look(is_joined=self.is_live):
            self._draw()
        else:
            self._tell()

    def _draw(self) -> None:
        """Draw the run as it is now, its chart included."""
        if self.followed is None:
            return
        run = self.followed.run
        self.chart.follow(self._history(run))
        self._tell()
        outcome = _OUTCOMES.get(run.state)
        if outcome is not None:
            self.chart.finish(outcome)

    def _tell(self) -> None:
        """Say all that is told in words and figures."""
        followed = self.followed
        if followed is None:
            return
        run = followed.run
        runs = run.state == "running"
        command = as_called(run.command) if run.command is not None else run.folder.name
        self.heading.command = visible(command, self._ascii_only)
        self.heading.state = _state(run)
        self.heading.is_bad = run.state in ("failed", "killed")
        self.heading.run = run.folder.name
        record = run.main_record
        memory = process_memory(record.begun) if runs and record is not None and record.begun is not None else None
        bar = self.output.bar if runs else None
        rows = figure_rows(run, memory=memory, bar=bar, waits_since=_silence(run))
        self.figures.show(rows, WAITS_FOR_STEP if runs else HAS_NOT_TRAINED)
        layers = layer_rows(record)
        self.layer_norms.show(layers)
        self.set_class(bool(layers), "-layers")
        ranks = run.ranks
        self.ranks.show(ranks)
        self.set_class(len(ranks.lines) > 1, "-ranks")
        self._tell_of_notes(run, ranks)

    def _tell_of_notes(self, run: KeptRun, ranks: RanksTogether) -> None:
        record = run.main_record
        cause = ranks.root_cause.rank if ranks.root_cause is not None else None
        # Of several errors that by which the others failed.
        errors = [one for one in run.records if one.failed is not None and one.begun is not None]
        of_failed = min(errors, key=lambda one: one.begun is not None and one.begun.rank != cause, default=None)
        failed = of_failed.failed if of_failed is not None else None
        rank = of_failed.begun.rank if of_failed is not None and of_failed.begun is not None else None
        if failed is not None and failed not in self._explained:
            self._explained[failed] = failed
            self._explain(failed)
        shown = self._explained[failed] if failed is not None else None
        self._put_error_first(shown is not None)
        who = f"rank {rank}" if rank is not None and len(run.records) > 1 else ""
        self.notes.show(said(recorded_notes(record)) if record is not None else [], shown, who)

    def _have_layers_beside_norms(self, shown: SeriesKind) -> None:
        """On a short screen, layers stand in the place of the figures while the chart shows the norm of all."""
        self.set_class(shown == "gradient norm", "-norms")

    def _put_error_first(self, has_error: bool) -> None:
        """Have the error above the figures: below them, a short screen has no room for it."""
        if self.has_class("-failed") != has_error:
            self.set_class(has_error, "-failed")
            upper, lower = (self.notes, self.figures) if has_error else (self.figures, self.notes)
            self.query_one("#told").move_child(upper, before=lower)

    @work(group="explanation")
    async def _explain(self, failed: Failed) -> None:
        explanation = await explained_afterwards(failed)
        if explanation is not None:
            self._explained[failed] = replace(failed, explanation=explanation)
            if self.is_attached:
                self._tell()

    def _history(self, run: KeptRun) -> RunHistory:
        called = names({one.folder.name: one.begun for one in (run, *(kept for _, kept in self._behind))})
        behind = [(other, called[kept.folder.name]) for other, kept in self._behind]
        return RunHistory.of(_drawn(run), called[run.folder.name], behind)

    # Keys

    @property
    def is_live(self) -> bool:
        """Whether the command runs, and can be written to from here."""
        return self.joined is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return WATCH.works(action, self)

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """Every binding that works; while keys are passed on, the one that ends that."""
        active = super().active_bindings
        if self.is_typing:
            return {key: one for key, one in active.items() if one.binding.action == "stop_typing"}
        return with_keys_of_chart(active) if self.focused is self.chart else active

    def passes_on(self, event: Key | Paste) -> bool:
        """Pass a key on to the program, if keys are passed on and it does not end that. Returns whether it was."""
        if not self.is_typing or self.joined is None or self.app.screen is not self:
            return False
        if isinstance(event, Key) and event.key in STOPS_TYPING:
            return False
        data = key_bytes(event) if isinstance(event, Key) else event.text.replace("\n", "\r").encode()
        if data:
            self.output.view.follow()
            self.joined.send(data)
        return True

    def action_type(self) -> None:
        """Pass keys on to the program from now on."""
        if self.joined is None:
            return
        self.is_typing = True
        self.output.add_class("-typing")
        self.output.view.focus()
        self.heading.keys_go_to = keys_of(self.app).in_words(KEYS_TO_PROGRAM.replace("{stop}", "{watch.stop-typing}"))
        self.refresh_bindings()

    def action_stop_typing(self) -> None:
        """Have the keys act on the screen again."""
        self._stop_typing()
        self.refresh_bindings()

    def _stop_typing(self) -> None:
        self.is_typing = False
        self.output.remove_class("-typing")
        self.heading.keys_go_to = ""

    def action_detach(self) -> None:
        """Leave it running."""
        self._leave_terminal()
        self.post_message(self.WatchLeft())

    action_close = action_detach

    def action_runs(self) -> None:
        self.post_message(self.RunsRequested())

    def action_help(self) -> None:
        self.post_message(self.WatchHelpRequested())

    @work(exclusive=True, group="end")
    async def action_end(self) -> None:
        """End the training, after a question."""
        from tui_torch.ui.watching.ending import ask_how_to_end

        number = await ask_how_to_end(self.app, self._signals_sent)
        if number is not None and self.joined is not None:
            self._signals_sent += 1
            self.joined.interrupt(number)

    @property
    def panes(self) -> dict[Widget, Callable[[], str]]:
        """Panes that take the focus, with what is copied of each."""
        chart, output, notes = self.chart, self.output, self.notes
        return {chart: lambda: chart.plain, notes: lambda: notes.plain, output: lambda: output.plain}

    @on(LossChart.EarlierForgotten)
    def _forget_those_behind(self) -> None:
        self.draw_behind(())

    @on(ProgramOutput.Resized)
    def _resize_terminal(self, message: ProgramOutput.Resized) -> None:
        if self.joined is not None:
            self.joined.resize(message.columns, message.lines)


def _drawn(run: KeptRun) -> TrainingRun:
    record = run.main_record
    return TrainingRun.of_whole(record.whole() if record is not None else None)


def _state(run: KeptRun) -> str:
    """How a run stands, in words: `running 0:12:41`, `exit code 1 after 0:00:03`."""
    took = run.seconds
    time_taken = "" if took is None else f" {duration(took)}"
    match run.state:
        case "running":
            return f"running{time_taken}"
        case "failed" if run.command is not None:
            state = f"exit code {run.command.exit_code}"
        case "killed" if run.command is not None and run.command.exit_code is not None:
            state = f"ended by signal {run.command.exit_code - 128}"
        case "unknown":
            state = "nobody saw its end"
        case other:
            state = other
    return f"{state} after{time_taken}" if time_taken else state


def _silence(run: KeptRun) -> float | None:
    """Seconds since the last step, where those are many; None otherwise."""
    record = run.main_record
    if run.state != "running" or record is None or record.begun is None or record.ended is not None:
        return None
    last, took = record.times.last, record.seconds_per_step()
    if last is None:
        return None
    silent = time.time() - record.begun.began - last[1]
    return silent if silent > max(SILENCE, 20 * (took or 0.0)) else None
