#!/usr/bin/env bash
# IPython 9.18.1: for a cell that is not stored in the history, the `;` of the last stored one decides what is shown.
#
# Expected: `1 + 1;` shows no value, and `2 + 2` shows one, stored or not.
# Seen: DisplayHook.quiet() looks at the end of the newest entry of the history, which is another cell's when
# run_cell() is called with store_history=False, as Jupyter clients may ask: values are shown or hidden by mistake.
# Output seen:
#   nothing stored yet, '1 + 1;': shown
#   after a stored 'x = 1;', '2 + 2': hidden
#   after a stored 'x = 1', '3 + 3;': shown
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ipython==9.18.1
cat > "$folder/cells.py" <<'PY'
import contextlib
import io
import os

os.environ["IPYTHONDIR"] = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ipython")
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance(colors="nocolor")


def outcome(code):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        shell.run_cell(code, store_history=False)
    return "shown" if "Out[" in printed.getvalue() else "hidden"


print("nothing stored yet, '1 + 1;':", outcome("1 + 1;"))
for stored, code in (("x = 1;", "2 + 2"), ("x = 1", "3 + 3;")):
    shell.run_cell(stored, store_history=True)
    print(f"after a stored {stored!r}, {code!r}:", outcome(code))
PY
"$folder/venv/bin/python" "$folder/cells.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
nothing stored yet, '1 + 1;': shown
after a stored 'x = 1;', '2 + 2': hidden
after a stored 'x = 1', '3 + 3;': shown
SEEN
echo "as described: $("$folder/venv/bin/python" --version), ipython 9.18.1"
