#!/usr/bin/env bash
# textual-image 0.12.0: its half-block renderable, imported by its own name, asks the terminal what it can show.
#
# Expected: `from textual_image.renderable.halfcell import Image` asks nothing, since half blocks need nothing but
# colours; questions are for the renderable that chooses (`textual_image.renderable.Image`).
# Seen: the package's `__init__` runs first and chooses all the same: a question about Kitty graphics and one about the
# terminal's attributes are written at import. Drawing asks for the size of a cell besides.
# Output seen:
#   at import: a Kitty graphics query True, a device attributes query True, a cell size query False
#   at the first picture: a Kitty graphics query False, a device attributes query False, a cell size query True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet textual-image==0.12.0 "pillow<14" pexpect==4.9.0
cat > "$folder/draws.py" <<'PY'
from textual_image.renderable.halfcell import Image

print("<imported>", flush=True)
import PIL.Image
from rich.console import Console

Console(width=20, color_system="truecolor").print(Image(PIL.Image.new("RGB", (8, 8), "red"), width=4, height=2))
print("<drawn>", flush=True)
PY
cat > "$folder/terminal.py" <<'PY'
import sys

import pexpect

QUESTIONS = {"a Kitty graphics query": b"a=q", "a device attributes query": b"\x1b[c", "a cell size query": b"\x1b[16t"}

terminal = pexpect.spawn(sys.executable, sys.argv[1:], timeout=60)


def say(when, written):
    print(f"{when}: {', '.join(f'{what} {question in written}' for what, question in QUESTIONS.items())}")


terminal.expect(b"<imported>")
say("at import", terminal.before)
terminal.expect(b"<drawn>")
say("at the first picture", terminal.before)
PY
"$folder/venv/bin/python" "$folder/terminal.py" "$folder/draws.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
at import: a Kitty graphics query True, a device attributes query True, a cell size query False
at the first picture: a Kitty graphics query False, a device attributes query False, a cell size query True
SEEN
echo "as described: $("$folder/venv/bin/python" --version), textual-image 0.12.0"
