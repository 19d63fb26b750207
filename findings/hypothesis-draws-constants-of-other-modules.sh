#!/usr/bin/env bash
# Hypothesis 6.170.17: what a derandomized test draws depends on which local modules are imported; it writes without a
# database.
#
# Expected: with `derandomize=True` a test draws the same inputs in each run, by the test alone; and with `database=None`
# nothing is written.
# Seen: it draws from the constants of all imported modules that are not installed packages, too: another module that is
# imported beforehand, and that the test never uses, makes other draws, with its constant among them. The constants of
# each file are kept in a folder `.hypothesis` in the working folder, although there is no database.
# Output seen:
#   alone: the far constant is drawn: False, written: ['.hypothesis/.gitignore', '.hypothesis/constants']
#   beside a module that has it: the far constant is drawn: True, written: ['.hypothesis/.gitignore', '.hypothesis/constants']
#   the same draws: False
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet hypothesis==6.170.17
mkdir "$folder/work"
cd "$folder/work"
echo "FAR = 913_370_423" > near.py
cat > program.py <<'PY'
import os
import sys
from zlib import crc32

if "near" in sys.argv:
    import near  # noqa: F401

from hypothesis import given, settings
from hypothesis import strategies as st

drawn = []


@settings(database=None, derandomize=True, max_examples=500)
@given(st.integers())
def draw(number):
    drawn.append(number)


draw()
far = 913_370_400 + 23
folders = sorted(f".hypothesis/{name}" for name in os.listdir(".hypothesis"))
print(f"the far constant is drawn: {far in drawn}, written: {folders}")
print(crc32(repr(drawn).encode()), file=sys.stderr)
PY
alone=$("$folder/venv/bin/python" program.py 2> first)
rm -r .hypothesis
beside=$("$folder/venv/bin/python" program.py near 2> second)
{
    echo "alone: $alone"
    echo "beside a module that has it: $beside"
    cmp -s first second && echo "the same draws: True" || echo "the same draws: False"
} | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
alone: the far constant is drawn: False, written: ['.hypothesis/.gitignore', '.hypothesis/constants']
beside a module that has it: the far constant is drawn: True, written: ['.hypothesis/.gitignore', '.hypothesis/constants']
the same draws: False
SEEN
echo "as described: $("$folder/venv/bin/python" --version), hypothesis 6.170.17"
