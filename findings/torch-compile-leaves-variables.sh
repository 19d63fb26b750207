#!/usr/bin/env bash
# torch 2.13.0: the first function that torch.compile compiles for the processor leaves two variables in os.environ for
# good, one of them an address in this process's memory, and every process that is started later inherits both.
#
# Expected: compiling changes nothing that other code can see; where the cache is, is asked of a function.
# Seen: TORCHINDUCTOR_CACHE_DIR is the folder as it was chosen then, so that a folder for temporary files that is chosen
# later is not followed. _TORCHINDUCTOR_PYOBJECT_TENSOR_DATA_PTR is a number that means nothing in a child.
# It needs a C++ compiler, as torch.compile does.
# Output seen:
#   importing torch leaves: nothing
#   compiling leaves: TORCHINDUCTOR_CACHE_DIR, _TORCHINDUCTOR_PYOBJECT_TENSOR_DATA_PTR
#   the folder follows TMPDIR after that: False
#   a child inherits: TORCHINDUCTOR_CACHE_DIR, _TORCHINDUCTOR_PYOBJECT_TENSOR_DATA_PTR
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset TORCHINDUCTOR_CACHE_DIR
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy setuptools
mkdir "$folder/first" "$folder/second"
cat > "$folder/leaves.py" <<'PY'
import os
import subprocess
import sys
import tempfile

before = set(os.environ)
import torch


def left():
    return sorted(set(os.environ) - before)


print("importing torch leaves:", ", ".join(left()) or "nothing")


@torch.compile
def wave(x):
    return x.sin() + 1


wave(torch.ones(2))
print("compiling leaves:", ", ".join(left()) or "nothing")
from torch._inductor.runtime.cache_dir_utils import cache_dir

os.environ["TMPDIR"] = tempfile.tempdir = sys.argv[1]
print("the folder follows TMPDIR after that:", cache_dir().startswith(sys.argv[1]))
told = subprocess.run([sys.executable, "-c", "import os; print(*os.environ)"], stdout=subprocess.PIPE, text=True)
print("a child inherits:", ", ".join(sorted(set(told.stdout.split()) & set(left()) - {"TMPDIR"})))
PY
TMPDIR="$folder/first" "$folder/venv/bin/python" "$folder/leaves.py" "$folder/second" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
importing torch leaves: nothing
compiling leaves: TORCHINDUCTOR_CACHE_DIR, _TORCHINDUCTOR_PYOBJECT_TENSOR_DATA_PTR
the folder follows TMPDIR after that: False
a child inherits: TORCHINDUCTOR_CACHE_DIR, _TORCHINDUCTOR_PYOBJECT_TENSOR_DATA_PTR
SEEN
echo "as described: $("$folder/venv/bin/python" --version), torch 2.13.0"
