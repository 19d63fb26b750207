"""Every private name of Textual that the app touches, each with the reason; seen in Textual 8.2.8.

`tests/ui/test_textual_internals.py` holds that each exists and does what is relied on here, and that no other module
of `tui_torch/ui` touches one. If a newer Textual fails there, look for a public way first; otherwise adapt this module.
It has over 500 lines because each name comes with its reason, in one place.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from rich.console import Console
from rich.segment import Segment, Segments
from textual import events
from textual._compositor import ChopsUpdate, Compositor
from textual._context import active_app, active_message_pump
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual._node_list import DuplicateIds
from textual._styles_cache import StylesCache
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.binding import Binding
from textual.css.model import RuleSet, SelectorType
from textual.css.styles import RenderStyles, RulesMap
from textual.css.stylesheet import Stylesheet
from textual.document._document_navigator import DocumentNavigator
from textual.document._wrapped_document import WrappedDocument
from textual.dom import DOMNode
from textual.geometry import Region, Size
from textual.keys import Keys
from textual.message import Message
from textual.message_pump import MessagePump
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import OptionList, TextArea
from textual.widgets.text_area import DocumentBase, SyntaxAwareDocument

from tui_torch.drawing.text.line_widths import LineWidths

if TYPE_CHECKING:
    from textual.driver import Driver
    from tree_sitter import Language, Query

HIGHLIGHTED_LINES = 64
"""Lines whose colours are looked up at a time."""
PARSED_AT_ONCE = 1000
"""Maximum number of lines of a text that is parsed at each key."""
PARSED_AFTER = 0.2
"""Seconds without a key after which a longer one is parsed."""


def hash_rules_in_c() -> None:
    """Let sets of CSS rules hash them in C.

    `RuleSet.__hash__` is `id(self)` in Python, and Textual puts every rule of the app into a set for each widget that
    it styles. `object.__hash__` tells rules apart alike, in a fraction of the time.
    """
    RuleSet.__hash__ = object.__hash__


def free_lines_of_removed_widgets() -> None:
    """Let the drawn lines of a widget go with it.

    `StylesCache.get_inner_outer` is a cached function of a class, by its argument, and no class method: the cache holds
    the lines of a thousand widgets that are gone, and with each line eight caches.
    """
    StylesCache.get_inner_outer = classmethod(StylesCache.get_inner_outer)  # pyright: ignore[reportAttributeAccessIssue]


_render_partial_update = Compositor.render_partial_update
_get_renders = Compositor._get_renders


def render_partial_update(self: Compositor) -> ChopsUpdate | None:
    """Stands in for `Compositor.render_partial_update`; see `render_what_changed`."""
    regions = [region for one in self._dirty_regions if (region := one.intersection(self.size.region))]
    _changed[self] = regions
    try:
        return _render_partial_update(self)
    finally:
        del _changed[self]


def get_renders(self: Compositor, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
    """Stands in for `Compositor._get_renders`; see `render_what_changed`."""
    changed = _changed.get(self)
    if changed is None:
        yield from _get_renders(self, crop)
        return
    for widget, (region, clip) in self.visible_widgets.items():
        seen = region.intersection(clip)
        rows = [part for one in changed if (part := one.intersection(seen))]
        if rows:
            first, end = min(part.y for part in rows), max(part.bottom for part in rows)
            shown = Region(seen.x, first, seen.width, end - first)
            yield region, shown, widget.render_lines(shown.translate((-region.x, -region.y)))


_changed: dict[Compositor, list[Region]] = {}
"""The parts of the screen that are drawn again just now."""


def render_what_changed() -> None:
    """Let a frame in which parts of the screen change render the rows of those widgets that are there.

    Textual's (`Compositor._get_renders`) renders each widget within the rectangle around all those parts: every widget,
    where the status line is one and the title another. What is written to the terminal is the same.
    """
    Compositor.render_partial_update = render_partial_update
    Compositor._get_renders = get_renders


def prepare_each_query_once() -> None:
    """Make one tree-sitter query of each text, where Textual makes one for every document that is loaded.

    Even a query of nothing takes a millisecond, and megabytes while it is made, which are not given back.
    """
    SyntaxAwareDocument.prepare_query = _prepared


def _prepared(self: SyntaxAwareDocument, query: str) -> Query | None:
    return _query(self.language, query)


@cache
def _query(language: Language, text: str) -> Query:
    from tree_sitter import Query

    return Query(language, text)


def never_skip(timer: Timer) -> Timer:
    """Let a timer call back even if it is late; returns it.

    A timer drops (`Timer._skip`) a call that is late already when the timer begins to wait, and `set_timer` has no
    argument against that. A timer that calls once has no other call: the one of 8 ms after a resize left the old layout
    on the screen for good where another program had the processor for longer.
    """
    timer._skip = False
    return timer


def begin_with_theme(app: App[Any], name: str) -> None:
    """Give an app that does not run yet its theme.

    `app.theme = name` does the same by its watcher (`App._watch_theme`), and has every rule parsed and every widget
    styled a second time once the first frame is ready.
    """
    app.set_reactive(App.theme, name)
    dark = app.current_theme.dark
    app.update_classes({f"-theme-{name}": True, "-dark-mode": dark, "-light-mode": not dark}, update=False)
    app._refresh_truecolor_filter(app.ansi_theme)
    app.stylesheet.set_variables(app.get_css_variables())


def bindings_of(widget: Widget, key: str) -> Sequence[Binding]:
    """A widget's own bindings of a key, without those of the widgets around it.

    `Screen.active_bindings`, the public way, asks every widget around whether each of its actions works: too much for
    each key that is typed.
    """
    return widget._bindings.key_to_bindings.get(key, ())


def picture_of(widget: Widget, *, title: str) -> str:
    """A widget as it is on the screen, with all in it, as SVG.

    `App.export_screenshot` draws the whole screen, and nothing public gives the lines of a part of it with the widgets
    that are in it.
    """
    region = widget.region
    console = Console(
        width=region.width,
        height=region.height,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
        safe_box=False,
    )
    for strip in widget.screen._compositor.render_strips()[region.y : region.bottom]:
        console.print(Segments([*strip.crop(region.x, region.right), Segment.line()]), end="")
    return console.export_svg(title=title)


def driver_that_suspends(app: App[Any]) -> Driver | None:
    """The app's driver (`App._driver`), if it can give its terminal back to a shell; None otherwise."""
    return app._driver if app._driver is not None and app._driver.can_suspend else None


def draw_options_again(options: OptionList) -> None:
    """Draw the options of a list again where they are: what their prompts draw has changed, their heights have not.

    `replace_option_prompt`, the public way, also measures all of them again: hundreds, of which a dozen are in sight.
    """
    options._option_render_cache.clear()
    options.refresh()


OUT_OF_STEP = (DuplicateIds, asyncio.InvalidStateError, LookupError, AttributeError)
"""What Textual raises where two keys, or a key and the mouse, come in the same moment as what they act on."""


class OwnCrashes(App[None]):
    """An app that decides itself what is a crash, and what is left on the terminal after one.

    Textual's `_handle_exception` takes every exception for a crash, and its `_fatal_error` prints a traceback.
    """

    def is_harmless(self, error: Exception) -> bool:
        """Whether an unhandled exception is nothing that the person should hear of."""
        raise NotImplementedError

    def note_crash(self) -> None:
        """Write down what happened; the exception is the one being handled."""
        raise NotImplementedError

    def _handle_exception(self, error: Exception) -> None:
        if not self.is_harmless(error):
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self.note_crash()
        self.exit(return_code=1)


_dispatch_message = MessagePump._dispatch_message


async def dispatch_message(self: MessagePump, message: Message) -> None:
    """Stands in for `MessagePump._dispatch_message`; see `go_on_after_what_is_harmless`."""
    try:
        await _dispatch_message(self, message)
    except Exception as error:
        app = active_app.get(None)
        if not (isinstance(app, OwnCrashes) and app.is_harmless(error)):
            raise


def go_on_after_what_is_harmless() -> None:
    """Let the app and its widgets take the next message after an exception that is harmless.

    By itself the loop of messages of a widget ends with any exception: a palette hears no key then, and stays open.
    """
    MessagePump._dispatch_message = dispatch_message


def is_leaving() -> bool:
    """Whether what takes a message just now is being removed, or its screen was closed: Textual tells it of no end."""
    pump = active_message_pump.get(None)
    if not isinstance(pump, DOMNode) or isinstance(pump, App):
        return False
    return pump._pruning or not pump.is_attached or pump.screen not in pump.app.screen_stack


_OF_PLACE = frozenset(
    {"first-of-type", "last-of-type", "first-child", "last-child", "odd", "even", "empty"},
)
"""Pseudo-classes of a widget that depend on its neighbours or its children."""
_OF_APP = frozenset({"dark", "light", "inline", "ansi", "nocolor"})
"""Pseudo-classes that all widgets of an app have, or none."""
_OF_ALL_AROUND = frozenset({"disabled", "enabled"})
"""Pseudo-classes for which Textual asks each widget around a widget, up to the app."""


class _AskedByRules:
    """What the rules that may hold for a widget ask of it and of the widgets around it, apart from types and ids.

    Args:
        rules: The rules whose last selector names the widget.
    """

    __slots__ = ("around", "classes", "of_all_around", "of_app", "of_place", "own", "rules")

    def __init__(self, rules: set[RuleSet]) -> None:
        self.rules = rules
        self.classes: set[str] = set()
        """The classes, of any of the widgets."""
        own: set[str] = set()
        around: set[str] = set()
        for rule in rules:
            own |= rule.pseudo_classes
            for chosen in rule.selector_set:
                self.classes |= {one.name for one in chosen.selectors if one.type is SelectorType.CLASS}
                around.update(*(one.pseudo_classes for one in chosen.selectors[:-1]))
        self.of_place = not own.isdisjoint(_OF_PLACE)
        """Whether its neighbours count."""
        self.of_all_around = not _OF_ALL_AROUND.isdisjoint(own | around)
        """Whether it counts that it or one of them is disabled."""
        self.of_app = (own | around) & _OF_APP
        self.own = own - _OF_APP - _OF_ALL_AROUND
        """The other pseudo-classes of the widget itself."""
        self.around = around - _OF_APP - _OF_ALL_AROUND
        """Those of the widgets around it."""

    def answers(self, node: DOMNode) -> tuple[object, ...]:
        """What the rules find: as long as this stays the same, so do the rules that hold."""
        asked, answers = self.own, list[object]()
        answers.append([name for name in self.of_app if node.has_pseudo_class(name)])
        while True:
            answers += (id(node), node._classes & self.classes, [name for name in asked if node.has_pseudo_class(name)])
            if self.of_all_around and isinstance(node, Widget):
                answers.append(node.disabled)
            if (above := node.parent) is None:
                return tuple(answers)
            node, asked = above, self.around


class _PartStyles(dict[str, RenderStyles]):
    """The styles of a widget's component classes, each looked for when it is first asked for.

    Textual looks for all of them when a widget is mounted: of several parts for each widget, of which few are drawn.
    """

    def __init__(self, sheet: Stylesheet, node: DOMNode, asked: _AskedByRules) -> None:
        super().__init__()
        self._sheet, self._node, self._asked = sheet, node, asked
        self._names = node._get_component_classes()
        self._answers = asked.answers(node)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __missing__(self, name: str) -> RenderStyles:
        if name not in self._names:
            raise KeyError(name)
        part = DOMNode(classes=name)
        part._attach(self._node)
        self._sheet.apply(part, animate=False)
        if self.is_up_to_date(self._asked):  # or else the widget is styled again soon
            self[name] = part.styles
        return part.styles

    def is_up_to_date(self, asked: _AskedByRules) -> bool:
        """Whether the rules, which ask this, find what they found when this was made."""
        return asked is self._asked and asked.answers(self._node) == self._answers


class RememberingStylesheet(Stylesheet):
    """A stylesheet that looks for the rules of a widget again only if something has changed that they ask for.

    Textual looks for them, and for those of all that is inside the widget, whenever a class, the focus or the pointer
    changes: most of what a key costs where the focus goes elsewhere, though next to no rule asks for it.
    """

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._asked: dict[object, _AskedByRules] = {}
        """What the rules ask for that may hold for some kind of node."""
        self._looked_up: set[object] = set()
        """The kinds of which that is known for the rules as they are."""
        self._looked_up_in: list[RuleSet] | None = None
        self._styled: WeakKeyDictionary[DOMNode, tuple[object, RulesMap]] = WeakKeyDictionary()
        """What the rules found when a widget was styled last, and its styles then."""

    def _asked_by(self, kind: object, names: Callable[[], Iterable[str]]) -> _AskedByRules:
        """What the rules ask for that may hold for some kind of node, given the names that they may call it.

        It is the same object as long as the rules are the same: each class of widget brings its own with it.
        """
        rules = self.rules
        if rules is not self._looked_up_in:
            self._looked_up_in = rules
            self._looked_up.clear()
        if kind not in self._looked_up:
            self._looked_up.add(kind)
            rules_map = self.rules_map
            found = {rule for name in names() for rule in rules_map.get(name, ())}
            if kind not in self._asked or self._asked[kind].rules != found:
                self._asked[kind] = _AskedByRules(found)
        return self._asked[kind]

    def apply(
        self, node: DOMNode, *, animate: bool = False, cache: dict[tuple[Any, ...], RulesMap] | None = None
    ) -> None:
        if not isinstance(node, Widget):
            super().apply(node, animate=animate, cache=cache)
            return
        asked = self._asked_by((type(node), node.id, frozenset(node._classes)), lambda: node._selector_names)
        answers = (asked, asked.answers(node))
        rules = node.styles.base._rules
        if not asked.of_place and self._styled.get(node) == (answers, rules):
            node.notify_style_update()
            self._process_component_classes(node)
            return
        super().apply(node, animate=animate, cache=cache)
        if "transitions" in rules:  # which are on their way to what the rules say
            self._styled.pop(node, None)
        else:
            self._styled[node] = answers, rules.copy()

    def _process_component_classes(self, node: DOMNode) -> None:
        parts = node._get_component_classes()
        if not parts:
            return
        asked = self._asked_by(type(node), lambda: {"*", DOMNode.__name__, *(f".{part}" for part in parts)})
        known = node._component_styles
        if isinstance(known, _PartStyles) and known.is_up_to_date(asked):
            return
        node._component_styles = found = _PartStyles(self, node, asked)
        if not isinstance(known, _PartStyles) or any(found[name] != styles for name, styles in known.items()):
            node.refresh()


class ColouredInBlocks(TextArea):
    """A `TextArea` that looks up syntax colours for the lines in sight alone, by a query of its own.

    Textual's looks up those of the whole text after every key (`_build_highlight_map`): half a second for 5,000 lines.
    And it makes its own query (`_get_builtin_highlight_query`, 15 ms) for every document, of which there are three
    before the first is seen. It has a long text parsed after every key, too, which reads all of it: here that waits for
    a pause, and until then what is typed has the colour of what it stands in. And it measures every line at every key,
    encodes every line above an edit twice, and joins all lines for each line that it draws.
    """

    _highlighted_blocks: set[int]
    """The blocks of lines whose colours are known."""
    _parsing: Timer | None = None
    _joined: tuple[list[str], str, str] | None = None
    """The lines that were joined last, by what, and what they make."""

    @property
    def text(self) -> str:
        """All of the text, joined again only after an edit."""
        joined, document = self._joined, self.document
        # Lines that were not edited are the same objects.
        if joined is None or joined[0] != document.lines or joined[1] != document.newline:
            joined = self._joined = [*document.lines], document.newline, document.text
        return joined[2]

    @text.setter
    def text(self, value: str) -> None:
        self.load_text(value)

    def query_of(self, language: Language) -> Query:
        """The query that says what is coloured."""
        raise NotImplementedError

    @staticmethod
    def _get_builtin_highlight_query(language_name: str) -> str:
        return ""

    def _set_document(self, text: str, language: str | None) -> None:
        super()._set_document(text, language)
        document = self.document
        if isinstance(document, SyntaxAwareDocument):
            document._parser = _LateParser(document, self._parse_later)  # pyright: ignore[reportAttributeAccessIssue]
            document._location_to_byte_offset = partial(byte_offset, document)
        widths = LineWidths(self.indent_width)

        def get_size(tab_width: int) -> Size:
            return Size(widths.widest(document.lines), document.line_count)

        # Its classes have two names for the argument.
        document.get_size = get_size  # pyright: ignore[reportAttributeAccessIssue]
        self.wrapped_document = _WrappedDocument(document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)

    def _parse_later(self, parser: _LateParser) -> None:
        if self._parsing is not None:
            self._parsing.stop()
        self._parsing = self.set_timer(PARSED_AFTER, lambda: self._parse_now(parser))

    def _parse_now(self, parser: _LateParser) -> None:
        if parser.document is self.document:
            parser.catch_up()
            self._build_highlight_map()
            self.refresh()

    def _build_highlight_map(self) -> None:
        self._line_cache.clear()
        self._highlights.clear()
        # Called by TextArea's `__init__`, before any of a subclass's own attributes is there.
        self._highlighted_blocks = set()

    def highlight_around(self, row: int) -> None:
        """Look up the colours of the block of lines around a row (0 is the first), unless they are known."""
        block = row // HIGHLIGHTED_LINES
        document = self.document
        if block in self._highlighted_blocks or not isinstance(document, SyntaxAwareDocument):
            return
        self._highlighted_blocks.add(block)
        rows = range(block * HIGHLIGHTED_LINES, (block + 1) * HIGHLIGHTED_LINES)
        query = self.query_of(document.language)
        captures = document.query_syntax_tree(query, (rows.start, 0), (rows.stop, 0))
        for name, nodes in captures.items():
            for node in nodes:
                (first, begin), (last, end) = node.start_point, node.end_point
                # A long string that begins above the block or ends below it is captured from here too.
                for at in range(max(first, rows.start), min(last + 1, rows.stop)):
                    span = (begin if at == first else 0, end if at == last else None, name)
                    self._highlights[at].append(span)


class _LateParser:
    """Parses a document, and one of many lines only when it is asked to catch up."""

    def __init__(self, document: SyntaxAwareDocument, fall_behind: Callable[[_LateParser], None]) -> None:
        self.document = document
        self._parser: Any = document._parser
        self._fall_behind = fall_behind

    def parse(self, read: Any, tree: Any) -> Any:
        """The tree of what `read` gives; or `tree` itself, which knows where it was edited."""
        if self.document.line_count <= PARSED_AT_ONCE:
            return self._parser.parse(read, tree)
        self._fall_behind(self)
        return tree

    def catch_up(self) -> None:
        # In one piece: tree-sitter would ask for each line three times.
        document: Any = self.document
        document._syntax_tree = self._parser.parse(document.text.encode(), document._syntax_tree)


def byte_offset(document: DocumentBase, location: tuple[int, int]) -> int:
    """The bytes of UTF-8 before a row and a column; past the last row, those of the whole text and one more line."""
    row, column = location
    lines = document.lines
    in_row = lines[row][:column] if row < len(lines) else ""
    return len(document.newline.join([*lines[:row], in_row]).encode())


class _WrappedDocument(WrappedDocument):
    """Textual's, whose height is asked for at each line that is drawn, and is counted over all lines there."""

    @property
    def height(self) -> int:
        return len(self._offset_to_line_info)


def forget_syntax_tree(document: DocumentBase) -> None:
    """Free the syntax tree of a document that is not shown any more.

    The tree calls the document to read it, and the document holds the tree: a cycle through tree-sitter's C code, which
    Python's garbage collector does not see.
    """
    vars(document).pop("_syntax_tree", None)


_XTERMS_KEY = re.compile(r"\x1b\[27;(\d{1,3});(\d+)~")
"""How xterm, and tmux as it is set at first, send a character with its modifiers."""
_NUMBERED_KEY = re.compile(r"\x1b\[(\d*)(?:;\d*)?([~ABCDEFHPQRS])")
_WHOLE_SEQUENCE = re.compile(r"\x1b\[[\d;:]*[$@-LN-Z\\^-ln-~]")
"""What is sent for a key, without the beginnings of what is sent for the mouse (`M`) and by Linux's console (`[`)."""
_ALT_ARROW = re.compile(r"\x1b\x1b[\[O]([ABCD])")
"""An arrow key with alt, as iTerm2 and rxvt send it: in one piece, of which Textual makes two keys."""
_ALT_CHARACTER = re.compile(r"\x1b[a-zA-NQ-WYZ]")  # others begin longer sequences
_SHIFT = 1
"""The bit of shift in a number of modifiers, less one."""


class EveryKeyParser(XTermParser):
    """Reads what a terminal sends for a key, also where Textual's parser makes another of it, or text.

    Textual tries Kitty's protocol first (`_parse_extended_key`), by a pattern that fits more than that: `CSI 27;5;13~`,
    ctrl+enter, becomes a key of the name "ctrl+" and a line break, and `CSI 32~`, F18, the space bar. What it does not
    know at all (`_sequence_to_key_events` yields nothing) it types, character by character.
    """

    def feed(self, data: str) -> Iterable[Message]:
        return super().feed(_ALT_ARROW.sub("\x1b[1;3\\1", data))

    def _parse_extended_key(  # pyright: ignore[reportIncompatibleVariableOverride] - Textual's is cached
        self, sequence: str
    ) -> list[events.Key] | None:
        with suppress(ValueError, OverflowError):  # the number of a character that does not exist
            if (found := _XTERMS_KEY.fullmatch(sequence)) is not None:
                sequence = _as_kittys(int(found[1]) - 1, chr(int(found[2]))) or sequence
            found = _NUMBERED_KEY.fullmatch(sequence)
            if found is None or f"{found[1] or 1}{found[2]}" in FUNCTIONAL_KEYS:
                return super()._parse_extended_key(sequence)
        return None

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        keys = list(super()._sequence_to_key_events(sequence, alt))
        if not keys and _ALT_CHARACTER.fullmatch(sequence):  # Textual waits for more, and types `^z` if more comes
            return super()._sequence_to_key_events(sequence[1], alt=True)
        if not keys and _WHOLE_SEQUENCE.fullmatch(sequence):
            return [events.Key(Keys.Ignore, sequence)]
        return keys


def _as_kittys(modifiers: int, character: str) -> str | None:
    """What Kitty's protocol has for a character with modifiers; None for text, such as a capital with its shift."""
    if not modifiers & ~_SHIFT and character.isprintable():
        return None
    unshifted = character.lower()[0] if modifiers & _SHIFT else character
    return f"\x1b[{ord(unshifted)};{modifiers + 1}u"


if sys.platform != "win32":
    from textual.drivers import linux_driver

    # The driver makes its parser itself.
    linux_driver.XTermParser = EveryKeyParser  # pyright: ignore[reportPrivateImportUsage]

    class SignalledDriver(linux_driver.LinuxDriver):
        """Textual's driver for Unix, with a say in what it writes to and what it does about signals.

        It writes to `_file`, and handles SIGTSTP and SIGCONT in `_sigtstp_application` and `_sigcont_application`.
        """

        def __init__(self, app: App[None], **options: Any) -> None:
            super().__init__(app, **options)
            self._file: Any = self.output(self._file)

        def output(self, file: Any) -> Any:
            """The file to write to, given the one that Textual would write to."""
            return file

        def stopped(self) -> None:
            """SIGTSTP came: the program is about to stop."""

        def resumes(self) -> bool:
            """SIGCONT came: whether the driver takes the terminal over again."""
            return True

        def call_in_app(self, callback: Callable[..., object]) -> None:
            """Call back in the app's event loop, from a signal handler."""
            self._loop.call_soon_threadsafe(callback)

        @property
        def app(self) -> App[None]:
            """The app that this driver draws for."""
            return self._app

        @property
        def is_over(self) -> bool:
            """Whether the app ends, or has ended: by `App.exit`, which is also how it ends after a crash."""
            return self._app._exit

        def stop_group(self) -> None:
            """Give the terminal back and stop the whole process group; returns once that is continued.

            A shell takes the terminal as soon as its own child stops, which may be a launcher in that group. What this
            program then still did to the terminal would stop it half-way, and its own SIGSTOP come after the SIGCONT.
            """
            self.stopped()
            if self._auto_restart:
                self.suspend_application_mode()
                self._must_signal_resume = True
            handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            try:
                os.killpg(os.getpgrp(), signal.SIGTSTP)
            finally:
                signal.signal(signal.SIGTSTP, handler)

        def _sigtstp_application(self, *_: object) -> None:
            self.stopped()
            if self.is_over and not self._app.is_running:  # the terminal is the shell's already
                os.kill(os.getpid(), signal.SIGSTOP)
            else:
                super()._sigtstp_application()

        def _sigcont_application(self, *_: object) -> None:
            if self.resumes():
                super()._sigcont_application()
