#!/usr/bin/env bash
# Textual 8.2.8: alt and a letter, followed in the same read by another escape sequence, is typed as `^` and the letter.
#
# Expected: what is a key by itself is the same key when the next one arrives with it, as it does over a slow line or
# from a program that sends keys: ESC z ESC [ A is alt+z, up.
# Seen: alt+z alone is alt+z. Before an arrow, or before another alt key, it is the two characters `^` and `z`, which a
# focused field takes for text. A sequence with its own end (alt+up as ESC [ 1 ; 3 A) is not hurt.
# Output seen:
#   alt+z: alt+z
#   alt+z, up: circumflex_accent z up
#   alt+z, alt+z: circumflex_accent z alt+z
#   alt+up, up: alt+up up
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet textual==8.2.8
cat > "$folder/keys.py" <<'PY'
from textual._xterm_parser import XTermParser

for name, typed in {
    "alt+z": "\x1bz",
    "alt+z, up": "\x1bz\x1b[A",
    "alt+z, alt+z": "\x1bz\x1bz",
    "alt+up, up": "\x1b[1;3A\x1b[A",
}.items():
    parser = XTermParser()
    events = [*parser.feed(typed), *parser.feed("")]
    print(f"{name}: {' '.join(event.key for event in events)}")
PY
"$folder/venv/bin/python" "$folder/keys.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
alt+z: alt+z
alt+z, up: circumflex_accent z up
alt+z, alt+z: circumflex_accent z alt+z
alt+up, up: alt+up up
SEEN
echo "as described: $("$folder/venv/bin/python" --version), textual 8.2.8"
