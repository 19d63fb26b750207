"""Help with what is being written: the lesson screen passes on between the editor and the tutor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from textual.message import Message

from tui_torch.drawing.text import numbers
from tui_torch.ui.lesson.status_line import pressed

if TYPE_CHECKING:
    from textual.screen import Screen

    from tui_torch.protocol.code_help import Documentation
    from tui_torch.tutor.code_help.writing import WritingHelp
    from tui_torch.ui.lesson.editing.finding import FindField
    from tui_torch.ui.lesson.editing.helped_typing import Asked, HelpedTyping

    class _MixedInto(Screen[None]):
        panes: Any  # the lesson's, whose module needs the editor's
else:
    _MixedInto = object


class DocumentationFound(Message):
    """The code asked for a documentation, by `help()` or `name?`."""

    def __init__(self, found: Documentation) -> None:
        super().__init__()
        self.found = found


class WritingHelped(_MixedInto):
    """Mixed into a screen with an editor: answers what that asks, in time or not at all, and shows documentation."""

    @property
    def writing(self) -> WritingHelp:
        """What helps with the code in the editor."""
        raise NotImplementedError

    def on_helped_typing_help_wanted(self, message: HelpedTyping.HelpWanted) -> None:
        # Exclusive: what was asked before the last key does not help.
        self.run_worker(self._help(message.asked), group="help", exclusive=True)

    def on_helped_typing_documentation_wanted(self, message: HelpedTyping.DocumentationWanted) -> None:
        self._document(message.expression, message.code, message.row)

    def on_find_field_all_replaced(self, message: FindField.AllReplaced) -> None:
        places = numbers.counted(message.count, "place")
        done = f"Replaced in {places}: esc, then ctrl+z takes it back."
        self.panes.say(done if message.count else "That is nowhere in the code.")

    def on_documentation_found(self, message: DocumentationFound) -> None:
        self.show_documentation(message.found)

    def action_document(self) -> None:
        """Show what there is to read about the value that is selected among the tensors."""
        summary = self.panes.inspector.selected
        if summary is None:
            document = pressed("{editor.document}", typing="{editor.document}")
            self.panes.remark(f"Select a name among the tensors first, or press {document} on one in the editor.")
            return
        code = self.panes.editor.text
        self._document(summary.name, code, code.count("\n") + 1)

    async def _help(self, asked: Asked) -> None:
        await asyncio.gather(self._complete(asked), self._describe_call(asked))

    async def _complete(self, asked: Asked) -> None:
        if asked.completions:
            found = await self.writing.completions(asked.place, asked.code, asked.cursor[0])
            self.panes.editor.offer(asked, found)

    async def _describe_call(self, asked: Asked) -> None:
        if asked.signature:
            ways = await self.writing.signatures(asked.place, asked.code, asked.cursor[0])
            self.panes.editor.describe_call(asked, ways)

    def _document(self, expression: str, code: str, row: int) -> None:
        if not expression:
            self.panes.remark("There is no name at the cursor to look up.")
            return
        self.run_worker(self._show_answer(expression, code, row), group="document", exclusive=True)

    async def _show_answer(self, expression: str, code: str, row: int) -> None:
        found = await self.writing.documentation(expression, code, row)
        if found is None:
            self.panes.remark(f"The kernel does not say what {expression} is: try again once it is ready.")
        elif not found.text:
            self.panes.remark(f"There is no documentation of {found.title}.")
        else:
            self.show_documentation(found)

    def show_documentation(self, found: Documentation) -> None:
        """Show a documentation in its pane, below one that is shown already."""
        from tui_torch.ui.screens.documentation import DocumentationScreen

        shown = self.app.screen
        if isinstance(shown, DocumentationScreen):
            shown.add(found)
        elif shown is self:
            self.app.push_screen(DocumentationScreen(found, ascii_only=self.panes.ascii_only))
