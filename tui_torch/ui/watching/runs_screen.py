"""The list of runs: those that run and those that are over, to be opened, drawn behind the curve, or deleted."""

from __future__ import annotations

import asyncio
import shlex
import time
from collections.abc import Collection
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui_torch.drawing.charts.captions import value_text
from tui_torch.drawing.text.cells import clipped
from tui_torch.drawing.text.visible import visible
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.common.keys_in_order import KeysInOrder
from tui_torch.ui.common.selectable import SelectableOptions
from tui_torch.ui.keys.declared import RUNS_SCREEN
from tui_torch.ui.screens.closes_once import ClosesOnce
from tui_torch.ui.watching.figures import duration
from tui_torch.watching.differences import names
from tui_torch.watching.kept_runs import KeptRun, RunState, kept_runs
from tui_torch.watching.ranks.sentences import how_it_failed
from tui_torch.watching.run_folders import RunFolder, as_called, began

WIDE = 92
"""From how many columns of the screen on each line says how long its run took."""
NAME, NARROW_NAME = 30, 28
"""Columns of the name of a run, on a wide screen and on a narrow one."""
NOTHING = "Nothing has been watched yet: `tui-torch watch python train.py` does, whatever the program."


class RunList(SelectableOptions, inherit_bindings=False):
    """The runs, of which the screen's own key opens one: with priority it would overtake the keys before it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        one for one in OptionList.BINDINGS if not (isinstance(one, Binding) and one.action == "select")
    ]


_COLOURS: dict[RunState, str] = {"running": "$text-success", "ended": "$text-muted", "interrupted": "$text-warning"}


class RunsScreen(ClosesOnce, ModalScreen[RunFolder | None]):
    """Lists the runs, newest first; its result is the one to open, or None to go back."""

    AUTO_FOCUS = "RunList"

    BINDINGS: ClassVar[list[BindingType]] = RUNS_SCREEN.bindings()

    def __init__(self, here: str | None, overlaid: Collection[str] = (), *, ascii_only: bool = False) -> None:
        """List the runs.

        Args:
            here: The name of the run that is watched; None if none is.
            overlaid: The names of those that are drawn behind it.
            ascii_only: Use ASCII characters alone.
        """
        super().__init__()
        self._here = here
        self.overlaid = list(overlaid)
        """The names of the runs to draw behind the one that is watched, as they are chosen here."""
        self._ascii_only = ascii_only
        self._runs: dict[str, KeptRun] = {}
        self._called: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        with Vertical(id="runs"):
            yield RunList()
            yield Static(id="summary", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one("#runs").border_title = "Runs"
        reading = self._read()
        # Keys are about the runs in it.
        if isinstance(self.app, KeysInOrder):
            self.app.keys_wait_for(reading)

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        """Read all runs, which may be many and large, and show them as they are now."""
        found = await asyncio.to_thread(kept_runs)
        self._runs = {run.folder.name: run for run in reversed(found)}
        self._called = names({run.folder.name: run.begun for run in found})
        self.overlaid = [name for name in self.overlaid if name in self._runs]
        self.query_one("#runs").border_subtitle = self._counted()
        self._show()

    def _show(self) -> None:
        options = self.query_one(OptionList)
        before = options.highlighted_option.id if options.highlighted_option is not None else self._here
        options.set_options([Option(self._line(run), id=name) for name, run in self._runs.items()])
        if not self._runs:
            options.add_option(Option(NOTHING.replace("`", ""), disabled=True))
        else:
            options.highlighted = options.get_option_index(before) if before in self._runs else 0
        self.refresh_bindings()

    def on_resize(self, event: events.Resize) -> None:
        if self._runs:
            self._show()

    def _counted(self) -> str:
        running = sum(run.state == "running" for run in self._runs.values())
        return f"{running} of {len(self._runs)} running" if self._runs else ""

    def _line(self, run: KeptRun) -> Content:
        name = run.folder.name
        record = run.main_record
        marks = {name: "*" if self._ascii_only else "●"} if name in self.overlaid else {}
        sign = marks.get(name, (">" if self._ascii_only else "▶") if name == self._here else " ")
        called = self._called.get(name) or (as_called(run.command) if run.command is not None else name)
        is_wide = self.app.size.width >= WIDE
        room = NAME if is_wide else NARROW_NAME
        called = clipped(visible(called, self._ascii_only), room, self._ascii_only)
        since = "" if run.command is None else began(run.command, time.time())
        state = run.state
        if state == "failed" and run.command is not None:
            state = f"exit code {run.command.exit_code}"
        colour = {"running": "$text-success", "ended": "$text-muted", "interrupted": "$text-warning"}.get(
            run.state, "$text-error"
        )
        took = f"  {duration(run.seconds) if run.seconds is not None else '':>8}" if is_wide else ""
        losses = [] if record is None else [one.last for (kind, _), one in record.series.items() if kind == "loss"]
        loss = value_text(losses[0][1]) if losses and losses[0] is not None else ""
        steps = f"{record.step:,}" if record is not None else ""
        return Content.assemble(
            (f"{sign} ", "$accent"),
            (f"{since:<6}  ", "$text-muted"),
            f"{called:<{room}}  ",
            (f"{state:<12}", colour),
            f"{steps:>8}{took}  {loss}",
        )

    @property
    def _highlighted(self) -> KeptRun | None:
        # Asked for the keys that work before there is a list.
        lists = self.query(OptionList)
        option = lists.first().highlighted_option if lists else None
        return self._runs.get(option.id or "") if option is not None else None

    @property
    def has_runs(self) -> bool:
        """Whether there is any to open."""
        return bool(self._runs)

    @property
    def can_overlay(self) -> bool:
        """Whether the highlighted run can be drawn behind the one that is watched, or that is opened next."""
        run = self._highlighted
        return run is not None and run.folder.name != self._here and bool(run.records)

    @property
    def can_delete(self) -> bool:
        """Whether the highlighted run is over."""
        run = self._highlighted
        return run is not None and run.state != "running"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return RUNS_SCREEN.works(action, self)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        run = self._highlighted
        said = ""
        if run is not None:
            command = shlex.join(run.command.command) if run.command is not None else ""
            error = _error(run)
            when = "" if run.command is None else time.strftime("%H:%M:%S on %d %B", time.localtime(run.command.began))
            took = "" if run.seconds is None else f", took {duration(run.seconds)}"
            parts = (run.folder.name, f"started {when}{took}" if when else "", command, " ".join(error.split()))
            said = (" - " if self._ascii_only else " · ").join(filter(None, parts))
        self.query_one("#summary", Static).update(Content(visible(said, self._ascii_only)))
        self.refresh_bindings()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Open the highlighted run."""
        if (run := self._highlighted) is not None:
            self.dismiss(run.folder)

    def action_overlay(self) -> None:
        """Draw the highlighted run behind the one that is watched or opened next, or no more."""
        if (run := self._highlighted) is None:
            return
        name = run.folder.name
        if name in self.overlaid:
            self.overlaid.remove(name)
        else:
            self.overlaid.append(name)
        self._show()

    @work(exclusive=True)
    async def action_delete(self) -> None:
        """Delete what is kept of the highlighted run, after a question."""
        run = self._highlighted
        if run is None:
            return
        from tui_torch.ui.screens.confirm import ConfirmScreen

        name = self._called.get(run.folder.name) or run.folder.name
        question = f"Delete what is kept of {visible(name, self._ascii_only)} ({run.folder.name})?"
        if not await self.app.push_screen_wait(ConfirmScreen(question, yes="Delete")):
            return
        try:
            run.folder.delete()
        except OSError as error:
            self.notify(f"It cannot be deleted ({error.strerror}).", severity="error", markup=False)
        self._read()


def _error(run: KeptRun) -> str:
    """The error that a run ended by; of several ranks, that of the one that failed first."""
    cause = run.ranks.root_cause if len(run.records) > 1 else None
    if cause is not None:
        return f"rank {cause.rank}: {how_it_failed(cause)}"
    return next((f"{one.failed.error}: {one.failed.message}" for one in run.records if one.failed), "")
