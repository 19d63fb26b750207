"""The keys of the editor."""

from __future__ import annotations

from tui_torch.ui.keys.conditions import EditorConditions
from tui_torch.ui.keys.table import HelpRow, Key, KeyTable, pane_key

EDITOR: KeyTable[EditorConditions] = KeyTable(
    # With priority, since TextArea would move the focus on to the next widget.
    Key(
        "editor.leave",
        "escape",
        "leave",
        "Leave the editor",
        priority=True,
        tooltip="Give the keys that are letters their meaning again",
    ),
    # Terminals send ctrl+/ as ctrl+_, but for those that name every key.
    Key("editor.comment", "ctrl+slash,ctrl+underscore", "comment", "Comment"),
    Key("editor.move-up", "alt+up", "move_lines(-1)", "Line up", tooltip="Move the selected lines up"),
    Key("editor.move-down", "alt+down", "move_lines(1)", "Line down", tooltip="Move the selected lines down"),
    Key("editor.zoom", "alt+z", "screen.zoom_code", "Fill the screen"),
    Key("editor.find", "ctrl+f", "find", "Find"),
    Key("editor.document", "f1", "document", "Documentation"),
    # Elsewhere it leads to the next pane, and so it does where nothing can be typed.
    Key("editor.tab", "tab", "tab", rebindable=False, works=lambda editor: not editor.read_only),
    Key("editor.dedent", "shift+tab", "dedent", "Indent less", tooltip="Indent the selected lines a level less"),
    *(
        Key[EditorConditions](name, key, action, label, rebindable=False, tooltip=tooltip)
        for name, key, action, label, tooltip in (
            ("editor.start", "ctrl+home", "to_start", "Beginning of the code", "Go to the beginning of the code"),
            ("editor.end", "ctrl+end", "to_end", "End of the code", "Go to the end of the code"),
            (
                "editor.select-to-start",
                "ctrl+shift+home",
                "to_start(True)",
                "Select to the beginning",
                "Select from the cursor to the beginning of the code",
            ),
            (
                "editor.select-to-end",
                "ctrl+shift+end",
                "to_end(True)",
                "Select to the end",
                "Select from the cursor to the end of the code",
            ),
        )
    ),
    help=(
        HelpRow("{editor.leave}, `tab`", "leave the editor; leave it, and go on to the next pane"),
        HelpRow("{editor.zoom}", "let the code fill the screen; again to bring the others back"),
        HelpRow("`enter`", "a new line, indented as Python wants it; `backspace` among its spaces goes a level back"),
        HelpRow(
            "`tab` after a letter",
            "how the name goes on: `tab` takes the first, `down` goes into the list, where `enter` takes one;"
            " `esc` closes it",
        ),
        HelpRow(
            "{editor.find}",
            "find in the code: `enter` goes on, {find.before} back; after {find.other} you write what to put in its"
            " place, `enter` replaces one and {find.all} all; {find.leave} leaves",
        ),
        HelpRow("{editor.document}", "what there is to read about the name under the cursor, or the function it calls"),
        HelpRow("`tab` {editor.dedent}", "indent the selected lines, or less; elsewhere `tab` is spaces"),
        HelpRow("`ctrl+a` `ctrl+e`", "to the beginning of the line, to its end; `F7` selects all of the code"),
        HelpRow("{editor.start} {editor.end}", "to the beginning of the code, to its end"),
        HelpRow("{editor.comment}", "make the selected lines a comment, or code again"),
        HelpRow("{editor.move-up} {editor.move-down}", "move the selected lines"),
        HelpRow("`ctrl+z` `ctrl+y`", "undo by words, redo"),
    ),
)

FIND: KeyTable[object] = KeyTable(
    *(
        pane_key(*declared)
        for declared in (
            ("find.before", "up", "go(-1)", "Before"),
            ("find.next", "down", "go(1)", "Next"),
            ("find.other", "tab,shift+tab", "other", "Replace by"),
            ("find.all", "ctrl+l", "replace_all", "Replace all"),
            ("find.leave", "escape", "leave", "Back"),
        )
    ),
)
"""Keys of the fields in which one writes what is looked for in the code, and what to put in its place."""
