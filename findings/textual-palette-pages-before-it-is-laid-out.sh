#!/usr/bin/env bash
# Textual 8.2.8: page down in the same moment as ctrl+p ends an app with a KeyError.
#
# Expected: A key that comes before the command palette has drawn its list does nothing, as the arrows do.
# Seen: The palette hands page down and page up to a list whose lines are not laid out; OptionList looks up the line of
# its first option, which is not known yet, and the KeyError ends the app. Over a slow line both keys are in one read.
# Output seen:
#   down: the app goes on
#   pagedown: KeyError ends the app
#   pageup: KeyError ends the app
#   pagedown once the list is drawn: the app goes on
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet textual==8.2.8
cat > "$folder/keys.py" <<'PY'
import asyncio

from textual.app import App
from textual.command import CommandPalette


async def outcome(*keys, drawn=False):
    app = App()
    try:
        async with app.run_test() as pilot:
            await pilot.pause()
            app.simulate_key(keys[0])
            if drawn:
                while not (isinstance(app.screen, CommandPalette) and app.screen.query_one("CommandList").option_count):
                    await pilot.pause(0.05)
            app.simulate_key(keys[1])
            await pilot.pause(0.5)
    except Exception as error:
        return f"{type(error).__name__} ends the app"
    return "the app goes on"


for key in ("down", "pagedown", "pageup"):
    print(f"{key}: {asyncio.run(outcome('ctrl+p', key))}", flush=True)
print(f"pagedown once the list is drawn: {asyncio.run(outcome('ctrl+p', 'pagedown', drawn=True))}")
PY
"$folder/venv/bin/python" "$folder/keys.py" 2>"$folder/errors" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
down: the app goes on
pagedown: KeyError ends the app
pageup: KeyError ends the app
pagedown once the list is drawn: the app goes on
SEEN
echo "as described: $("$folder/venv/bin/python" --version), textual 8.2.8"
