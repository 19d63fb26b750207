#!/usr/bin/env bash
# numpy 2.4.6: ndarray.resize() refuses an array that only a weak reference, or a finalizer, knows of, and goes on
# refusing with refcheck=False, which its message then advises.
#
# Expected: a weak reference does not count, as in sys.getrefcount; and refcheck=False turns the check off.
# Seen: both raise ValueError. So a debugger, or a cache that holds arrays weakly, makes a program fail that ran.
# Output seen:
#   alone: [0. 1. 2. 0.]
#   with a weak reference to it: ValueError
#   with a weak reference to it, refcheck=False: ValueError, "set refcheck=False to disable this check"
#   after the weak reference is gone: [0. 1. 2. 0.]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6
cat > "$folder/resizes.py" <<'PY'
import weakref

import numpy as np


ADVICE = "set refcheck=False to disable this check"

array = np.arange(3.0)
array.resize(4)
print("alone:", array)
array = np.arange(3.0)
reference = weakref.ref(array)
try:
    array.resize(4)
except ValueError:
    print("with a weak reference to it: ValueError")
try:
    array.resize(4, refcheck=False)
except ValueError as error:
    print("with a weak reference to it, refcheck=False: ValueError,", f'"{ADVICE}"' if ADVICE in str(error) else error)
    del error
del reference
array.resize(4)
print("after the weak reference is gone:", array)
PY
"$folder/venv/bin/python" "$folder/resizes.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
alone: [0. 1. 2. 0.]
with a weak reference to it: ValueError
with a weak reference to it, refcheck=False: ValueError, "set refcheck=False to disable this check"
after the weak reference is gone: [0. 1. 2. 0.]
SEEN
echo "as described: $("$folder/venv/bin/python" --version), numpy 2.4.6"
