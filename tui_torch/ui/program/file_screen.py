"""What a screen of a program does with the file: save it, follow what others write to it, and ask where both did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from tui_torch.programs.program import ProgramError
from tui_torch.programs.saving import ChangedElsewhereError
from tui_torch.tutor.own_program.opened import ChangedBothWaysError, OpenedProgram
from tui_torch.tutor.trust import UntrustedError
from tui_torch.ui.file_watch import INTERVAL, FileWatch
from tui_torch.ui.lesson.keys.run_screen import RunScreen
from tui_torch.ui.lesson.status_line import pressed

if TYPE_CHECKING:
    from tui_torch.ui.program.cell_view import CellView
    from tui_torch.ui.program.panes import ProgramPanes
    from tui_torch.ui.program.run import ProgramRun

AGREE = "Its code will run on this machine, as you. So will what is saved to it while it is open here."


PATH_SHOWN = 20
"""Seconds for which it is said where one's own version of a file is."""


class FileScreen(RunScreen):
    """A screen of a program that is in a file."""

    program: OpenedProgram
    panes: ProgramPanes
    view: CellView

    def __init__(self) -> None:
        super().__init__()
        self._file_watch = FileWatch()

    async def show_cell(self) -> None:
        """Draw the current cell from scratch."""
        raise NotImplementedError

    @property
    def run(self) -> ProgramRun:
        raise NotImplementedError

    def follow_file(self) -> None:
        """Begin to notice what is written to the file."""
        self._file_watch.saved(self.program.path)
        self.set_interval(INTERVAL, self._follow_file)

    # Saving

    def action_save(self) -> None:
        self._save()

    def action_save_outputs(self) -> None:
        if self.program.has_outputs:
            self._save(with_outputs=True)
        else:
            self.panes.remark("No cell has run here whose output could be saved.")

    @work(exclusive=True, group="save")
    async def _save(self, *, with_outputs: bool = False, over_changes: bool = False) -> None:
        """Write what was typed to the file; ask where somebody else has written to it."""
        self.save_drafts()
        if not (self.program.is_edited or with_outputs) and self.program.path.exists():
            self.panes.say(f"{self.program.path.name} has all that was typed here.")
            return
        try:
            said = self.program.save(over_changes=over_changes, with_outputs=with_outputs)
        except ChangedElsewhereError:
            await self._ask_which_stays(with_outputs=with_outputs)
        except ProgramError as error:
            self._warn_of(error)
        else:
            self._file_watch.saved(self.program.path)
            await self._show_reading()
            self.panes.title.is_changed = False
            self.panes.say(f"{said[:1].upper()}{said[1:]}.")

    async def _ask_which_stays(self, *, with_outputs: bool) -> None:
        from tui_torch.ui.program.changed_file import ChangedFileScreen

        name, is_gone = self.program.path.name, not self.program.path.exists()
        happened = (
            f"{name} is no longer there." if is_gone else f"Somebody else has written to {name} since it was read."
        )
        answer = await self.app.push_screen_wait(
            ChangedFileScreen(f"{happened} Nothing was saved yet.", self.program.difference(), is_gone=is_gone)
        )
        match answer:
            case "overwrite":
                self._save(with_outputs=with_outputs, over_changes=True)
            case "take":
                self._take_theirs()
            case _:
                self.panes.say(f"Yours is kept as a draft; {name} is as they wrote it.")

    @work(exclusive=True, group="read")
    async def _take_theirs(self, agreed: str | None = None) -> None:
        self.save_drafts()
        try:
            where = self.program.take_theirs(agreed=agreed)
        except UntrustedError as untrusted:
            if await self._agrees():
                self._take_theirs(untrusted.content_hash)
        except ProgramError as error:
            self._warn_of(error)
        except OSError as error:
            self.warn(f"Yours cannot be written elsewhere ({error.strerror}), so it stays here.")
        else:
            self.panes.title.is_changed = False
            await self._show_reading()
            said = f"{self.program.path.name} is as they wrote it"
            self.panes.say(f"{said}; yours is in {where.parent.name}/{where.name}." if where else f"{said}.")
            if where is not None:
                # The status line is too short for a path.
                self.notify(f"Yours is in {where}.", timeout=PATH_SHOWN, markup=False)

    # What others write

    def _follow_file(self) -> None:
        # Not during a run, whose lines would be others, nor under a question.
        if not self.is_current or self.run.in_progress is not None or self.run.in_sequence:
            return
        if self._file_watch.saved(self.program.path):
            self._read_again()

    @work(exclusive=True, group="read")
    async def _read_again(self, agreed: str | None = None) -> None:
        """Show what was written to the file; where that cannot be, say why, and keep what is shown."""
        self.save_drafts()
        name = self.program.path.name
        try:
            is_other = self.program.read_again(agreed=agreed)
        except UntrustedError as untrusted:
            if await self._agrees():
                self._read_again(untrusted.content_hash)
        except ChangedBothWaysError:
            self.panes.title.is_changed = True
            save = pressed("{program.save}", typing="{program.save}")
            self.panes.say(f"{name} was changed elsewhere, too: {save} asks which stays.")
        except ProgramError as error:
            self._warn_of(error, "what was shown before stays")
        else:
            if is_other:
                self.panes.title.is_changed = False
                await self._show_reading()
                self.panes.say(f"Somebody else has written to {name}: this is how it is now.")

    async def _agrees(self) -> bool:
        from tui_torch.ui.screens.confirm import ConfirmScreen

        question = (
            f"{self.program.path} was written by somebody else.\n{AGREE} Show it if you trust whoever writes to it."
        )
        return bool(await self.app.push_screen_wait(ConfirmScreen(question, yes="Trust and show")))

    async def _show_reading(self) -> None:
        """Show the file as it was read again: the code in the editor stays where it is the same."""
        editor = self.panes.editor
        was_editing, cursor = editor.has_focus, editor.cursor_location
        is_same = self.view.follow_reading()
        if not is_same or editor.text != self.program.code:
            await self.show_cell()
            editor.move_cursor(cursor)
            if was_editing:
                editor.focus()
        else:
            editor.line_number_start = self.program.line_of(self.program.cell)
            self.view.refresh()
        self.refresh_bindings()

    def _warn_of(self, error: ProgramError, besides: str = "") -> None:
        self.warn(f"{error}; {besides}." if besides else f"{error}.")
