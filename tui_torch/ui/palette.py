"""What the command palette offers: every action with its key, every lesson and step, and every theme."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.actions import parse
from textual.app import SystemCommand
from textual.widget import Widget

from tui_torch.drawing.text.visible import visible
from tui_torch.ui.common.inline_markdown import inline
from tui_torch.ui.keys.bound import BoundKeys
from tui_torch.ui.keys.declared import ATTACH, CHART, EDITOR, EXERCISES, LESSON, REPLAY, TENSORS, WATCH
from tui_torch.ui.keys.table import KeyTable

if TYPE_CHECKING:
    from tui_torch.course.outline import Outline
    from tui_torch.ui.charts.loss_chart import LossChart
    from tui_torch.ui.inspector.pane import TensorInspector
    from tui_torch.ui.lesson.keys.run_screen import RunScreen
    from tui_torch.ui.lesson.screen import LessonScreen


class _OutsideTheEditor:
    """The conditions of the lesson's keys as if the focus were in no text: letters are text there, and no keys."""

    types_text = types_line = False

    def __init__(self, conditions: object) -> None:
        self._conditions = conditions

    def __getattr__(self, name: str) -> Any:
        return getattr(self._conditions, name)


def actions(screen: RunScreen, keys: BoundKeys, own: KeyTable[Any] = LESSON) -> Iterator[SystemCommand]:
    """What the keys of a screen and of its panes do now. `own`: those of the screen outside a replay."""
    conditions: Any = _OutsideTheEditor(screen.key_conditions)
    panes = screen.panes
    yield from _of_table(own, screen, conditions, "", keys)
    yield from _of_table(REPLAY, screen, conditions, "Replay: ", keys)
    if conditions.has_editor:
        yield from _of_table(EDITOR, panes.editor, panes.editor, "Code: ", keys)
    if panes.inspector.takes_focus:
        yield from _of_table(TENSORS, panes.inspector, panes.inspector, "Tensors: ", keys)
    yield from _of_table(CHART, panes.loss_chart, panes.loss_chart, "Loss: ", keys)


def of_watch(screen: Widget, chart: LossChart, keys: BoundKeys) -> Iterator[SystemCommand]:
    """What the keys of the screen of a watched training and of its chart do now."""
    yield from _of_table(WATCH, screen, screen, "", keys)
    yield from _of_table(CHART, chart, chart, "Chart: ", keys)


def of_attach(screen: Widget, inspector: TensorInspector, chart: LossChart, keys: BoundKeys) -> Iterator[SystemCommand]:
    """What the keys of the screen of a kernel of others and of its panes do now."""
    yield from _of_table(ATTACH, screen, screen, "", keys)
    yield from _of_table(TENSORS, inspector, inspector, "Tensors: ", keys)
    yield from _of_table(CHART, chart, chart, "Chart: ", keys)


def of_exercises(screen: Widget, keys: BoundKeys) -> Iterator[SystemCommand]:
    """What the keys of the screen of exercises in one's own editor do now."""
    yield from _of_table(EXERCISES, screen, _OutsideTheEditor(screen), "", keys)


def _of_table(
    table: KeyTable[Any], widget: Widget, conditions: Any, prefix: str, keys: BoundKeys
) -> Iterator[SystemCommand]:
    told = sentences(table, keys)
    for key in table.keys:
        if key.name in told and key.works(conditions):
            title = f"{prefix}{key.label} ({keys.plain(key.name)})"
            yield SystemCommand(title, told[key.name], partial(run, widget, key.action))


def sentences(table: KeyTable[Any], keys: BoundKeys) -> dict[str, str]:
    """What is said of each key that the palette offers, by its name: its own words, or those of its row of the help."""
    rows: dict[str, str] = {}
    for row in table.help:
        for name in re.findall(r"\{([a-z][\w.-]*)", row.keys):
            rows.setdefault(name, keys.spelled_out(row.sentence).replace("`", ""))
    # What has no label, or is one of ten digits, is done by its key alone.
    offered = [key for key in table.keys if key.label and not key.name.startswith("replay.digit")]
    said = {key.name: key.tooltip or rows.get(key.name, "") for key in offered}
    return {name: sentence[:1].upper() + sentence[1:] for name, sentence in said.items()}


async def run(widget: Widget, action: str) -> None:
    """Do what a key of a widget does, wherever the focus is."""
    namespace, name, parameters = parse(action)
    node = widget.screen if namespace == "screen" else widget
    done = getattr(node, f"action_{name}")(*parameters)
    if hasattr(done, "__await__"):
        await done


def lessons(outlines: Iterable[Outline], screen: LessonScreen, *, ascii_only: bool) -> Iterator[SystemCommand]:
    """Every lesson; and, to be searched for, every step: `gradients › Three scalars`."""
    arrow = " > " if ascii_only else " › "
    for outline in outlines:
        title, summary = visible(outline.title, ascii_only), inline(outline.summary, ascii_only=ascii_only).plain
        yield SystemCommand(f"Lesson: {title}", summary, partial(screen.show_lesson_of, outline.id))
        for step_id, name in zip(outline.steps, outline.titles, strict=True):
            yield SystemCommand(
                f"{outline.id}{arrow}{visible(name, ascii_only)}",
                title,
                partial(screen.go_to, outline.id, step_id),
                discover=False,
            )
