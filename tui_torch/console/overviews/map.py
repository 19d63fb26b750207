"""The text and the JSON of `tui-torch map`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from tui_torch.tutor.where_next import Way, grouped


def map_json(ways: Sequence[Way]) -> dict[str, Any]:
    """The topics, the nearest first, each with the lessons that are still to do for it."""
    return {
        "topics": [
            {
                "id": way.topic.id,
                "title": way.topic.title,
                "sentence": way.topic.sentence,
                "url": way.topic.link.url,
                "lesson": way.topic.lesson,
                "to_do": [lesson.id for lesson in way.to_do],
            }
            for way in ways
        ]
    }


def show_map(console: Console, ways: Sequence[Way]) -> None:
    """Print the topics by how far they are: what can be done there, where to begin, and the lessons on the way."""
    if not ways:
        console.print("No topic has all of these words; `tui-torch map` shows every topic.", markup=False)
        return
    for group, there in grouped(ways):
        console.print(Text(group, "bold"))
        for way in there:
            console.print(Padding(Text(way.topic.title, "cyan"), (1, 0, 0, 2), expand=False))
            console.print(Padding(Text(way.topic.sentence), (0, 0, 0, 4), expand=False))
            console.print(Padding(Text(way.topic.link.url, "dim"), (0, 0, 0, 4), expand=False), soft_wrap=True)
            if way.to_do:
                console.print(Padding(Text(_way(way), "dim"), (0, 0, 0, 4), expand=False))
        console.print()
    console.print("`tui-torch launch LESSON` opens a lesson on the way.", style="dim", markup=False)


def _way(way: Way) -> str:
    first, *others = [lesson.id for lesson in way.to_do]
    if not others:
        return f"after the lesson {first}"
    return f"{len(others) + 1} lessons to go, from {first} to {others[-1]}"
