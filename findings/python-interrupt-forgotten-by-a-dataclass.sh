#!/usr/bin/env bash
# CPython 3.11, rich 15.0.0, attrs 26.1.0: a program that ctrl+c ends exits by 1 if rich is first imported afterwards.
#
# Expected: a program that does not handle KeyboardInterrupt ends by the signal SIGINT, so that a shell sees 130 and a
# loop of the shell ends with it, whatever its functions for the end (atexit) compute.
# Seen: Python notes the interrupt in a flag that is cleared each time a source text is executed. dataclasses and
# namedtuple make their classes that way: one that is made at the end, as where a package that has some is first
# imported for a last report, turns the end by a signal into exit code 1. attrs compiles its methods first and
# evaluates the result: with it, as with an Enum or a pattern, the program ends as it should. Dataclass and namedtuple
# do so on CPython 3.12 and 3.13, too.
# Output seen:
#   nothing: -2
#   attrs.make_class: -2
#   dataclass: 1
#   namedtuple: 1
#   Enum: -2
#   re.compile: -2
#   import rich.console: 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet attrs==26.1.0 rich==15.0.0
cat > "$folder/program.py" <<'PY'
import atexit
import collections
import dataclasses
import enum
import re
import signal
import sys

import attrs

AT_THE_END = {
    "nothing": lambda: None,
    "attrs.make_class": lambda: attrs.make_class("Report", ["lines"]),
    "dataclass": lambda: dataclasses.make_dataclass("Report", ["lines"]),
    "namedtuple": lambda: collections.namedtuple("Report", "lines"),
    "Enum": lambda: enum.Enum("Report", "SHORT LONG"),
    "re.compile": lambda: re.compile("report(s?)"),
    "import rich.console": lambda: __import__("rich.console"),
}
atexit.register(AT_THE_END[sys.argv[1]])
signal.raise_signal(signal.SIGINT)
PY
cat > "$folder/each.py" <<'PY'
import subprocess
import sys

for end in ("nothing", "attrs.make_class", "dataclass", "namedtuple", "Enum", "re.compile", "import rich.console"):
    ended = subprocess.run([sys.executable, sys.argv[1], end], stderr=subprocess.DEVNULL)
    print(f"{end}: {ended.returncode}")
PY
"$folder/venv/bin/python" "$folder/each.py" "$folder/program.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
nothing: -2
attrs.make_class: -2
dataclass: 1
namedtuple: 1
Enum: -2
re.compile: -2
import rich.console: 1
SEEN
echo "as described: $("$folder/venv/bin/python" --version), rich 15.0.0, attrs 26.1.0"
