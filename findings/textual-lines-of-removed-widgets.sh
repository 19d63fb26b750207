#!/usr/bin/env bash
# Textual 8.2.8: the drawn lines of removed widgets stay in memory, those of the last thousand or so.
#
# Expected: when a screen is closed and nothing refers to it any more, its widgets and what was drawn of them are freed.
# Seen: the widgets are freed, and their StylesCaches are not, with a Strip for each line, each with seven caches.
# `StylesCache.get_inner_outer(cls, …)` is decorated with `@lru_cache(1024)` and not with `@classmethod`, so that each
# StylesCache is a key of that cache. `StylesCache.get_inner_outer = classmethod(StylesCache.get_inner_outer)` is enough.
# Output seen:
#   before: 1 Widgets, 1 StylesCaches, 1 Strips
#   a screen of 30 rows, opened and closed 1 times: 1 Widgets, 27 StylesCaches, 241 Strips
#   a screen of 30 rows, opened and closed 10 times: 1 Widgets, 261 StylesCaches, 1969 Strips
#   a screen of 30 rows, opened and closed 30 times: 1 Widgets, 781 StylesCaches, 5809 Strips
#   get_inner_outer.cache_clear(): 1 Widgets, 1 StylesCaches, 49 Strips
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet textual==8.2.8
cat > "$folder/removed.py" <<'PY'
import asyncio
import gc

from textual._styles_cache import StylesCache
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static


class Rows(Screen):
    def compose(self) -> ComposeResult:
        for row in range(30):
            yield Static(f"row {row}")


def counts() -> str:
    gc.collect()
    alive = gc.get_objects()
    kinds = (Widget, StylesCache, Strip)
    return ", ".join(f"{sum(isinstance(one, kind) for one in alive)} {kind.__name__}s" for kind in kinds)


async def main() -> None:
    app = App()
    async with app.run_test() as pilot:
        print("before:", counts())
        for times in range(1, 31):
            await app.push_screen(Rows())
            await pilot.pause()
            await app.pop_screen()
            await pilot.pause()
            if times in (1, 10, 30):
                print(f"a screen of 30 rows, opened and closed {times} times:", counts())
        StylesCache.get_inner_outer.cache_clear()
        print("get_inner_outer.cache_clear():", counts())


asyncio.run(main())
PY
"$folder/venv/bin/python" "$folder/removed.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
before: 1 Widgets, 1 StylesCaches, 1 Strips
a screen of 30 rows, opened and closed 1 times: 1 Widgets, 27 StylesCaches, 241 Strips
a screen of 30 rows, opened and closed 10 times: 1 Widgets, 261 StylesCaches, 1969 Strips
a screen of 30 rows, opened and closed 30 times: 1 Widgets, 781 StylesCaches, 5809 Strips
get_inner_outer.cache_clear(): 1 Widgets, 1 StylesCaches, 49 Strips
SEEN
echo "as described: textual 8.2.8"
