"""Documentation in a pane of its own: by F1 in the editor, by K outside, and by what the code asks for."""

from __future__ import annotations

import pytest

from tests.ui.conftest import Build, editor_of, seen, started, until
from tui_torch.protocol.code_help import Documentation
from tui_torch.ui.lesson.editing.writing import DocumentationFound
from tui_torch.ui.screens.documentation import DocumentationScreen

SIZES = [(120, 40), (80, 24), (60, 18)]
LONG = Documentation("nn.Linear: class", "\n".join(f"line {number} of it" for number in range(100)))


@pytest.mark.parametrize("size", SIZES)
async def test_what_code_asks_for_is_read_in_a_pane_that_scrolls_and_closes(
    build: Build, size: tuple[int, int]
) -> None:
    app = build()
    async with started(app, size) as pilot:
        app.lesson_screen.post_message(DocumentationFound(LONG))
        await until(pilot, lambda: isinstance(app.screen, DocumentationScreen))
        await pilot.pause()
        assert "nn.Linear: class" in seen(app) and "line 0 of it" in seen(app) and "line 99" not in seen(app)
        await pilot.press("end")
        await until(pilot, lambda: "line 99 of it" in seen(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.lesson_screen)


async def test_a_second_one_stands_below_the_first(build: Build) -> None:
    app = build()
    async with started(app, SIZES[0]) as pilot:
        for title in ("first", "second"):
            app.lesson_screen.post_message(DocumentationFound(Documentation(title, f"the text of the {title}")))
        await until(pilot, lambda: "the text of the second" in seen(app))
        assert "the text of the first" in seen(app)
        await pilot.press("q")
        await until(pilot, lambda: app.screen is app.lesson_screen)


async def test_nothing_in_a_documentation_controls_the_terminal(build: Build) -> None:
    app = build()
    async with started(app, SIZES[0]) as pilot:
        app.lesson_screen.post_message(DocumentationFound(Documentation("a\x1b[31m", "b\x1b]0;t\x07 [bold]c[/bold]")))
        await until(pilot, lambda: "[bold]c[/bold]" in seen(app))
        assert "\x1b" not in seen(app) and "\x07" not in seen(app)


async def test_f1_asks_about_the_name_under_the_cursor_or_the_function_it_is_in_a_call_of(build: Build) -> None:
    app = build()
    async with started(app, SIZES[0]) as pilot:
        editor = editor_of(app)
        asked: list[str] = []
        app.lesson_screen._document = lambda expression, code, row: asked.append(expression)  # type: ignore[method-assign]
        editor.load("y = torch.relu(x, 1)")
        await pilot.press("e")
        for column in (8, 12, 18):
            editor.move_cursor((0, column))
            await pilot.press("f1")
        assert asked == ["torch", "torch.relu", "torch.relu"]
        editor.load("# nothing")
        await pilot.press("f1")
        assert asked[-1] == ""


async def test_a_kernel_that_does_not_answer_is_said(build: Build) -> None:
    app = build()
    async with started(app, SIZES[0]) as pilot:
        editor_of(app).load("torch")
        await pilot.press("e", "f1")
        await until(pilot, lambda: "The kernel does not say what torch is" in seen(app))


async def test_k_is_about_the_value_that_is_selected_among_the_tensors(build: Build) -> None:
    app = build()
    async with started(app, SIZES[0]) as pilot:
        await pilot.press("K")
        await until(pilot, lambda: "Select a name among the tensors first" in seen(app))
        await pilot.press("f5")
        await until(pilot, lambda: app.lesson_screen.panes.inspector.selected is not None)
        name = app.lesson_screen.panes.inspector.selected.name  # type: ignore[union-attr]
        await pilot.press("K")
        await until(pilot, lambda: f"The kernel does not say what {name} is" in seen(app))


ADD = Documentation(
    "torch.add: function",
    r"add(input) -> Tensor"
    + "\n\nAdds :attr:`other`.\n\n.. math::\n    \\text{out}_i = \\frac{a}{b}\n\nArgs:\n    other "
    "(Tensor): of shape :math:`x_i`\n\nExample::\n\n    >>> torch.add(a, 1)  # :attr:`as it is`\n",
)


@pytest.mark.parametrize(
    ("ascii_only", "formula", "shape"), [(False, "outᵢ = ───", "of shape xᵢ"), (True, "out_i = ---", "of shape x_i")]
)
async def test_documentation_of_pytorch_is_read_without_its_markup(
    build: Build, ascii_only: bool, formula: str, shape: str
) -> None:
    app = build(ascii_only=ascii_only)
    async with started(app, (80, 24)) as pilot:
        app.lesson_screen.post_message(DocumentationFound(ADD))
        await until(pilot, lambda: "Adds other." in seen(app))
        assert formula in seen(app) and shape in seen(app) and "Args:" in seen(app)
        assert ">>> torch.add(a, 1)  # :attr:`as it is`" in seen(app) and ".. math" not in seen(app)
        await pilot.resize_terminal(60, 18)
        await until(pilot, lambda: app.size.width == 60 and "Adds other." in seen(app))
        assert formula in seen(app)
