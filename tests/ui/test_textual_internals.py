"""The private names of Textual that the app touches: they are there, they do what is relied on, and nobody else
touches one. Where a newer Textual fails here, look for a public way first, and mend `ui/textual_internals.py` else."""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import random
import signal
import sys
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, cast
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual._styles_cache import StylesCache
from textual.app import App, ComposeResult
from textual.color import Color
from textual.content import Content
from textual.css import stylesheet
from textual.css.model import RuleSet
from textual.css.styles import RulesMap, Styles
from textual.css.stylesheet import Stylesheet
from textual.document._document import Document
from textual.events import Key
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option
from textual.widgets.text_area import SyntaxAwareDocument

from tests.ui import styles_once
from tests.ui.conftest import Build, shows, started, until
from tui_torch.ui import textual_internals
from tui_torch.ui.app import TutorApp
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.common.cut_text import WidthDependentText
from tui_torch.ui.lesson.editor import CodeEditor
from tui_torch.ui.textual_internals import (
    HIGHLIGHTED_LINES,
    PARSED_AFTER,
    PARSED_AT_ONCE,
    OwnCrashes,
    begin_with_theme,
    bindings_of,
    draw_options_again,
    driver_that_suspends,
    forget_syntax_tree,
    is_leaving,
    never_skip,
)
from tui_torch.ui.themes import LIGHT

UI = Path(textual_internals.__file__).parent

CHANGED = "Textual has changed: look for a public way, and else mend ui/textual_internals.py; see "

pytestmark = pytest.mark.usefixtures("seen_always")

PUBLIC = {"_replace", "_exit"}
"""Of `NamedTuple` and of `os`, and documented there."""


@cache
def _private_names(base: type) -> frozenset[str]:
    """The private names of one class: what it defines, and what its methods assign to `self`."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
    assigned = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }
    return frozenset(name for name in assigned | set(vars(base)) if _is_private(name))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _touched(module: Path) -> Iterator[str]:
    """Where a module of the app touches a private name of Textual."""
    name = ".".join(("tui_torch", "ui", *module.relative_to(UI).with_suffix("").parts)).removesuffix(".__init__")
    tree = ast.parse(module.read_text("utf-8"))
    classes = {made.__name__: made for made in vars(importlib.import_module(name)).values() if isinstance(made, type)}
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(source), names=names) if source.split(".")[0] == "textual":
                if any(_is_private(part) for part in (*source.split("."), *(alias.name for alias in names))):
                    yield f"{name}:{node.lineno} imports from {source}"
            case ast.Attribute(value=value, attr=attr) if _is_private(attr) and attr not in PUBLIC:
                if not (isinstance(value, ast.Name) and value.id in ("self", "cls")):
                    yield f"{name}:{node.lineno} {ast.unparse(node)}"
            case ast.ClassDef(name=made) if made in classes:
                bases = [base for base in classes[made].__mro__[1:] if base.__module__.startswith("textual.")]
                private = {attr for base in bases for attr in _private_names(base)}
                own = {node.attr for node in ast.walk(node) if isinstance(node, ast.Attribute)}
                own |= {node.name for node in node.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
                yield from (f"{name}:{node.lineno} {made}.{attr}" for attr in sorted(own & private))
            case _:
                pass


@pytest.mark.xdist_group("private names")  # which are read out of Textual's source once
@pytest.mark.parametrize("module", sorted(UI.rglob("*.py")), ids=lambda path: str(path.relative_to(UI)))
def test_no_other_module_touches_a_private_name_of_textual(module: Path) -> None:
    touched = list(_touched(module))
    if module.name == "textual_internals.py":
        assert touched != [], "this test sees nothing any more"
    else:
        assert touched == [], "give it a function in ui/textual_internals.py, with the reason"


def test_rules_are_told_apart_by_identity_in_textual_and_here() -> None:
    assert "return id(self)" in inspect.getsource(RuleSet), CHANGED + "hash_rules_in_c"
    assert RuleSet.__hash__ is object.__hash__
    assert len({RuleSet(), RuleSet()}) == 2


def test_the_drawn_lines_of_a_widget_go_with_it() -> None:
    text = inspect.getsource(StylesCache)
    assert "@lru_cache(1024)\n    def get_inner_outer(" in text, CHANGED + "free_lines_of_removed_widgets"
    drawn = StylesCache()
    assert len(drawn.get_inner_outer(Color(0, 0, 0), Color(1, 1, 1))) == 2
    gone = ref(drawn)
    del drawn
    assert gone() is None, CHANGED + "free_lines_of_removed_widgets"


async def test_a_frame_of_which_parts_have_changed_writes_what_textual_writes(build: Build) -> None:
    draw = random.Random(3)
    app = build("the-loop")
    async with started(app, (120, 40)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in")
        compositor, console = app.screen._compositor, app.console

        def written(render: Callable[[Any], Any], regions: set[Region]) -> str:
            compositor._dirty_regions.update(regions)
            update = render(compositor)
            return "" if update is None else str(update.render_segments(console))

        for _ in range(50):
            corners = [(draw.randrange(120), draw.randrange(40)) for _ in range(draw.randint(1, 4))]
            sizes = [(draw.randint(1, 60), draw.choice((1, 1, 5, 30))) for _ in corners]
            parts = [Region(*corner, *size) for corner, size in zip(corners, sizes, strict=True)]
            regions = {part.intersection(app.screen.region) for part in parts}
            ours = written(textual_internals.render_partial_update, regions)
            assert ours == written(textual_internals._render_partial_update, regions), CHANGED + "render_what_changed"


async def test_widgets_beside_what_has_changed_are_not_rendered(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[Widget] = []
    render_lines = Widget.render_lines

    def note(widget: Widget, crop: Region) -> list[Strip]:
        rendered.append(widget)
        return render_lines(widget, crop)

    app = build("three-scalars")
    async with started(app, (120, 40)):
        monkeypatch.setattr(Widget, "render_lines", note)
        app.screen._compositor._dirty_regions.add(app.lesson_screen.panes.status.region)
        app.screen._compositor.render_partial_update()
        assert rendered == [app.lesson_screen.panes.status, app.lesson_screen], CHANGED + "render_what_changed"


async def test_a_late_timer_is_dropped_by_textual_and_calls_back_here(monkeypatch: pytest.MonkeyPatch) -> None:
    app: App[None] = App()
    async with app.run_test():
        seconds = count()
        called: list[str] = []
        # Each look at the clock is a second later: another program has the processor between any two.
        monkeypatch.setattr("textual.timer._time.get_time", lambda: float(next(seconds)))
        dropped = Timer(app, 0.01, callback=lambda: called.append("Textual's"), repeat=0)
        assert dropped._skip, CHANGED + "never_skip"
        await dropped._run()
        assert called == [], "Textual drops no late call any more: remove never_skip and what calls it"
        await never_skip(Timer(app, 0.01, callback=lambda: called.append("ours"), repeat=0))._run()
        assert called == ["ours"], CHANGED + "never_skip"


async def test_a_widgets_own_bindings_are_found_by_the_key() -> None:
    class Two(ThemedApp):
        BINDINGS = [("escape", "other", "Of the app")]  # noqa: RUF012 - as Textual declares it

        def compose(self) -> ComposeResult:
            yield CodeEditor()

    app = Two()
    async with app.run_test():
        editor = app.query_one(CodeEditor)
        assert [binding.action for binding in bindings_of(editor, "escape")] == ["leave"], CHANGED + "bindings_of"
        assert bindings_of(editor, "f12") == ()


async def test_whether_there_is_a_shell_to_go_back_to_is_asked_of_the_driver() -> None:
    class Driver:
        can_suspend = True

    app: App[None] = App()
    assert driver_that_suspends(app) is None, CHANGED + "driver_that_suspends"
    async with app.run_test():
        assert driver_that_suspends(app) is None  # there is no terminal
        driver, app._driver = app._driver, cast("Any", Driver())
        assert driver_that_suspends(app) is app._driver, CHANGED + "driver_that_suspends"
        app._driver = driver


class _Crashing(OwnCrashes):
    def __init__(self) -> None:
        super().__init__()
        self.noted: list[BaseException | None] = []

    def is_harmless(self, error: Exception) -> bool:
        return isinstance(error, LookupError)

    def note_crash(self) -> None:
        self.noted.append(sys.exc_info()[1])

    def action_raise_lookup_error(self) -> None:
        raise LookupError

    def action_raise_value_error(self) -> None:
        raise ValueError("a fault")

    def on_mount(self) -> None:
        self.bind("l", "raise_lookup_error")
        self.bind("v", "raise_value_error")


async def test_an_exception_goes_through_our_hands_before_it_ends_the_app(capsys: pytest.CaptureFixture[str]) -> None:
    app = _Crashing()
    with pytest.raises(ValueError, match="a fault"):
        async with app.run_test() as pilot:
            app.call_later(app.action_raise_value_error)
            await until(pilot, lambda: app.noted)
    assert [type(error) for error in app.noted] == [ValueError], CHANGED + "OwnCrashes"
    assert app.return_code == 1
    assert "Traceback" not in "".join(capsys.readouterr())


async def test_the_apps_own_loop_goes_on_after_a_harmless_exception() -> None:
    app = _Crashing()
    with pytest.raises(ValueError, match="a fault"):
        async with app.run_test() as pilot:
            app.call_later(app.action_raise_lookup_error)
            app.call_later(app.action_raise_value_error)
            await until(pilot, lambda: app.noted)
    assert [type(error) for error in app.noted] == [ValueError], CHANGED + "OwnCrashes"


class _Stumbling(Static, can_focus=True):
    """Raises at the first key, and keeps the others."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error: Exception | None = error
        self.keys: list[str] = []

    def on_key(self, event: Key) -> None:
        error, self.error = self.error, None
        if error is not None:
            raise error
        self.keys.append(event.key)


async def test_a_widgets_loop_goes_on_after_a_harmless_exception() -> None:
    app = _Crashing()
    async with app.run_test() as pilot:
        widget = _Stumbling(LookupError())
        await app.mount(widget)
        widget.focus()
        await pilot.press("a", "b", "c")
        assert widget.keys == ["b", "c"] and app.noted == [], CHANGED + "go_on_after_what_is_harmless"


async def test_any_other_exception_of_a_widget_is_a_crash() -> None:
    app = _Crashing()
    with pytest.raises(ValueError, match="a fault"):
        async with app.run_test() as pilot:
            widget = _Stumbling(ValueError("a fault"))
            await app.mount(widget)
            widget.focus()
            await pilot.press("a")
    assert [type(error) for error in app.noted] == [ValueError], CHANGED + "go_on_after_what_is_harmless"


class _Telling(Screen[None]):
    """Says as it is mounted, after so many turns of the loop, whether it is leaving."""

    def __init__(self, turns: int) -> None:
        super().__init__()
        self.turns = turns
        self.was_leaving: bool | None = None

    async def on_mount(self) -> None:
        for _ in range(self.turns):
            await asyncio.sleep(0)
        self.was_leaving = is_leaving()


async def test_a_screen_that_is_closed_as_it_opens_is_leaving() -> None:
    app = _Crashing()
    async with app.run_test() as pilot:
        stays, leaves = _Telling(0), _Telling(50)
        await app.push_screen(stays)
        await pilot.pause()
        assert stays.was_leaving is False, CHANGED + "is_leaving"
        app.push_screen(leaves)
        await asyncio.sleep(0)
        app.pop_screen()
        await until(pilot, lambda: leaves.was_leaving is not None)
        assert leaves.was_leaving, CHANGED + "is_leaving"


async def test_a_harmless_exception_ends_nothing() -> None:
    app = _Crashing()
    async with app.run_test() as pilot:
        app._handle_exception(LookupError())
        await pilot.pause()
        assert app.is_running and app.noted == [], CHANGED + "OwnCrashes"


class _Editing(ThemedApp):
    def compose(self) -> ComposeResult:
        yield CodeEditor()


def _coloured_rows(editor: TextArea) -> set[int]:
    return {row for row, spans in editor._highlights.items() if spans}


async def test_only_the_lines_around_those_in_sight_are_coloured() -> None:
    app = _Editing()
    async with app.run_test(size=(80, 24)) as pilot:
        editor = app.query_one(CodeEditor)
        editor.load("x = 1\n" * 1000)
        await pilot.pause()
        assert _coloured_rows(editor) == set(range(HIGHLIGHTED_LINES)), CHANGED + "ColouredInBlocks"
        editor.scroll_to(y=500, animate=False)
        await pilot.pause()
        first = 500 // HIGHLIGHTED_LINES * HIGHLIGHTED_LINES
        assert set(range(first, first + HIGHLIGHTED_LINES)) <= _coloured_rows(editor)


def test_one_query_is_made_for_all_documents() -> None:
    textual_internals.prepare_each_query_once()
    first, second = (SyntaxAwareDocument(text, _python()) for text in ("x", "y"))
    assert first.prepare_query("") is second.prepare_query(""), CHANGED + "prepare_each_query_once"
    assert "prepare_query(highlight_query)" in inspect.getsource(TextArea), CHANGED + "prepare_each_query_once"


async def test_an_edit_has_the_colours_looked_up_again() -> None:
    app = _Editing()
    async with app.run_test(size=(80, 24)) as pilot:
        editor = app.query_one(CodeEditor)
        editor.load("x = 1\n")
        await pilot.pause()
        before = editor._highlights[0]
        editor.put("x = 'a text'\n")
        await pilot.pause()
        assert {name for *_, name in editor._highlights[0]} == {"string"} != {name for *_, name in before}, (
            CHANGED + "ColouredInBlocks"
        )


async def test_a_long_text_is_coloured_anew_after_a_pause_and_an_edit_meanwhile_moves_the_colours() -> None:
    app = _Editing()
    async with app.run_test(size=(80, 24)) as pilot:
        editor = app.query_one(CodeEditor)
        editor.load("x = 'a text'\n" * (PARSED_AT_ONCE + 1))
        await pilot.pause()
        assert editor._highlights[0] == [(4, 12, "string")]
        editor.insert("yy", (0, 0))
        await pilot.pause()
        assert editor._highlights[0] == [(6, 14, "string")], CHANGED + "ColouredInBlocks"
        editor.replace("3", (0, 6), (0, 14))
        while editor._highlights[0] != [(6, 7, "number")]:
            await pilot.pause(PARSED_AFTER / 4)


async def test_the_text_is_joined_again_after_each_edit_and_not_between() -> None:
    app = _Editing()
    async with app.run_test(size=(80, 24)) as pilot:
        editor = app.query_one(CodeEditor)
        editor.load("x = 1\ny = 2\n")
        assert editor.text is editor.text == editor.document.text, CHANGED + "ColouredInBlocks.text"
        for edit in (
            lambda: editor.insert("z", (1, 0)),
            editor.undo,
            lambda: editor.replace("", (0, 0), (1, 0)),
            lambda: editor.load("y = 2\r\n"),
            lambda: setattr(editor, "text", "y"),
        ):
            edit()
            assert editor.text == editor.document.text, CHANGED + "ColouredInBlocks.text"
        await pilot.pause()


@given(st.lists(st.text("aä€𝄞\t", max_size=4), max_size=5), st.integers(0, 7), st.integers(0, 5), st.booleans())
def test_the_bytes_before_a_place_are_those_that_textual_counts(lines: list[str], row: int, at: int, dos: bool) -> None:
    document = SyntaxAwareDocument(("\r\n" if dos else "\n").join(lines), _python())
    expected = document._location_to_byte_offset((row, at))
    assert textual_internals.byte_offset(document, (row, at)) == expected, CHANGED + "byte_offset"


@cache
def _python() -> Any:
    import tree_sitter
    import tree_sitter_python

    return tree_sitter.Language(tree_sitter_python.language())


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.text("ab \n", max_size=8)), max_size=8))
def test_the_height_of_a_wrapped_text_is_that_of_its_rows(edits: list[tuple[int, int, str]]) -> None:
    document = Document("a line of some words\nand one more")
    wrapped = textual_internals._WrappedDocument(document, width=7)
    for begin, end, text in edits:
        top, bottom = sorted(
            document.get_location_from_index(min(at, len(document.text) - 1)) if document.text else (0, 0)
            for at in (begin, end)
        )
        edited = document.replace_range(top, bottom, text)
        wrapped.wrap_range(top, bottom, edited.end_location)
        assert wrapped.height == sum(len(offsets) + 1 for offsets in wrapped._wrap_offsets), CHANGED + "height"


async def test_a_documents_syntax_tree_is_let_go() -> None:
    app = _Editing()
    async with app.run_test():
        editor = app.query_one(CodeEditor)
        editor.load("x = 1\n")
        document = editor.document
        assert isinstance(document, SyntaxAwareDocument)
        assert "_syntax_tree" in vars(document), CHANGED + "forget_syntax_tree"
        forget_syntax_tree(document)
        assert "_syntax_tree" not in vars(document)
        editor.load("")  # it is let go of a document that is seen no more


@pytest.mark.skipif(sys.platform == "win32", reason="the driver is Unix's")
async def test_the_driver_hears_of_signals_and_says_where_it_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    from textual.drivers.linux_driver import LinuxDriver

    heard: list[str] = []

    class Driver(textual_internals.SignalledDriver):
        def output(self, file: Any) -> Any:
            return [file]

        def stopped(self) -> None:
            heard.append("stopped")

        def resumes(self) -> bool:
            heard.append("resumes")
            return False

    for name in ("_sigtstp_application", "_sigcont_application"):
        monkeypatch.setattr(LinuxDriver, name, lambda _, *__, name=name: heard.append(name))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    app: App[None] = App()
    try:
        driver = Driver(app)
        assert driver._file == [sys.__stderr__], CHANGED + "SignalledDriver"
        for number in (signal.SIGTSTP, signal.SIGCONT):
            handler = signal.getsignal(number)
            assert callable(handler)
            handler(number, None)
        assert heard == ["stopped", "_sigtstp_application", "resumes"], CHANGED + "SignalledDriver"
        called = asyncio.Event()
        driver.call_in_app(called.set)
        await asyncio.wait_for(called.wait(), 10)
        assert driver.app is app
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


async def test_a_key_reaches_on_key_before_what_a_widget_of_textuals_does_with_it() -> None:
    # Not private: but it is why `on_key` is enough where Textual's own class has `_on_key`.
    class Field(Input):
        async def on_key(self, event: Any) -> None:
            if event.key == "x":
                event.prevent_default()

    class Fields(App[None]):
        def compose(self) -> ComposeResult:
            yield Field()

    app = Fields()
    async with app.run_test() as pilot:
        await pilot.press("a", "x", "b")
        assert app.query_one(Input).value == "ab"


def test_the_app_is_one_whose_crashes_are_its_own() -> None:
    assert issubclass(TutorApp, OwnCrashes)
    assert issubclass(CodeEditor, Widget)


async def test_options_are_drawn_again_without_being_measured_again() -> None:
    class Counted(WidthDependentText):
        drawn = measured = 0

        def at(self, width: int) -> Content:
            self.drawn += 1
            return Content(f"drawn {self.drawn} times")

        def get_height(self, rules: RulesMap, width: int) -> int:
            self.measured += 1
            return 1

    class One(App[None]):
        def compose(self) -> ComposeResult:
            yield OptionList(Option(prompt))

    prompt = Counted()
    app = One()
    async with app.run_test() as pilot:
        await until(pilot, lambda: prompt.drawn > 0)
        drawn, measured = prompt.drawn, prompt.measured
        draw_options_again(app.query_one(OptionList))
        await until(pilot, lambda: prompt.drawn > drawn)
        assert prompt.measured == measured, CHANGED + "draw_options_again"


async def test_an_app_that_begins_with_a_theme_is_as_one_that_was_given_it() -> None:
    given, begins = App[None](), App[None]()
    for app in (given, begins):
        app.register_theme(LIGHT)
    begin_with_theme(begins, LIGHT.name)
    given.theme = LIGHT.name
    seen: list[tuple[object, ...]] = []
    for app in (given, begins):
        async with app.run_test():
            filters = [vars(one) for one in app.get_line_filters()]
            variables = app.stylesheet._variables
            seen.append((app.theme, sorted(app.classes), variables, filters, app.screen.styles.background))
    assert seen[0] == seen[1]


async def test_a_theme_to_begin_with_has_nothing_parsed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    monkeypatch.setattr(Stylesheet, "reparse", lambda _: parsed.append("again"))
    app = App[None]()
    app.register_theme(LIGHT)
    begin_with_theme(app, LIGHT.name)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert parsed == []
        app.theme = "textual-dark"
        await pilot.pause()
        assert parsed == ["again"]


def _styles(app: App[Any]) -> dict[object, object]:
    """The rules that hold for each widget in front, and for each of its component classes."""
    return {
        (node, part): dict(styles.base._rules)
        for node in app.screen.walk_children(Widget, with_self=True)
        for part, styles in (("", node.styles), *((part, node._component_styles[part]) for part in _parts(node)))
    }


def _parts(node: Widget) -> list[str]:
    return sorted(node._get_component_classes())


@pytest.mark.parametrize("seed", range(2))
async def test_what_a_remembering_stylesheet_leaves_out_changes_nothing(build: Build, seed: int) -> None:
    chance = random.Random(seed)
    app = build("the-loop")
    async with started(app, (120, 40)) as pilot:
        for _ in range(20):
            widget = chance.choice(list(app.screen.walk_children(Widget)))
            match chance.choice(["key", "key", "key", "size", "theme", "class", "disabled", "pointer", "added"]):
                case "key":
                    await pilot.press(chance.choice(["f5", "t", "c", "e", "n", "tab", "escape", "l", "question_mark"]))
                case "size":
                    await pilot.resize_terminal(*chance.choice([(120, 40), (80, 24)]))
                case "theme":
                    app.theme = chance.choice(["ember-dark", "ember-light"])
                case "class":
                    widget.toggle_class(chance.choice(["-replaying", "-has-output", "-hover", "-ascii", "-muted"]))
                case "disabled":
                    widget.disabled = not widget.disabled
                case "pointer":
                    await pilot.hover(offset=(chance.randrange(app.size.width), chance.randrange(app.size.height)))
                case _:
                    await app.screen.mount(Input(classes="added"))
            await pilot.pause()
            remembered = _styles(app)
            plain = app.stylesheet.copy()
            plain.parse()
            assert type(plain) is Stylesheet
            assert len(plain.rules) == len(app.stylesheet.rules)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Stylesheet, "apply", styles_once.apply)  # which remembers nothing of other apps either
                for node in app.screen.walk_children(Widget, with_self=True):
                    plain.apply(node)
            assert _styles(app) == remembered, CHANGED + "RememberingStylesheet"


async def test_the_styles_of_a_widgets_parts_are_looked_for_when_they_are_asked_for(build: Build) -> None:
    app = build("the-loop")
    async with started(app, (120, 40)) as pilot:
        field = Input(classes="hidden")
        field.display = False
        await app.screen.mount(field)
        await pilot.pause()
        assert dict(field._component_styles) == {}, CHANGED + "RememberingStylesheet"
        found = field.get_component_styles("input--cursor")
        assert list(field._component_styles) == ["input--cursor"]
        plain = app.stylesheet.copy()
        plain.parse()
        plain.apply(field)
        assert set(_parts(field)) == set(field._component_styles)
        assert found.base == field.get_component_styles("input--cursor").base != Styles()
        with pytest.raises(KeyError):
            field.get_component_styles("no--part")


async def test_a_remembering_stylesheet_looks_for_no_rule_where_nothing_has_changed(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stylesheet, "apply", styles_once.apply)
    app = build("the-loop")
    async with started(app, (120, 40)) as pilot:
        await pilot.press("t", "escape")
        looked: list[object] = []

        def check_selectors(*given: Any) -> bool:
            looked.append(given)
            return check(*given)

        check = stylesheet._check_selectors
        monkeypatch.setattr(stylesheet, "_check_selectors", check_selectors)
        app.lesson_screen.update_node_styles()
        assert looked == [], CHANGED + "RememberingStylesheet"
        app.lesson_screen.toggle_class("-replaying")
        assert looked != []
