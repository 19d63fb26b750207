#!/usr/bin/env bash
# Textual 8.2.8: `dismiss()` of a screen that has another one above it closes that other one.
#
# Expected: The screen that is dismissed is closed, or an exception says that it is not on top.
# Seen: Its result is given to whoever waits for it, and then the screen on top is closed, whichever it is. The one that
# was dismissed stays, and cannot be dismissed any more: its result is given already, and giving it again raises an
# exception before anything is closed. A key that comes while the command palette opens is enough.
# Output seen:
#   open: ['Below', 'Above'], results: []
#   Below is dismissed; open: ['Below'], results: ['once']
#   Below is dismissed again: InvalidStateError; open: ['Below'], results: ['once']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet textual==8.2.8
cat > "$folder/screens.py" <<'PY'
import asyncio

from textual.app import App
from textual.screen import Screen


class Below(Screen[str]):
    pass


class Above(Screen[str]):
    pass


async def main():
    app, results = App(), []

    def told():
        return f"open: {[type(screen).__name__ for screen in app.screen_stack[1:]]}, results: {results}"

    async with app.run_test() as pilot:
        below = Below()
        await app.push_screen(below, results.append)
        await app.push_screen(Above())
        print(told())
        below.dismiss("once")
        await pilot.pause()
        print(f"Below is dismissed; {told()}")
        try:
            below.dismiss("again")
            await pilot.pause()
            print(f"Below is dismissed again; {told()}")
        except asyncio.InvalidStateError as error:
            print(f"Below is dismissed again: {type(error).__name__}; {told()}")


asyncio.run(main())
PY
"$folder/venv/bin/python" "$folder/screens.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
open: ['Below', 'Above'], results: []
Below is dismissed; open: ['Below'], results: ['once']
Below is dismissed again: InvalidStateError; open: ['Below'], results: ['once']
SEEN
echo "as described: $("$folder/venv/bin/python" --version), textual 8.2.8"
