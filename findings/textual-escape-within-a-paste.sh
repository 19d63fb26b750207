#!/usr/bin/env bash
# Textual 8.2.8: a paste that contains an escape character is broken up, and part of it is typed as keys.
#
# Expected: All that a terminal sends between the two marks of a bracketed paste is one Paste event.
# Seen: From the escape character on, the pasted text is taken for keys, which an app may act on; they come before the
# Paste event, which has what stood before the escape character, and nothing else. Colours copied from a log are enough.
# Output seen:
#   plain: 0 keys '', pastes ['a red b'], the last event is the paste: True
#   with colours: 14 keys '^[31mred^[0m b', pastes ['a '], the last event is the paste: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet textual==8.2.8
cat > "$folder/paste.py" <<'PY'
from textual._xterm_parser import XTermParser
from textual.events import Key, Paste

BEGIN, END = "\x1b[200~", "\x1b[201~"
for name, text in {"plain": "a red b", "with colours": "a \x1b[31mred\x1b[0m b"}.items():
    events = list(XTermParser().feed(f"{BEGIN}{text}{END}"))
    keys = "".join(event.character or "" for event in events if isinstance(event, Key))
    pastes = [event.text for event in events if isinstance(event, Paste)]
    print(f"{name}: {len(keys)} keys {keys!r}, pastes {pastes}, the last event is the paste: {isinstance(events[-1], Paste)}")
PY
"$folder/venv/bin/python" "$folder/paste.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
plain: 0 keys '', pastes ['a red b'], the last event is the paste: True
with colours: 14 keys '^[31mred^[0m b', pastes ['a '], the last event is the paste: True
SEEN
echo "as described: $("$folder/venv/bin/python" --version), textual 8.2.8"
