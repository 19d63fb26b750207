"""Help with what is being written in the editor: what it asks is answered by the tutor, in time or not at all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui_torch.tutor.tutor import Tutor
    from tui_torch.ui.lesson.editing.helped_typing import Asked, HelpedTyping


class LessonWriting:
    """Passes on between the editor and the tutor's help with code."""

    def __init__(self, tutor: Tutor, editor: HelpedTyping) -> None:
        self._tutor = tutor
        self._editor = editor

    async def answer(self, asked: Asked) -> None:
        """Find out what the editor asks, and show it there."""
        await asyncio.gather(self._complete(asked), self._describe_call(asked))

    async def _complete(self, asked: Asked) -> None:
        if asked.completions:
            self._editor.offer(asked, await self._tutor.writing.completions(asked.place, asked.code, asked.cursor[0]))

    async def _describe_call(self, asked: Asked) -> None:
        if asked.signature:
            ways = await self._tutor.writing.signatures(asked.place, asked.code, asked.cursor[0])
            self._editor.describe_call(asked, ways)
