#!/usr/bin/env bash
# PyTorch 2.13.0: each profile writes two lines on standard error; KINETO_LOG_LEVEL up to 5 leaves them, 6 does not.
#
# Expected: `with torch.profiler.profile(...)` writes nothing unless it is asked for a table, as in 2.9. What there is of
# log lines goes away with KINETO_LOG_LEVEL=4, the level of errors.
# Seen: "USDT:<time> ... profiler_start" and "profiler_stop" come from C++ for each profile, with any activities, and past
# whatever replaces sys.stderr in Python. Their kind ranks above errors: 5 is the last level that lets them through.
# Output seen:
#   KINETO_LOG_LEVEL unset: profiler_start, profiler_stop
#   KINETO_LOG_LEVEL 4: profiler_start, profiler_stop
#   KINETO_LOG_LEVEL 5: profiler_start, profiler_stop
#   KINETO_LOG_LEVEL 6: nothing
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.3.5
cat > "$folder/program.py" <<'PY'
import contextlib
import io

import torch
from torch.profiler import ProfilerActivity, profile

with contextlib.redirect_stderr(io.StringIO()), profile(activities=[ProfilerActivity.CPU]):
    torch.ones(2) + 1
PY
cat > "$folder/levels.py" <<'PY'
import os
import subprocess
import sys

for level in (None, "4", "5", "6"):
    environment = {name: value for name, value in os.environ.items() if name != "KINETO_LOG_LEVEL"}
    if level is not None:
        environment["KINETO_LOG_LEVEL"] = level
    ended = subprocess.run([sys.executable, sys.argv[1]], env=environment, stderr=subprocess.PIPE, text=True, check=True)
    written = [line.split()[-1] for line in ended.stderr.splitlines() if line.startswith("USDT:")]
    print(f"KINETO_LOG_LEVEL {level or 'unset'}: {', '.join(written) or 'nothing'}")
PY
"$folder/venv/bin/python" "$folder/levels.py" "$folder/program.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
KINETO_LOG_LEVEL unset: profiler_start, profiler_stop
KINETO_LOG_LEVEL 4: profiler_start, profiler_stop
KINETO_LOG_LEVEL 5: profiler_start, profiler_stop
KINETO_LOG_LEVEL 6: nothing
SEEN
echo "as described: $("$folder/venv/bin/python" --version), torch 2.13.0"
