"""A Textual app with the widgets of the lesson screen, and nothing behind them: what Textual itself takes."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import DataTable, Footer, Label, Markdown, OptionList, RichLog, Static, TextArea

TEXT = """\
What a tensor is, and three ways to make one. About ten minutes.

- A **tensor** is an array of numbers of one type.
- `torch.tensor([1, 2, 3])` makes one from a list.

Run the code, and look at the tensors on the right.
"""
CODE = 'import torch\n\na = torch.tensor([1.0, 2.0])\nb = torch.ones(2, 3)\nprint("made:", a, b)\n'


class BareApp(App[None]):
    CSS = """
    #lesson { width: 8fr; } #seen { width: 7fr; }
    TextArea { height: 10; border: round gray; } RichLog { height: 1fr; border: round gray; }
    DataTable { height: 2fr; border: round gray; } #chart { height: 1fr; border: round gray; }
    OptionList { display: none; } #fit { display: none; }
    """
    BINDINGS: ClassVar = [("f5", "run", "Run"), ("n", "next", "Next"), ("p", "back", "Previous"), ("q", "quit", "Quit")]

    def compose(self) -> ComposeResult:
        yield Label("The bare app")
        with Horizontal():
            with Vertical(id="lesson"):
                yield Markdown(TEXT)
                yield OptionList()
                yield TextArea.code_editor(CODE, language="python")
                yield RichLog()
            with Vertical(id="seen"):
                yield DataTable()
                yield Static(id="fit")
                yield Static("Nothing yet.", id="chart")
        yield Label("ready")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(DataTable).add_columns("name", "shape", "dtype", "values")


if __name__ == "__main__":
    BareApp().run()
