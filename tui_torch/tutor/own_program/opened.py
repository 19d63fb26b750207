"""One's own script or notebook while it is open, without a screen: where one is in it, what is typed, what runs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from difflib import unified_diff
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tui_torch.kernel.session import KernelSession
from tui_torch.programs.cell_runs import CellEnd, CellRuns, CellRunState, above, end_of, same_cells
from tui_torch.programs.cells_not_run import explained_by_cells
from tui_torch.programs.lines import with_plain_ends
from tui_torch.programs.program import CodeCell, OwnProgram, ProgramError, StoredOutput
from tui_torch.programs.reading import read_program
from tui_torch.programs.saving import content_with, save, script_with
from tui_torch.protocol.events import INTERRUPTED, Cleared, Displayed, Event, Failed, Figure, Finished, Output
from tui_torch.protocol.orders import NotebookCall, ProgramCall, Run
from tui_torch.tutor.own_program.drafts import ProgramDrafts, carried, edited
from tui_torch.tutor.own_program.set_aside import set_aside
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.trust import TrustedFiles, UntrustedError, content_hash

if TYPE_CHECKING:
    from tui_torch.programs.notebook.cells import CellRun
    from tui_torch.tutor.code_help.writing import WritingHelp

MOST_GIVEN = 8_000_000
"""Bytes of a cell's outputs, about, that are kept to be saved; a cell that gives more keeps what its file has."""


class ChangedBothWaysError(ProgramError):
    """The file was changed by somebody else where drafts are: one has to be chosen. What is shown stays as it is."""


class OpenedProgram:
    """A program, one of whose cells is the current one, and a kernel that runs it.

    Args:
        program: As it was read.
        call: How it is called. Of a notebook, its folder alone counts.
        agreed: Whether the learner has agreed, for this session, to run what is saved to the file.
    """

    def __init__(
        self, program: OwnProgram, call: ProgramCall, progress: Progress, kernel: KernelSession, *, agreed: bool = False
    ) -> None:
        self.program = program
        self.kernel = kernel
        self.runs = CellRuns()
        self.at = 0
        """The index of the current cell; 0 is the first."""
        self._call = call
        self._progress = progress
        self._trusted = TrustedFiles(None, progress)
        self._drafts = ProgramDrafts(progress, program.path)
        self._given: dict[str, list[StoredOutput | Failed] | None] = {}
        """What the last run of a cell gave, by the cell's id; None where that is too much to be kept."""
        self._ran: dict[str, None] = {}
        """The codes that the kernel has the names of, oldest first, each once."""
        self.came_from: Mapping[str, str] = {}
        """For the cells of a file that was read again, the ids that they had before; cells that are new are not in it.
        """
        self._running: tuple[str, str] | None = None
        """The id and the code of the cell that runs."""
        if agreed:
            self._trust(program.content)
        found = self._drafts.found(program.cells)
        self._codes = dict(found.codes)
        self.notice = self._keep_lost(found.lost)
        """What became of drafts that have no place in the file any more, in a sentence; None where all have one."""

    # Where one is

    @property
    def path(self) -> Path:
        """The file, as it was named."""
        return self.program.path

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the script is called with."""
        return () if self.is_notebook else self._call.arguments[1:]

    @property
    def is_notebook(self) -> bool:
        """Whether it is a notebook."""
        return self.program.kind == "notebook"

    @property
    def cells(self) -> tuple[CodeCell, ...]:
        """The cells of the file, as it was read; at least one."""
        return self.program.cells or (CodeCell("cell-1", "", "This notebook has no cells.", takes_code=False),)

    @property
    def cell(self) -> CodeCell:
        """The current cell, as it was read."""
        return self.cells[self.at]

    @property
    def is_whole(self) -> bool:
        """Whether it is one piece, which runs as a program: a script that nothing divides into cells."""
        return not self.is_notebook and len(self.cells) == 1

    def go(self, at: int) -> bool:
        """Go to a cell by its index. Returns False, and stays, where there is none."""
        if not 0 <= at < len(self.cells):
            return False
        self.at = at
        return True

    def line_of(self, cell: CodeCell) -> int:
        """The line of the file, with the drafts in it, in which a cell begins; 1 in a notebook."""
        if self.is_notebook:
            return 1
        before = self.cells[: self.cells.index(cell)]
        return cell.first_line + sum(self.code_of(one).count("\n") - one.code.count("\n") for one in before)

    def place_of_line(self, line: int) -> int:
        """The index of the cell of a script that has a line of the file."""
        return max((at for at, cell in enumerate(self.cells) if self.line_of(cell) <= line), default=0)

    def is_its_file(self, file: str | None) -> bool:
        """Whether that is the program's file, as a line of a run says where it is."""
        return file is not None and Path(file) == self.path.absolute()

    # What is typed

    @property
    def codes(self) -> Mapping[str, str]:
        """The drafts, by the ids of their cells."""
        return self._codes

    @property
    def is_edited(self) -> bool:
        """Whether something was typed that is not in the file."""
        return bool(self._codes)

    @property
    def draft_notice(self) -> str | None:
        """What is to be known of drafts by whoever leaves, in a sentence; None without any."""
        if not self._codes:
            return None
        return f"{self.path}: what you typed is kept as a draft, and not in the file; `open` has it again"

    def code_of(self, cell: CodeCell) -> str:
        """The code of a cell as it is in the editor."""
        return self._codes.get(cell.id, cell.code)

    @property
    def code(self) -> str:
        """The code of the current cell as it is in the editor."""
        return self.code_of(self.cell)

    @property
    def kept_notice(self) -> str | None:
        """What has gone wrong where drafts are kept, in a sentence; None while nothing has."""
        return self._progress.notice

    def type(self, code: str) -> None:
        """Keep what is typed into the current cell. It is in the progress file when this returns."""
        if code == self.code or not self.cell.takes_code:
            return
        if code == self.cell.code:
            self._codes.pop(self.cell.id, None)
        else:
            self._codes[self.cell.id] = code
        self._keep()

    def _keep(self) -> None:
        self._drafts.keep(self.cells, self._codes)

    def _keep_lost(self, lost: tuple[str, ...]) -> str | None:
        if not lost:
            return None
        content = "\n\n".join(lost).encode("utf-8", "replace")
        try:
            where = set_aside(self.path.with_suffix(".py"), content)
        except OSError as error:
            return f"drafts of cells that {self.path.name} has no longer cannot be written ({error.strerror})"
        self._keep()
        return f"{self.path.name} has no longer a cell that you edited: what you wrote is in {where}"

    # Running

    @property
    def states(self) -> Mapping[str, CellRunState]:
        """What has run of each cell, by its id."""
        return self.runs.states(self.cells, self._codes)

    def cells_above(self) -> tuple[CodeCell, ...]:
        """The cells above the current one that have code."""
        return above(self.cells, self.cell.id)

    def restarted(self) -> None:
        """The kernel is a fresh one; what runs has begun in it, or is about to end."""
        self.runs.restarted()
        self._ran.clear()
        if self._running is not None:
            self.runs.began(*self._running)
            self._note_code(self._running[1], goes_on=False)

    async def run(self, at: int | None = None, *, recorded: bool = False) -> AsyncGenerator[Event, None]:
        """Run a cell, which finds what those before it left, and yield its events.

        A script that is one piece runs as a program, from a fresh start.

        Args:
            at: The cell's index; None for the current one.
            recorded: Whether it runs line by line.
        """
        if self.is_whole:
            async for event in self.run_whole(recorded=recorded):
                yield event
            return
        cell = self.cell if at is None else self.cells[at]
        code = self.code_of(cell)
        goes_on = self.runs.count > 0
        number = self.runs.began(cell.id, code)
        self._running = cell.id, code
        given: list[StoredOutput | Failed] = []
        self._given.pop(cell.id, None)
        call = NotebookCall(self._call.folder, number, goes_on, None if self.is_notebook else self._call)
        # So that lines of a script have the numbers that they have in the file.
        order = Run("\n" * (self.line_of(cell) - 1) + code, trace=recorded, notebook=call)
        self._note_code(code, goes_on=goes_on)
        failed: Failed | None = None
        has_exited = False
        try:
            async for event in self.kernel.run(order):
                _collect(given, event)
                if isinstance(event, Failed):
                    event = failed = self._explained(event, cell)
                    has_exited = event.error == "SystemExit" and event.message in ("", "0", "None")
                if isinstance(event, Finished):
                    end = end_of(event, failed, code, is_notebook=self.is_notebook)
                    self._ended(given, CellEnd() if has_exited else end)
                yield event
        finally:
            self._ended(None, CellEnd())

    def _ended(self, given: list[StoredOutput | Failed] | None, end: CellEnd) -> None:
        """The cell that runs has come to its end, and gave this; None where it is not known."""
        if self._running is None:
            return
        name, _ = self._running  # by the id that it has now, if the file was read again meanwhile
        self._running = None
        if given is not None:
            self._given[name] = given if _size(given) <= MOST_GIVEN else None
        self.runs.ended(name, end)

    def _explained(self, failed: Failed, cell: CodeCell) -> Failed:
        with suppress(KeyError):  # the file was read again meanwhile
            cells = [replace(one, code=self.code_of(one)) for one in above(self.cells, cell.id)]
            return explained_by_cells(failed, cells, self.states, counts_lines=not self.is_notebook)
        return failed

    async def run_whole(self, *, recorded: bool = False) -> AsyncGenerator[Event, None]:
        """Run a script as a program, as `python FILE ARGUMENTS` would, with what is typed, and yield its events."""
        self.runs.restarted()
        code = with_plain_ends(script_with(self.program, self._codes))
        ran = {cell.id: self.code_of(cell) for cell in self.cells}
        cell = self.cell if self.is_whole else None
        if cell is not None:
            self.runs.began(cell.id, self.code)
        order = Run(code, trace=recorded, program=self._call)
        self._note_code(code, goes_on=False)
        end, failed = CellEnd(has_raised=True), None
        try:
            async for event in self.kernel.run(order):
                if isinstance(event, Failed):
                    failed = event
                if isinstance(event, Finished):
                    end = end_of(event, failed, code)
                    if cell is not None:
                        self.runs.ended(cell.id, end)
                    else:
                        self._note_program(ran, failed, end)
                yield event
        finally:
            if cell is not None:
                self.runs.ended(cell.id, end)

    def _note_program(self, ran: Mapping[str, str], failed: Failed | None, end: CellEnd) -> None:
        """The script in cells has run as a program: those of its cells are known that it went through."""
        line = None if failed is None else main_line(failed)
        if line is None:
            if end == CellEnd():
                self.runs.ran_in_program(ran, end)
            return
        names = list(ran)[: self.place_of_line(line) + 1]
        if end.ran_nothing:
            names = names[-1:]  # none of it ran
        inner = [frame.line for frame in failed.frames if self.is_its_file(frame.file)] if failed is not None else []
        raised = self.cells[self.place_of_line(inner[-1])].id if inner else names[-1]
        self.runs.ran_in_program({name: ran[name] for name in names}, end, raised if raised in names else names[-1])

    @cached_property
    def writing(self) -> WritingHelp:
        """Help with code that is being written in the current cell."""
        from tui_torch.tutor.code_help.writing import WritingHelp

        return WritingHelp(self.kernel, self.stood_on, lambda: [*self._ran], goes_on=lambda: not self.is_whole)

    def _note_code(self, code: str, *, goes_on: bool) -> None:
        """Code runs now, in the namespace that the code before it left or in a fresh one."""
        if not goes_on:
            self._ran.clear()
        self._ran.pop(code, None)
        self._ran[code] = None

    def stood_on(self) -> list[str]:
        """The codes that make the names that the current cell finds: what ran, and what above it has not."""
        if self.is_whole:
            return []
        return [*self._ran, *(code for cell in self.cells_above() if (code := self.code_of(cell)) not in self._ran)]

    def swap_with_file(self, code: str) -> str | None:
        """What takes the place of `code` in the current cell: what the file has, or what that took the place of last.

        None if there is nothing to swap with. What is replaced is kept in the progress file.
        """
        key, name = self._drafts.key, self.cell.id
        if code != self.cell.code:
            self._progress.record_attempt(key, name, code, "program", "set aside")
            return self.cell.code
        aside = [attempt.code for attempt in self._progress.attempts(key, name) if attempt.code != code]
        return aside[-1] if aside else None

    # The file

    def save(self, *, over_changes: bool = False, with_outputs: bool = False) -> str:
        """Write what was typed to the file, and return a sentence that says so.

        Args:
            over_changes: Also over what somebody else has written meanwhile, which the learner has been asked.
            with_outputs: Of a notebook, what its cells gave in this session, too.

        Raises ChangedElsewhereError and ProgramError as `programs.saving.save` does; the drafts stay then.
        """
        saved = save(self.program, self._codes, self._outputs() if with_outputs else None, over_changes=over_changes)
        self._adopt(saved.program, {})
        self._progress.trust(content_hash(saved.program.content))
        return saved.sentence

    def _outputs(self) -> dict[str, CellRun]:
        from tui_torch.programs.notebook.cells import CellRun

        states = self.states
        return {
            name: CellRun(states[name].number, tuple(given))
            for name, given in self._given.items()
            if given is not None and name in states and states[name].number is not None
        }

    @property
    def has_outputs(self) -> bool:
        """Whether cells of a notebook have run, whose outputs can be saved."""
        return self.is_notebook and bool(self._outputs())

    def read_again(self, *, agreed: str | None = None) -> bool:
        """Take over what somebody else has written to the file; whether it is another program now.

        Drafts of cells that are as they were stay drafts of these.

        Args:
            agreed: The hash of the content that the learner has just agreed to run.

        Raises:
            ProgramError: It is no program now, or gone; what is shown stays.
            UntrustedError: The learner has not agreed to this content.
            ChangedBothWaysError: A cell with a draft is another now, or gone.
        """
        now = read_program(self.path)
        if now.content == self.program.content:
            return False
        self._check_trust(now, agreed)
        codes = carried(self.cells, now.cells, self._codes)
        if codes is None:
            raise ChangedBothWaysError(f"{self.path.name} was changed by somebody else, and by you")
        self._adopt(now, codes)
        return True

    def take_theirs(self, *, agreed: str | None = None) -> Path | None:
        """Take over what somebody else has written to the file; returns where one's own is now, if there is any.

        Raises what `read_again` raises, and OSError where one's own cannot be written elsewhere; nothing changes then.
        """
        now = read_program(self.path)
        self._check_trust(now, agreed)
        where = set_aside(self.path, content_with(self.program, self._codes)) if self._codes else None
        self._adopt(now, {})
        return where

    def difference(self) -> tuple[str, ...]:
        """The lines of code by which one's own differs from what the file has now, as `diff -u` writes them.

        Empty where the file is no program now, or nothing differs but what is around its code.
        """
        try:
            theirs = read_program(self.path)
        except ProgramError:
            return ()
        before, after = (_code_lines(cells, self.is_notebook) for cells in (theirs.cells, self._own))
        return tuple(line.rstrip("\n") for line in unified_diff(before, after, "theirs", "yours", n=2))

    @property
    def _own(self) -> tuple[CodeCell, ...]:
        return edited(self.cells, self._codes)

    def _check_trust(self, now: OwnProgram, agreed: str | None) -> None:
        self._trusted.check(self.path.absolute(), now.content, agreed)

    def _trust(self, content: bytes) -> None:
        with suppress(UntrustedError):
            self._trusted.check(self.path.absolute(), content, content_hash(content))

    def _adopt(self, program: OwnProgram, codes: Mapping[str, str]) -> None:
        """Be another reading of the file, with drafts by its own ids."""
        before, current = self.cells, self.cell.id
        self.program = program
        self._codes = dict(codes)
        old_of = self.came_from = same_cells(before, self.cells)
        self.runs.moved(old_of)
        if self._running is not None:
            was, code = self._running
            now = next((new for new, old in old_of.items() if old == was), None)
            self._running = None if now is None else (now, code)
        self._given = {new: self._given[old] for new, old in old_of.items() if old in self._given}
        at = next((at for at, cell in enumerate(self.cells) if old_of.get(cell.id) == current), self.at)
        self.at = min(at, len(self.cells) - 1)
        self._keep()


def _code_lines(cells: Iterable[CodeCell], is_notebook: bool) -> list[str]:
    lines: list[str] = []
    for at, cell in enumerate(cells):
        lines += [f"# cell {at + 1}"] if is_notebook else [f"# %% {cell.title}"] if cell.title else []
        lines += cell.code.splitlines()
    return [f"{line}\n" for line in lines]


def main_line(failed: Failed) -> int | None:
    """The line of the code that ran by which it came to an error: where it stands itself, or what it called there."""
    own = [frame.line for frame in failed.frames if frame.function == "<module>"]
    return own[0] if own else failed.frames[0].line if failed.frames else None


def _collect(given: list[StoredOutput | Failed], event: Event) -> None:
    """Keep what an event of a run shows, as a notebook would."""
    match event:
        case Output() | Figure() | Failed():
            given.append(event)
        case Displayed():
            _put_displayed(given, event)
        case Finished(outcome="interrupted", reason=reason) if reason == INTERRUPTED:
            given.append(Failed("KeyboardInterrupt", "", ()))  # as a notebook has it
        case Cleared():
            given.clear()
        case _:
            pass


def _put_displayed(given: list[StoredOutput | Failed], event: Displayed) -> None:
    name = event.display_id
    if name is not None and event.is_update:
        for at, one in enumerate(given):
            if isinstance(one, Displayed) and one.display_id == name:
                given[at] = event
                return
    given.append(event)


def _size(given: list[StoredOutput | Failed]) -> int:
    return sum(
        len(one.image if isinstance(one, Figure) else one.message if isinstance(one, Failed) else one.text)
        for one in given
    )
