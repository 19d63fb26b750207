"""What a kernel's code fails with is explained there: characters that IPython refuses, causes, and workers."""

from __future__ import annotations

import pytest

from tests.kernel.runs import only, run
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import Failed

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("kernel")]


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("x = 1\nprint(“hello”)\n", 'print("hello")'),
        ("x = torch.ones（2）\n", "x = torch.ones(2)"),
        ("x = 3 − 1\n", "x = 3 - 1"),
    ],
)
async def test_a_character_that_is_none_of_code_is_exchanged(kernel: KernelSession, code: str, line: str) -> None:
    failed = only(await run(kernel, code), Failed)
    assert failed.explanation is not None and failed.explanation.suggested_fix == line


async def test_tabs_among_spaces_are_counted(kernel: KernelSession) -> None:
    failed = only(await run(kernel, "if True:\n        x = 1\n\ty = 2\n"), Failed)
    assert failed.explanation is not None and "by 1 tab" in failed.explanation.meaning


async def test_a_cause_is_told_in_a_kernel(kernel: KernelSession) -> None:
    code = """
import torch
try:
    torch.ones(3)[3]
except IndexError as error:
    raise ValueError("row") from error
"""
    failed = only(await run(kernel, code), Failed)
    assert failed.explanation is not None
    assert failed.explanation.meaning.startswith("Behind it is an IndexError in line 4")
