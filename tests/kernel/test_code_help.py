"""A real kernel is asked about code that is being written, between runs and in one."""

from __future__ import annotations

import asyncio

import pytest

from tests.kernel.runs import printed, run
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.code_help import Completions, Documentation
from tui_torch.protocol.events import Finished, Output, Started
from tui_torch.protocol.orders import Complete, DescribeExpression, Run
from tui_torch.tutor.code_help.names_in_code import bound_in, names_at

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODE = "import torch\nw = torch.ones(2, 3)\n"


async def detail(kernel: KernelSession, code: str, name: str) -> str:
    names = names_at(code, code.count("\n"), (), bound_in(code))
    found = await asyncio.wait_for(kernel.ask(Complete(names, name), Completions), 30)
    assert found is not None
    return {item.text: item.detail for item in found.items}[name]


async def test_a_value_that_a_run_left_is_described(kernel: KernelSession) -> None:
    await run(kernel, CODE)
    assert await detail(kernel, CODE, "w") == "Tensor [2, 3] float32"


async def test_code_is_helped_with_while_a_run_goes_on_and_the_run_is_what_it_was(kernel: KernelSession) -> None:
    code = f"{CODE}answer = input('go on?')\nprint(answer)"
    events = []
    async for event in kernel.run(Run(code)):
        events.append(event)
        if isinstance(event, Started):
            assert await detail(kernel, "import torch\n", "torch") == "module"
        if type(event).__name__ == "InputRequested":
            assert await detail(kernel, code, "w") == "Tensor [2, 3] float32"
            names = names_at(code, 3, (), bound_in(code))
            document = await kernel.ask(DescribeExpression(names, "torch.nn.Linear"), Documentation)
            assert document is not None and document.text.startswith("Linear(in_features")
            kernel.answer("yes")
    assert [event.text for event in events if isinstance(event, Output)] == ["yes\n"]
    assert isinstance(events[-1], Finished) and events[-1].outcome == "ok"


async def test_who_asks_while_the_kernel_is_replaced_gets_no_answer(kernel: KernelSession) -> None:
    await kernel.ready()
    asked = asyncio.create_task(kernel.ask(Complete((), "w"), Completions))
    await kernel.restart()
    assert (
        await asyncio.wait_for(asked, 60) in (None, await kernel.ask(Complete((), "w"), Completions)) or asked.result()
    )
    await kernel.ready()


@pytest.mark.parametrize("code", ["import torch\ntorch.nn.Linear?", "import torch\nhelp(torch.nn.Linear)"])
async def test_what_would_be_shown_in_a_pager_comes_as_a_documentation_and_not_as_output(
    kernel: KernelSession, code: str
) -> None:
    events = await run(kernel, code)
    assert printed(events).strip() == "", "help() writes an empty line itself"
    (found,) = [event for event in events if isinstance(event, Documentation)]
    assert "linear transformation" in found.text and "\x1b" not in found.text
