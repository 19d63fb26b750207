"""The keys of the tensors pane, and of one value in full."""

from __future__ import annotations

from tui_torch.ui.keys.conditions import TensorsConditions
from tui_torch.ui.keys.table import Key, KeyTable, pane_key

TENSORS: KeyTable[TensorsConditions] = KeyTable(
    *(
        pane_key(*declared)
        for declared in (
            (
                "tensors.scroll",
                "shift+down",
                "scroll_detail(1)",
                "Scroll details",
                "Further down in the selected value",
            ),
            (
                "tensors.scroll-back",
                "shift+up",
                "scroll_detail(-1)",
                "Scroll details back",
                "Further up in the selected value",
            ),
            (
                "tensors.slice",
                "right_square_bracket",
                "slice(1)",
                "Next slice",
                "Another slice of a tensor of more than two dimensions",
            ),
            (
                "tensors.slice-back",
                "left_square_bracket",
                "slice(-1)",
                "Slice before",
                "The slice before, of a tensor of more than two dimensions",
            ),
            (
                "tensors.dimension",
                "right_curly_bracket",
                "dimension(1)",
                "Next dimension",
                "Slice along the next dimension",
            ),
            (
                "tensors.dimension-back",
                "left_curly_bracket",
                "dimension(-1)",
                "Dimension before",
                "Slice along the dimension before",
            ),
            (
                "tensors.page",
                "right",
                "page(1)",
                "Next page",
                "Values, picture, distribution, memory, graph: the one to the right",
            ),
            (
                "tensors.page-back",
                "left",
                "page(-1)",
                "Page before",
                "Values, picture, distribution, memory, graph: the one to the left",
            ),
            *(
                (
                    f"tensors.page-{number}",
                    f"{number}",
                    f"page_number({number})",
                    f"Page {number}",
                    f"Page {number} of the selected value",
                )
                for number in range(1, 6)
            ),
            ("tensors.switch", "m", "switch", "Image or matrices", "What the picture takes the elements for"),
            (
                "tensors.plot",
                "P",
                "plot",
                "Plot",
                "The selected value over the whole screen: a curve, points, matrices or images",
            ),
            ("tensors.sort", "o", "sort", "Sort", "First bound, by name, by size, by what changed"),
            (
                "tensors.filter",
                "slash",
                "filter",
                "Filter",
                "Those whose name, kind, dtype or change has what you type",
            ),
            (
                "tensors.legend",
                "k",
                "legend",
                "What the marks mean",
                "The signs in the rows, and the summary of a tensor",
            ),
        )
    ),
    Key(
        "tensors.locals",
        "v",
        "locals",
        "Locals",
        tooltip="The locals of the function that trained, of its callers, and the namespace again",
        rebindable=False,
        works=lambda pane: pane.has_locals,
    ),
    Key(
        "tensors.close-legend",
        "escape",
        "close_legend",
        "Close the legend",
        rebindable=False,
        tooltip="Hide what the marks mean",
        works=lambda pane: pane.shows_legend,
    ),
    Key(
        "tensors.unfilter",
        "escape",
        "unfilter",
        "Show all",
        tooltip="End the filter",
        rebindable=False,
        works=lambda pane: pane.is_filtered,
    ),
)

DETAIL: KeyTable[object] = KeyTable(
    *(
        pane_key(*declared)
        for declared in (
            ("detail.up", "up", "move(-1, 0)", "Up"),
            ("detail.down", "down", "move(1, 0)", "Down"),
            ("detail.left", "left", "move(0, -1)", "Left"),
            ("detail.right", "right", "move(0, 1)", "Right"),
            ("detail.leaf-back", "pageup", "leaf(-1)", "Page up"),
            ("detail.leaf", "pagedown", "leaf(1)", "Page down"),
            ("detail.first", "home", "leaf(-1000000)", "First"),
            ("detail.last", "end", "leaf(1000000)", "Last"),
            ("detail.open", "enter,space", "open", "Open"),
            ("detail.leave", "escape,backspace", "leave", "Back"),
        )
    ),
)
