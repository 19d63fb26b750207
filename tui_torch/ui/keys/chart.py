"""The keys of the loss chart, and of a confusion matrix."""

from __future__ import annotations

from tui_torch.ui.keys.conditions import ChartConditions, MatrixConditions
from tui_torch.ui.keys.table import HelpRow, Key, KeyTable

CHART: KeyTable[ChartConditions] = KeyTable(
    Key(
        "chart.log",
        "L",
        "toggle_log",
        "Log scale",
        tooltip="Draw on a logarithmic axis, or a linear one",
    ),
    Key(
        "chart.smooth",
        "S",
        "smooth",
        "Smooth",
        tooltip="Draw a moving average of the values",
    ),
    Key(
        "chart.view",
        "v",
        "show_next",
        "Gradient norm, learning rate",
        works=lambda chart: chart.has_other_views,
    ),
    Key(
        "chart.forget",
        "x",
        "forget",
        "Forget earlier runs",
        works=lambda chart: chart.has_earlier_runs,
    ),
    *(
        Key(*declared, tooltip=tooltip)
        for *declared, tooltip in (
            ("chart.in", "plus,equals_sign", "zoom(1)", "Zoom in", "Around the cursor, or on the newest steps"),
            ("chart.out", "minus", "zoom(-1)", "Zoom out", "Show more steps at once"),
            ("chart.right", "right", "move(1)", "Cursor right", "A cursor that reads the values, a column on"),
            ("chart.left", "left", "move(-1)", "Cursor left", "A cursor that reads the values, a column back"),
            ("chart.far-right", "shift+right", "move(10)", "Cursor far right", "The cursor ten columns on"),
            ("chart.far-left", "shift+left", "move(-10)", "Cursor far left", "The cursor ten columns back"),
        )
    ),
    # With all steps in sight these two move the border between the columns, as in other panes.
    *(
        Key[ChartConditions](*declared, tooltip=tooltip, works=lambda chart: chart.is_zoomed)
        for *declared, tooltip in (
            ("chart.later", "greater_than_sign", "pan(1)", "Later steps", "Half a window on, while zoomed in"),
            ("chart.earlier", "less_than_sign", "pan(-1)", "Earlier steps", "Half a window back, while zoomed in"),
            ("chart.all", "0", "show_all", "Show everything", "All steps of the run"),
        )
    ),
    Key(
        "chart.no-cursor",
        "escape",
        "drop_cursor",
        "No cursor",
        tooltip="Take the cursor away",
        works=lambda chart: chart.has_cursor,
    ),
    Key(
        "chart.characters",
        "B",
        "next_dots",
        "Characters",
        works=lambda chart: chart.has_other_dots,
    ),
    help=(
        HelpRow("{chart.log}", "a logarithmic axis, or a linear one"),
        HelpRow(
            "{chart.smooth}",
            "a moving average over about 10, 100, 1,000 steps, in front of the values; the values alone again",
        ),
        HelpRow("{chart.view}", "the gradient norm, the learning rate, the loss again"),
        HelpRow(
            "{chart.left} {chart.right}",
            "a cursor that reads the values; with `shift` ten columns; {chart.no-cursor} takes it away",
        ),
        HelpRow(
            "{chart.in} {chart.out} {chart.all}",
            "zoom in, around the cursor or on the newest steps; zoom out; everything",
        ),
        HelpRow("{chart.earlier} {chart.later}", "earlier steps, later steps, while zoomed in"),
        HelpRow("{chart.forget}", "forget the earlier runs"),
        HelpRow("{chart.characters}", "braille, blocks, or plain characters: whichever your font shows best"),
    ),
)

MATRIX: KeyTable[MatrixConditions] = KeyTable(
    *(
        Key[MatrixConditions](
            f"matrix.{key}",
            key,
            f"choose_cell({down}, {right})",
            f"Cell {where}",
            rebindable=False,
            works=lambda matrix: matrix.chooses_cell,
        )
        for key, where, down, right in (
            ("up", "above", -1, 0),
            ("down", "below", 1, 0),
            ("left", "before", 0, -1),
            ("right", "after", 0, 1),
        )
    ),
    Key("matrix.open", "enter", "open_cell", "Its images", rebindable=False, works=lambda matrix: matrix.chooses_cell),
    Key("matrix.leave", "escape", "leave_cell", "Matrix", rebindable=False, works=lambda matrix: matrix.shows_cell),
    help=(
        HelpRow("{matrix.up} {matrix.down} {matrix.left} {matrix.right}", "choose a cell"),
        HelpRow("{matrix.open}", "the images that the cell counts: a label that was predicted as another one"),
        HelpRow("{matrix.leave}", "the matrix again"),
    ),
)
