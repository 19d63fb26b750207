"""Asks a kernel for the autograd graph of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_torch.kernel.session import KernelSession

if TYPE_CHECKING:
    from tui_torch.protocol.autograd_graph import Graph


async def graph_of(
    kernel: KernelSession, expression: str, place: tuple[int, ...], rows: int, frame: int | None = None
) -> Graph | None:
    """The autograd graph of an expression's value, in the namespace as it is; None if unavailable.

    Waits for a run in progress.

    Args:
        kernel: The kernel that has the value.
        expression: What the learner's code calls the value.
        place: The box of a large graph to open, a `GraphBox.place`; empty for the whole graph.
        rows: Maximum number of boxes.
        frame: The function whose local it is, as of a `Request`.
    """
    from tui_torch.protocol.orders import Request
    from tui_torch.protocol.views import AutogradGraphView

    view = await kernel.look(Request("graph", expression, place, height=rows, frame=frame))
    return view.graph if isinstance(view, AutogradGraphView) else None
