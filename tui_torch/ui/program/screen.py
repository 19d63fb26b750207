"""The screen of one's own program: its cells, the code of one, what that printed, and the tensors that it made."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from tui_torch.protocol.notes import applied
from tui_torch.tutor.own_program.opened import OpenedProgram
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.inspector.legend import EMPTY
from tui_torch.ui.keys.declared import PROGRAM_SCREEN
from tui_torch.ui.lesson.drafts import KeptTyping
from tui_torch.ui.lesson.editor import CodeEditor
from tui_torch.ui.lesson.layout import HEIGHTS, WIDTHS
from tui_torch.ui.lesson.output.kernel_news import KernelNews
from tui_torch.ui.lesson.status_line import pressed
from tui_torch.ui.program.cell_list import CellList
from tui_torch.ui.program.cell_view import CellView
from tui_torch.ui.program.file_screen import FileScreen
from tui_torch.ui.program.footer import PROGRAM_FOOTER
from tui_torch.ui.program.key_conditions import ProgramKeyConditions
from tui_torch.ui.program.panes import SHARE, ProgramLayout, ProgramPanes, program_column
from tui_torch.ui.program.replaying import ProgramReplay
from tui_torch.ui.program.run import ProgramRun

if TYPE_CHECKING:
    from textual.widget import Widget

    from tui_torch.kernel.session import KernelState
    from tui_torch.tutor.code_help.writing import WritingHelp


class ProgramScreen(FileScreen):
    """One cell of a program at a time, or the whole of a script. It goes from cell to cell, and has them run."""

    KEYS = PROGRAM_SCREEN
    FOOTER = PROGRAM_FOOTER
    BINDINGS: ClassVar[list[BindingType]] = PROGRAM_SCREEN.bindings()

    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    def __init__(self, program: OpenedProgram, *, ascii_only: bool = False, own_keys: Container[str] = ()) -> None:
        super().__init__()
        self.program = program
        self.kernel = program.kernel
        self.own_keys = own_keys
        self.ascii_only = ascii_only
        panes = self.panes = ProgramPanes(ascii_only=ascii_only)
        self.view = CellView(program, panes)
        self.lesson_layout = layout = ProgramLayout(self, panes, share=SHARE)
        self.typing = KeptTyping(panes.editor, self._keep, lambda: program.kept_notice, self.warn)
        self.replay = ProgramReplay(self, panes, layout, self._follow_line)
        self.kernel_news = KernelNews(self.kernel, panes.status, panes.output, lambda: self.run.refresh_keys())
        self._program_run = ProgramRun(self, program, panes, layout, self.replay, self.view, self._put_cell)
        self._key_conditions = ProgramKeyConditions(self, program, panes, layout, self.run, self.replay)

    @property
    def run(self) -> ProgramRun:
        return self._program_run

    def compose(self) -> ComposeResult:
        self.update_classes(self.view.classes() | self.lesson_layout.size_classes(), update=False)
        self.add_class("-program", "-tab-lesson", update=False)
        panes = self.panes
        yield panes.title
        with Horizontal(id="body"):
            yield program_column(panes)
            with Vertical(id="seen"):
                yield panes.inspector
                yield panes.loss_chart
        yield panes.replay_bar
        yield panes.value_search
        yield panes.status
        yield KeyBar()

    async def on_mount(self) -> None:
        self.follow_file()
        self.set_interval(0.1, self.run.update_clock)
        self.panes.inspector.clear(EMPTY)
        await self.show_cell()
        self.panes.cells.focus()
        if self.program.notice:
            self.warn(f"{self.program.notice}.")
        self.kernel_news.changed(self.kernel.state)

    def kernel_changed(self, state: KernelState) -> None:
        """Say what the kernel is doing now."""
        from tui_torch.kernel.session import KernelState

        if state in (KernelState.RESTARTING, KernelState.DEAD):
            self.program.restarted()
            self.view.refresh()
        self.kernel_news.changed(state)

    @property
    def writing(self) -> WritingHelp:
        return self.program.writing

    def action_zoom(self) -> None:
        """Let the pane with the focus fill the screen; of the list of cells, the code below it does."""
        panes, zoom = self.panes, self.lesson_layout.zoom
        is_from_cells = zoom.pane is None and panes.cells.has_focus
        panes.cells.set_class(is_from_cells, "-beside-zoom")
        if is_from_cells:
            zoom.fill(panes.editor if self.program.cell.takes_code else panes.text)
        else:
            super().action_zoom()

    # Going from cell to cell

    async def show_cell(self) -> None:
        """Draw the current cell from scratch, with the text above it."""
        self._put_cell(self.program.at)
        await self.show_text()

    async def show_text(self) -> None:
        """Draw the text above the code of the current cell."""
        self.update_classes(self.view.classes())
        if self.view.text.strip():
            await self.panes.text.show(self.view.text)
        self.refresh_bindings()

    def _put_cell(self, at: int) -> None:
        """Go to a cell, and draw all of it but the text above."""
        self.save_drafts()
        self.replay.leave()
        self.program.go(at)
        self.view.show()
        # Until the text is drawn, that of another cell must not stand there.
        self.update_classes({**self.view.classes(), "-no-text": True})
        self.lesson_layout.show_tab("lesson")

    def _follow_line(self, line: int) -> None:
        """Have the cell of the line in the editor that a replay of the whole script is at."""
        at = self.program.place_of_line(line)
        if self.program.is_notebook or at == self.program.at:
            return
        self.save_drafts()
        self.program.go(at)
        self.view.show()
        self.update_classes({**self.view.classes(), "-no-text": True})

    async def _go(self, at: int) -> None:
        was_editing = self.panes.editor.has_focus
        self.program.go(at)
        self.panes.say("")
        await self.show_cell()
        if not was_editing or not self.program.cell.takes_code:
            self.panes.cells.focus()

    async def action_step(self, by: int) -> None:
        """Go so many cells on, or back; as far as there are some. A run goes on, and stays on its panes."""
        if self.run.is_recorded and self.says_that_it_runs():
            return
        last = len(self.program.cells) - 1
        at = min(max(self.program.at + by, 0), last)
        if at != self.program.at:
            await self._go(at)
        elif last == 0:
            self.panes.remark(f"{self.program.path.name} is one piece: a line `# %%` begins a cell.")
        else:
            self.panes.remark("This is the last cell." if by > 0 else "This is the first cell.")

    async def action_step_page(self, direction: int) -> None:
        """Go as many cells on as there are rows of them in sight, or back."""
        await self.action_step(direction * self.panes.cells.rows_in_sight)

    async def action_step_to(self, at: int) -> None:
        """Go to a cell by its index."""
        if at != self.program.at:
            await self.action_step(at - self.program.at)

    async def action_go_to_error(self) -> None:
        """Go to the next cell that raised an error, after the last one to the first, or to the line of the only one."""
        states, cells, at = self.program.states, self.program.cells, self.program.at
        raised = [place for place, cell in enumerate(cells) if states[cell.id].has_raised]
        line = self.panes.editor.failed_line
        if not raised:
            self.panes.remark("No cell has raised an error." if len(cells) > 1 else "It has raised no error.")
        elif raised == [at] and line is not None:
            self.panes.editor.mark(line)
            self.panes.remark(f"The error is in line {line}.")
        elif raised == [at]:
            self.panes.remark("No other cell has raised an error." if len(cells) > 1 else "See the output.")
        else:
            await self.action_step_to(next((place for place in raised if place > at), raised[0]))

    @on(CellList.CellChosen)
    async def _go_to_clicked(self, message: CellList.CellChosen) -> None:
        await self.action_step_to(message.index)

    def focus_next(self, selector: Any = "*") -> Widget | None:
        """Move the focus to the next pane, past the code: letters are typed into it only once it is to be edited."""
        return self._focus_beside(1)

    def focus_previous(self, selector: Any = "*") -> Widget | None:
        """Move the focus to the pane before, past the code."""
        return self._focus_beside(-1)

    def _focus_beside(self, by: int) -> Widget | None:
        chain = self.focus_chain
        ahead = chain if by > 0 else chain[::-1]
        at = ahead.index(self.focused) + 1 if self.focused in ahead else 0
        following = (pane for pane in (*ahead[at:], *ahead[:at]) if pane is not self.panes.editor)
        if (pane := next(following, None)) is not None:
            self.set_focus(pane)
        return self.focused

    # Running

    def run_code(self, *, recorded: bool) -> None:
        if not self.program.code.strip():
            self.panes.remark("There is no code here to run.")
            return
        self.save_drafts()
        self.run_worker(self.run.follow(recorded=recorded), group="run")

    def says_that_it_runs(self) -> bool:
        if self.run.in_sequence and self.run.in_progress is None:
            self.panes.remark("The cells are running.")
            return True
        return super().says_that_it_runs()

    def action_run_above(self) -> None:
        """Run the cells above this one, with what has run so far."""
        if self.says_that_it_runs():
            return
        self.save_drafts()
        places = [self.program.cells.index(cell) for cell in self.program.cells_above()]
        if places:
            self.run_worker(self._follow_all(places), group="run")
        else:
            self.panes.remark("There is no code above this cell.")

    def action_run_all(self) -> None:
        """Run a notebook's cells in a fresh kernel, or a script as a program."""
        if self.says_that_it_runs():
            return
        self.save_drafts()
        if self.program.is_notebook:
            self.run_worker(self._restart_and_run_all(), group="run")
        else:
            self.run_worker(self._run_whole(), group="run")

    def action_replay_all(self) -> None:
        """Run a script as a program, and go through all that it did line by line."""
        if not self.says_that_it_runs():
            self.save_drafts()
            self.run_worker(self._run_whole(recorded=True), group="run")

    async def _run_whole(self, *, recorded: bool = False) -> None:
        at = self.program.at
        await self.run.follow_whole(recorded=recorded)
        if self.is_attached and self.program.at != at and not self.replay.is_active:
            await self.show_text()

    async def _restart_and_run_all(self) -> None:
        self.run.in_sequence = True
        self.panes.say("Restarting the kernel.")
        await self.kernel.restart("The kernel was restarted: its variables are gone, your code is here.")
        await self._follow_all([at for at, cell in enumerate(self.program.cells) if not cell.is_only_text])

    async def _follow_all(self, places: list[int]) -> None:
        await self.run.follow_all(places)
        if self.is_attached:
            await self.show_text()

    # Writing code

    @on(CodeEditor.Changed)
    def _typed(self) -> None:
        self.run.draw_now()
        self.typing.changed()

    def _keep(self, code: str) -> None:
        self.program.type(code)
        self.view.refresh()

    def save_drafts(self) -> None:
        self.typing.save()

    def action_apply_suggested_fix(self) -> None:
        """Put what the coach suggests into the code, if that is as it ran."""
        if self.says_that_it_runs():
            return
        self.save_drafts()
        cell, editor = self.program.cell, self.panes.editor
        state = self.program.states[cell.id]
        edits = next((note.edits for note in self.panes.output.notes if note.edits), ())
        if not edits or not self.view.shows_run or state.number is None or state.stale == "edited":
            self.panes.remark("The code is not as it was when the coach saw it: run it again first.")
            return
        # Lines of a script have the numbers that they have in the file.
        before = editor.line_number_start - 1
        mended = applied("\n" * before + editor.text, edits).splitlines()[before:]
        editor.put("\n".join(mended))
        self.panes.say("The code is as the coach would write it; `ctrl+z` in the editor takes it back.")

    def action_reset(self) -> None:
        self.save_drafts()
        self.replay.leave()
        back = self.program.swap_with_file(self.panes.editor.text)
        if back is None:
            self.panes.say("The code is as in the file.")
            return
        self.panes.editor.put(back)
        is_files = back == self.program.cell.code
        again = pressed("{program.reset}")
        self.panes.say(f"The cell is as in the file; {again} brings yours back." if is_files else "Your code is back.")
