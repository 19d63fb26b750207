"""What is asked of the kernel once code has run: the grade, the values of expressions, what was not read in time."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from tui_torch.kernel.conversation import Conversation
from tui_torch.kernel.messages import received
from tui_torch.protocol.events import Evaluated, Event, Failed, Graded, Inspection
from tui_torch.protocol.inspection_updates import InspectionUpdate
from tui_torch.protocol.orders import Evaluate, Grade, Order, ReadOn, Run


async def graded_and_evaluated(run: Run, printed: str, kernel: Conversation) -> AsyncGenerator[Event, None]:
    """The grade, then the values. Raises ProcessLostError."""
    orders: list[tuple[Order, type[Graded | Evaluated]]] = []
    if run.checks is not None:
        orders.append((Grade(run.checks, run.code, printed, run.graded_by), Graded))
    if run.values:
        orders.append((Evaluate(run.values), Evaluated))
    for order, answer in orders:
        async for message in kernel.replies(kernel.order(order)):
            if (found := received(message, answer) or received(message, Failed)) is not None:
                yield found


async def inspection_read_on(kernel: Conversation) -> Inspection | None:
    """The last inspection with what has been read since; None if nothing is left to read. Raises ProcessLostError."""
    inspection: Inspection | None = None
    async for message in kernel.replies(kernel.order(ReadOn(kernel.inspections.number))):
        if (update := received(message, InspectionUpdate)) is not None:
            inspection = kernel.inspections.inspection(update)
    return inspection
