"""The playground's cells run in a real kernel, where what was run stays until it is reset."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.courses import course_in
from tests.kernel.runs import printed
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import Event, Failed
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor

pytestmark = [pytest.mark.xdist_group("kernel"), pytest.mark.asyncio(loop_scope="module")]

TEXT = "x = 1\n# %%\nx += 1\nprint(x)\n# %%\nprint(x / 0)\n"


async def test_names_stay_from_cell_to_cell_until_a_reset_or_a_step_of_a_lesson(
    kernel: KernelSession, tmp_path: Path
) -> None:
    with Progress.open(tmp_path / "progress.db") as progress:
        tutor = Tutor(course_in(), progress, kernel)
        tutor.open_playground()

        async def run(line: int) -> list[Event]:
            tutor.playground.line = line
            return [event async for event in tutor.run(TEXT)]

        assert [printed(await run(line)) for line in (1, 3, 3)] == ["", "2\n", "3\n"]
        failed = next(event for event in await run(6) if isinstance(event, Failed))
        assert (failed.error, failed.frames[-1].line, tutor.playground.last) == ("ZeroDivisionError", 6, "In [4]")
        assert failed.frames[-1].file == tutor.playground.name_of_run
        tutor.playground.reset()
        failed = next(event for event in await run(3) if isinstance(event, Failed))
        assert failed.explanation is not None
        assert failed.explanation.meaning == (
            "`x` is made in a cell above, which begins at line 1 and has not run. Run that cell first."
        )
        assert failed.error == "NameError" and tutor.playground.last == "In [1]"
        await run(1)
        tutor.open(tutor.course.lesson(tutor.course.ids[0]))
        async for _ in tutor.run("y = 1"):
            pass
        tutor.open_playground()
        assert any(isinstance(event, Failed) for event in await run(3))
