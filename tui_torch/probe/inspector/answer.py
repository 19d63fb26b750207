"""Answers a request of the inspector: finds the value, makes one view of it, and leaves the value as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui_torch.probe.autograd.graph import graph_of
from tui_torch.probe.autograd.saved_tensors import GraphMemory
from tui_torch.probe.inspector.as_code import as_code
from tui_torch.probe.inspector.output_shapes import OutputOf
from tui_torch.probe.inspector.pages.activity import activity
from tui_torch.probe.inspector.pages.distribution import distribution
from tui_torch.probe.inspector.pages.items import contents
from tui_torch.probe.inspector.pages.layers import layers
from tui_torch.probe.inspector.pages.memory import memory
from tui_torch.probe.inspector.pages.picture import picture
from tui_torch.probe.inspector.pages.plot import plot
from tui_torch.probe.inspector.pages.values import values
from tui_torch.probe.inspector.plot_images import cell_view
from tui_torch.probe.isolation.looking import look_at
from tui_torch.probe.isolation.undisturbed import unobserved, warnings_ignored
from tui_torch.probe.values.elements import UnreadableError
from tui_torch.probe.values.paths import UnreachableError, reach
from tui_torch.probe.values.short_repr import LIMIT, plain
from tui_torch.protocol.autograd_graph import Graph
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import (
    ActivityView,
    AutogradGraphView,
    CodeView,
    ConfusionCellView,
    DistributionView,
    ItemsView,
    LayersView,
    MemoryView,
    PictureView,
    PlotView,
    ValuesView,
    View,
)


def look(
    request: Request,
    namespace: Mapping[str, object],
    output_of: OutputOf = lambda module: None,
    graphs: GraphMemory | None = None,
) -> View:
    """The view that a request asks for; if there is nothing to see, an empty one whose note says why.

    Raises nothing but KeyboardInterrupt.

    Args:
        request: The value, by an expression, and the view.
        namespace: The names in scope.
        output_of: Returns what is known of a module's last result.
        graphs: The numbers that freed graphs had.
    """
    look_at(request.expression)
    try:
        return _view(request, namespace, output_of, graphs or GraphMemory())
    finally:
        look_at("")


def _view(
    request: Request,
    namespace: Mapping[str, object],
    output_of: OutputOf,
    graphs: GraphMemory,
) -> View:
    if request.side == "graph":
        graph = graph_of(request.expression, namespace, graphs, place=request.index, rows=request.height)
        return AutogradGraphView(request, graph)
    if request.side == "cell":
        return cell_view(request, namespace)
    try:
        value = reach(request.expression, namespace)
        with unobserved(), warnings_ignored():
            return _look(request, value, namespace, output_of)
    except (UnreadableError, UnreachableError) as error:
        return nothing(request, plain(str(error).split("\n")[0], LIMIT))
    except Exception as error:  # a rare dtype, layout or backend lacks a kernel for it
        return nothing(request, plain(f"cannot be read: {error}".split("\n")[0], LIMIT))


def _look(request: Request, value: Any, namespace: Mapping[str, object], output_of: OutputOf) -> View:
    match request.side:
        case "values":
            return values(request, value)
        case "picture":
            return picture(request, value)
        case "distribution":
            return distribution(request, value)
        case "memory":
            return memory(request, value, namespace)
        case "layers":
            return layers(request, value, output_of)
        case "activity":
            return activity(request, value, output_of)
        case "items":
            return contents(request, value)
        case "code":
            return CodeView(request, as_code(value))
        case "plot":
            return plot(request, value)
        case "graph" | "cell":
            raise AssertionError("that is not read from one value alone")


def nothing(request: Request, note: str) -> View:
    """An empty view whose note says why there is nothing to see."""
    match request.side:
        case "values":
            return ValuesView(request, (), (), 0, 0, (), None, note)
        case "picture":
            return PictureView(request, "heatmap", (), None, None, None, None, False, (0, 0), (), (), True, 0, note)
        case "distribution":
            return DistributionView(request, (), False, None, None, None, None, (), 0, 0, 0, 0, 0, note)
        case "memory":
            return MemoryView(request, 0, None, 0, (), None, None, None, None, None, (), False, note)
        case "layers":
            return LayersView(request, (), 0, 0, 0, None, None, note)
        case "activity":
            return ActivityView(request, (), 0, note=note)
        case "items":
            return ItemsView(request, (), 0, 0, note)
        case "code":
            return CodeView(request, "", note)
        case "cell":
            return ConfusionCellView(request, None, note)
        case "plot":
            return PlotView(request, note=note)
        case "graph":
            return AutogradGraphView(request, Graph(request.expression, note=note))
