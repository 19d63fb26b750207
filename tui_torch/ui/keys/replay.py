"""The keys of the lesson screen in a replay."""

from __future__ import annotations

from tui_torch.ui.keys.conditions import PaneConditions
from tui_torch.ui.keys.table import HelpRow, Key, KeyTable, pane_key


def _in_replay(
    name: str, key: str, action: str, label: str, tooltip: str = "", *, rebindable: bool = True
) -> Key[PaneConditions]:
    """A key that moves in a replay, whatever has the focus; it is text in a field for one line."""
    return Key(
        name,
        key,
        action,
        label,
        tooltip=tooltip,
        priority=True,
        rebindable=rebindable,
        works=lambda now: now.replays and not now.types_line,
    )


_CHANGE = "of the name chosen among the tensors, or of any"

REPLAY: KeyTable[PaneConditions] = KeyTable(
    _in_replay("replay.forward", "right", "scrub(1)", "Line", "A line on"),
    _in_replay("replay.back", "left", "scrub(-1)", "Line back", "To the line before"),
    _in_replay("replay.forward-ten", "shift+right", "scrub(10)", "Ten lines on", "Ten lines on at once"),
    _in_replay("replay.back-ten", "shift+left", "scrub(-10)", "Ten lines back", "Ten lines back at once"),
    _in_replay("replay.first", "home", "scrub(-1000000)", "To the beginning", "To the first line that ran"),
    _in_replay("replay.last", "end", "scrub(1000000)", "To the end", "To the last line that ran"),
    _in_replay("replay.change", "slash", "change(1)", "Next change", f"To the next change {_CHANGE}"),
    _in_replay("replay.change-back", "backslash", "change(-1)", "Change before", f"To the change before {_CHANGE}"),
    _in_replay("replay.find", "ctrl+f", "find_value", "Find a value"),
    _in_replay("replay.pass", "right_square_bracket", "turn(1, False)", "Pass", "To the next pass of the loop"),
    _in_replay(
        "replay.pass-back",
        "left_square_bracket",
        "turn(-1, False)",
        "Pass before",
        "To the pass of the loop before",
        rebindable=False,
    ),
    _in_replay(
        "replay.outer-pass",
        "right_curly_bracket",
        "turn(1, True)",
        "Outermost pass",
        "To the next pass of the outermost loop",
        rebindable=False,
    ),
    _in_replay(
        "replay.outer-pass-back",
        "left_curly_bracket",
        "turn(-1, True)",
        "Outermost pass before",
        "To the pass of the outermost loop before",
        rebindable=False,
    ),
    *(
        _in_replay(f"replay.digit-{digit}", digit, f"digit('{digit}')", "To a pass", rebindable=False)
        for digit in "0123456789"
    ),
    Key(
        "replay.to-pass",
        "enter",
        "to_pass",
        "To that pass",
        tooltip="To the pass of the loop that has the number typed",
        priority=True,
        works=lambda now: now.replays and now.types_pass,
    ),
    _in_replay("replay.leave", "escape", "leave_replay", "Result"),
    help=(
        HelpRow("{replay.back} {replay.forward}", "a line back, a line on; with `shift` ten"),
        HelpRow("{replay.first} {replay.last}", "to the beginning, to the end"),
        HelpRow(
            "{replay.change}",
            "to the next change of the name that you chose among the tensors, or of any;"
            " {replay.change-back} to the one before",
        ),
        HelpRow("{replay.find}", "find a value: to the next line after which `loss < 0.1` or `w is nan` holds"),
        HelpRow(
            "{replay.pass} {replay.pass-back}",
            "to the next pass of the loop, to the one before;"
            " {replay.outer-pass} {replay.outer-pass-back} of the outermost loop",
        ),
        HelpRow(
            "a number, {replay.to-pass}",
            "to that pass of the loop; with {replay.outer-pass} instead of {replay.to-pass}, of the outermost loop",
        ),
        HelpRow("{replay.leave}", "back to the result of the run"),
    ),
)
"""Keys of the lesson screen in a replay."""

VALUE_SEARCH: KeyTable[object] = KeyTable(pane_key("search.leave", "escape", "leave", "Back"))
"""Keys of the field for a value to look for in a replay."""
