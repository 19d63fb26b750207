"""With every key bound to another, no sentence of the tutor names a key that does nothing any more."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

import tui_torch.ui
from tests.ui.conftest import Build, lines, seen, shows, started, until
from tui_torch.tutor.config import Config
from tui_torch.ui import palette
from tui_torch.ui.app import TutorApp
from tui_torch.ui.charts.loss_chart import LossChart
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.keys.bound import DEFAULT, BoundKeys
from tui_torch.ui.keys.declared import CHART, EDITOR, LESSON, REPLAY, TABLES, TENSORS
from tui_torch.ui.keys.help import TENSORS_HELP, lesson_note
from tui_torch.ui.keys.table import KeyTable, written
from tui_torch.ui.lesson.output.pane import OutputPane
from tui_torch.ui.screens.help import HelpScreen, help_for

WIDE, NARROW = (120, 40), (80, 24)
UI = Path(tui_torch.ui.__file__).parent

REBINDABLE = sorted({key.bound_as for table in TABLES for key in table.keys if key.bound_as})
OTHERS = dict(zip(REBINDABLE, (f"alt+shift+{letter}" for letter in string.digits + string.ascii_letters), strict=False))
OTHERS |= {name: f"ctrl+alt+{number}" for number, name in enumerate(set(REBINDABLE) - set(OTHERS))}
"""Another key for every one that can be bound to others."""
FIXED = {
    written(one)
    for table in TABLES
    for key in table.keys
    if not key.bound_as or key.name.startswith("chart.")
    for one in key.keys.split(",")
}
"""Keys that something has and that cannot be bound to others, as they are written."""
GONE = {
    written(one)
    for table in TABLES
    for key in table.keys
    if key.bound_as
    for one in key.keys.split(",")
    if written(one) not in FIXED and one != "ctrl+z"  # which is also undo, Textual's own
}
"""Keys that do nothing any more, as they are written."""


def named(text: str) -> set[str]:
    """The keys in backticks in a text."""
    return {word for code in re.findall(r"`([^`\n]+)`", text) for word in (code, *code.split())}


def test_there_are_keys_that_are_gone() -> None:
    assert {"F5", "F6", "h", "ctrl+r"} <= GONE


@pytest.mark.parametrize("first", ["", "Graph", "Tensors"])
def test_the_help_names_no_key_that_is_gone(first: str) -> None:
    keys = BoundKeys(OTHERS)
    assert named(help_for(first, DEFAULT)) & GONE
    assert named(help_for(first, keys)) & GONE == set()
    assert OTHERS["run"] in help_for(first, keys)


@pytest.mark.parametrize("pane", [TensorInspector, LossChart, OutputPane])
def test_the_help_of_a_pane_names_no_key_that_is_gone(pane: type[TensorInspector | LossChart | OutputPane]) -> None:
    assert not named(BoundKeys(OTHERS).spelled_out(pane.HELP_OF_KEYS)) & GONE
    assert "{" not in DEFAULT.spelled_out(pane.HELP_OF_KEYS).replace("`{`", "")


def test_a_second_key_is_named_only_where_there_is_one() -> None:
    text = "{run} or {run:2}: go"
    assert DEFAULT.spelled_out(text) == "`F5` or `ctrl+r`: go"
    assert BoundKeys({"run": "f9"}).spelled_out(text) == "`F9`: go"
    assert BoundKeys({"run": "f9, ctrl+g"}).spelled_out(text) == "`F9` or `ctrl+g`: go"
    assert "terminals that send them" in lesson_note(DEFAULT)
    assert "terminals that send them" not in lesson_note(BoundKeys({"run": "f9"}))


def test_a_key_that_cannot_be_bound_to_another_stays() -> None:
    assert BoundKeys({"tensors.switch": "f9"}).plain("tensors.switch") == "m"
    assert BoundKeys({"help": "f2"}).plain("graph-screen.help") == "F2"
    assert "`m`" in BoundKeys(OTHERS).spelled_out(TENSORS_HELP)


def rebound(app: TutorApp) -> TutorApp:
    assert len(set(OTHERS.values())) == len(REBINDABLE)
    return app


SENTENCES = {
    "run": ("three-scalars", None),
    "edit": ("three-scalars", None),
    "hint": ("a-square-starter", "Hint 1."),
    "next": ("three-scalars", None),
    "previous": ("three-scalars", "This is the first step. {lessons} lists the lessons."),
    "solution": ("a-square-starter", "Show the solution?"),
    "document": ("three-scalars", "or press {editor.document} on one in the editor."),
    "help": ("three-scalars", "Help"),
}
"""Keys that are pressed, in which recording's step, and what they lead to, where that names a key."""


@pytest.mark.parametrize("name", SENTENCES)
async def test_what_a_key_says_names_the_keys_as_they_are_bound(build: Build, name: str) -> None:
    recording, said = SENTENCES[name]
    app = build(recording, config=Config(keys=OTHERS))
    async with started(app, WIDE) as pilot:
        await pilot.press(OTHERS[name])
        if said is not None:
            await shows(pilot, app.bound_keys.in_words(said))
        assert not keys_in(seen(app)) & GONE, seen(app)


def keys_in(screen: str) -> set[str]:
    """Keys of more than one character that stand on a screen."""
    return {word.strip("().,:;") for word in screen.split()} & {key for key in GONE if len(key) > 1}


async def test_an_exercise_says_which_key_runs_and_which_gives_a_hint(build: Build) -> None:
    app = build("a-square-starter", config=Config(keys=OTHERS))
    async with started(app, WIDE) as pilot:
        await shows(pilot, f"{OTHERS['run']} runs your code, and checks:")
        await pilot.press(OTHERS["edit"], OTHERS["run"])
        await shows(pilot, f"Not yet: {OTHERS['editor.leave']}, then {OTHERS['hint']} gives a hint.")
        await pilot.press(OTHERS["editor.leave"])
        await shows(pilot, f"Not yet: {OTHERS['hint']} gives a hint.")
        assert not keys_in(seen(app)), keys_in(seen(app))


async def test_the_footer_shows_the_keys_as_they_are_bound(build: Build) -> None:
    app = build("the-loop", config=Config(keys={"run": "f9", "help": "f2", "next": "ctrl+n"}))
    async with started(app, (200, 40)) as pilot:
        await until(pilot, lambda: "F9 Run" in lines(app)[-1] or "f9 Run" in lines(app)[-1])
        footer = lines(app)[-1]
        assert "^n Next" in footer and "F5" not in footer and "? " not in footer
        await pilot.press("f9")
        await shows(pilot, "Ran in")


async def test_the_last_page_and_the_playground_name_the_keys_as_they_are_bound(build: Build) -> None:
    app = build(at="a-square", config=Config(keys=OTHERS))
    async with started(app, WIDE) as pilot:
        await shows(pilot, f"({OTHERS['next']})")
        await app.lesson_screen.play()
        said = f"`{OTHERS['edit']}` goes into it, `{OTHERS['run']}` runs it, `{OTHERS['replay']}` goes through it"
        assert said in app.lesson_screen.panes.text.markdown


async def test_the_palette_names_the_keys_as_they_are_bound(build: Build) -> None:
    app = build("a-square-starter", config=Config(keys=OTHERS))
    async with started(app, WIDE):
        commands = list(palette.actions(app.lesson_screen, app.bound_keys))
        assert any(command.title == f"Run ({OTHERS['run']})" for command in commands)
        for command in commands:
            if not command.title.startswith("Tensors: "):
                assert not keys_in(f"{command.title} {command.help}"), command


@pytest.mark.parametrize("table", [LESSON, REPLAY, EDITOR, TENSORS, CHART])
def test_each_command_of_the_palette_has_a_sentence_of_its_own(table: KeyTable[object]) -> None:
    told = palette.sentences(table, DEFAULT)
    assert [name for name, sentence in told.items() if not sentence] == []
    actions: dict[str, set[str]] = {}
    for key in table.keys:
        if key.name in told:
            actions.setdefault(told[key.name], set()).add(key.label)
    assert [sentence for sentence, labels in actions.items() if len(labels) > 1] == []


async def test_the_debuggers_field_names_the_key_of_the_replay(build: Build) -> None:
    app = build("three-scalars", config=Config(keys=OTHERS))
    async with started(app, WIDE):
        output = app.lesson_screen.panes.output
        output.ask("(Pdb) ")
        assert output.query_one(Input).placeholder.endswith(f"{OTHERS['replay']} replays lines")


async def test_help_opens_in_the_graph_by_the_key_that_opens_it_elsewhere(build: Build) -> None:
    app = build("three-scalars", config=Config(keys=OTHERS))
    async with started(app, NARROW) as pilot:
        await pilot.press(OTHERS["run"], OTHERS["tensors"], "slash", "y", "enter", OTHERS["graph"])
        await shows(pilot, "Graph of y", f"{OTHERS['help']} Help")
        await pilot.press(OTHERS["help"])
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "Graph" in lines(app)[2])
        await pilot.press("escape")
        await shows(pilot, "Graph of y")


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The texts in a module's code that are more than a name: without docstrings, styles, and what is compared."""
    tree = ast.parse(path.read_text("utf-8"))
    described: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant()):
                described.add(id(node.value))
            case ast.Assign(targets=[ast.Name(id="DEFAULT_CSS" | "CSS")]):
                described.update(map(id, ast.walk(node)))
            case ast.Compare() | ast.MatchValue():
                described.update(map(id, ast.walk(node)))
            case _:
                pass
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            yield node.lineno, node.value


NAMED = re.compile(r"\bF[1-9]\b|\bctrl\+(?!z\b)[a-z/]|`[a-zA-Z?]`(?! is| has)")
"""A key in a sentence; `ctrl+z`, which undoes, is Textual's own."""


def test_no_sentence_of_the_app_has_a_key_that_can_be_bound_to_another_in_its_text() -> None:
    found = [
        f"{path.relative_to(UI)}:{line}: {text.strip()[:60]}"
        for path in sorted(UI.rglob("*.py"))
        if path.parent.name != "keys" or path.parent.parent.name == "lesson"
        for line, text in texts(path)
        if " " in text.strip() and NAMED.search(text)
    ]
    assert found == []


def test_every_key_that_sentences_name_is_declared() -> None:
    for path in UI.rglob("*.py"):
        for name in re.findall(r"pressed\([\"']\{([\w.-]+)\}", path.read_text("utf-8")):
            assert DEFAULT.plain(name)
    assert {key.name for key in LESSON.keys} >= {"hint", "next", "lessons"}
