"""Saves what the learner types, soon after it was typed and before anything else happens to the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_torch.tutor.progress.own_code import right_code, typed_since
from tui_torch.ui.lesson.status_line import pressed

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.timer import Timer

    from tui_torch.tutor.tutor import Tutor
    from tui_torch.ui.lesson.editor import CodeEditor

SAVE_AFTER = 0.3
"""Seconds from the first unsaved change to its being saved, whether or not more is being typed."""


class KeptTyping:
    """Keeps what is typed into an editor, soon after it was typed.

    Args:
        editor: The editor.
        keep: Keeps its text.
        notice: What has gone wrong where it is kept, in a sentence; None while nothing has.
        warn: Says such a sentence, once.
    """

    def __init__(
        self,
        editor: CodeEditor,
        keep: Callable[[str], object],
        notice: Callable[[], str | None],
        warn: Callable[[str], None],
    ) -> None:
        self._editor = editor
        self._keep = keep
        self._notice = notice
        self._timer: Timer | None = None
        self._warn = warn
        self._said = notice()

    def changed(self) -> None:
        """Save the code soon: it was edited."""
        if self._timer is None:
            self._timer = self._editor.set_timer(SAVE_AFTER, self.save)

    def save(self) -> None:
        """Save the code now, if it was edited since it was saved last."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            self._keep(self._editor.text)
        self._warn_of_a_fault()

    def _warn_of_a_fault(self) -> None:
        """Say what has gone wrong, unless that was said."""
        before, self._said = self._said, self._notice()
        if self._said is not None and self._said != before:
            self._warn(self._said)


class Drafts(KeptTyping):
    """Keeps the editor's code and the learner's progress file the same."""

    def __init__(self, tutor: Tutor, editor: CodeEditor, warn: Callable[[str], None]) -> None:
        super().__init__(editor, tutor.save, lambda: tutor.progress.notice, warn)
        self._tutor = tutor

    def swap_with_original(self, ran: str | None = None) -> str:
        """Put the code as it was given into the editor, or the learner's own back; returns a sentence that says so.

        `ran`: the code whose output is on the screen; None if there is none.
        """
        back = self._tutor.swap_with_original(self._editor.text)
        if back is None:
            return "The code is as it was given."
        tutor = self._tutor
        is_own = back != tutor.original
        place = tutor.progress, tutor.key, tutor.step.id
        passed = right_code(*place)
        self._editor.put(back)
        output = "" if ran is None or ran == back else " The output below is still that of the code before."
        if is_own and back == passed and typed_since(*place, tutor.original) is not None:
            return f"Your code that passed is back; {pressed('{reset}')} brings what you typed since.{output}"
        if is_own:
            return f"Your code is back.{output}"
        return f"The code is as it was given; {pressed('{reset}')} brings yours back.{output}"

    def put_solution(self) -> str:
        """Put the exercise's solution into the editor; returns a sentence that says how to undo it."""
        solution = self._tutor.solution()
        assert solution is not None
        self._tutor.set_aside(self._editor.text)
        self._editor.put(solution)
        return (
            f"The solution is in the editor; {pressed('{edit}, then ctrl+z,', typing='ctrl+z')} brings your code back."
        )
