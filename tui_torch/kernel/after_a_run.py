"""What a run asks of the kernel once its code has run: the grade, and the values of expressions."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from tui_torch.kernel.conversation import Conversation
from tui_torch.kernel.messages import received
from tui_torch.protocol.events import Evaluated, Event, Failed, Graded
from tui_torch.protocol.orders import Evaluate, Grade, Order, Run


async def graded_and_evaluated(run: Run, printed: str, kernel: Conversation) -> AsyncGenerator[Event, None]:
    """The grade, then the values. Raises ProcessLostError."""
    orders: list[tuple[Order, type[Graded | Evaluated]]] = []
    if run.checks is not None:
        orders.append((Grade(run.checks, run.code, printed), Graded))
    if run.values:
        orders.append((Evaluate(run.values), Evaluated))
    for order, answer in orders:
        async for message in kernel.replies(kernel.order(order)):
            if (found := received(message, answer) or received(message, Failed)) is not None:
                yield found
