"""The keys of a graph, and of the screen that shows it."""

from __future__ import annotations

from collections.abc import Callable

from tui_torch.ui.keys.conditions import GraphConditions
from tui_torch.ui.keys.table import HelpRow, Key, KeyTable, pane_key


def _graph_key(
    name: str, keys: str, action: str, label: str, written: str, works: Callable[[GraphConditions], bool]
) -> Key[GraphConditions]:
    """A key of the graph that the footer shows while it does something."""
    return Key(name, keys, action, label, in_footer=True, written=written, rebindable=False, works=works)


GRAPH: KeyTable[GraphConditions] = KeyTable(
    _graph_key("graph.open", "enter,space", "open", "Open", "enter", lambda graph: graph.can_open),
    _graph_key("graph.leave", "escape,backspace", "leave", "Out", "esc", lambda graph: graph.is_inside),
    _graph_key("graph.switch", "m", "switch", "Boxes or nodes", "m", lambda graph: graph.has_both_drawings),
    *(
        pane_key(*declared)
        for declared in (
            ("graph.down", "down", "go('down')", "Input"),
            ("graph.up", "up", "go('up')", "Result"),
            ("graph.left", "left", "go('left')", "Left"),
            ("graph.right", "right", "go('right')", "Right"),
            ("graph.home", "home", "go('home')", "The value"),
            ("graph.pan-down", "shift+down", "pan(0, 3)", "Down"),
            ("graph.pan-up", "shift+up", "pan(0, -3)", "Up"),
            ("graph.pan-left", "shift+left", "pan(-8, 0)", "Left"),
            ("graph.pan-right", "shift+right", "pan(8, 0)", "Right"),
        )
    ),
    help=(
        HelpRow(
            "{graph.up} {graph.down} {graph.left} {graph.right}",
            "from box to box; among the rows of a large graph {graph.right} and {graph.left} go along a skip",
        ),
        HelpRow("{graph.open}", "opens a box of a large graph, {graph.leave} closes it"),
        HelpRow("{graph.switch}", "a graph of some dozen nodes in boxes, or node by node"),
        HelpRow("{graph.home}", "the value"),
    ),
)

GRAPH_SCREEN: KeyTable[object] = KeyTable(
    Key(
        "graph-screen.close",
        "escape",
        "dismiss(None)",
        "Back",
        in_footer=True,
        written="esc",
        rebindable=False,
    ),
    Key("graph-screen.help", "question_mark", "help", "Help", in_footer=True, written="?", like="help"),
    # Of their own, since the footer is not to name escape while that closes a box.
    Key("graph-screen.close-at-once", "g,q", "dismiss(None)", "Back", rebindable=False),
)
