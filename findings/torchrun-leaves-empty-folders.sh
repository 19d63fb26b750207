#!/usr/bin/env bash
# torch 2.13.0: every torchrun without --log-dir leaves four empty folders, one in the other, in the temp folder.
#
# Expected: nothing is left of a launch that redirects no output and ends with 0; the folder for logs was made by
# torchrun itself, under a name that it says nowhere.
# Seen: the agent makes a folder for logs whether anything is written there or not, and removes none. With --log-dir
# three of them are left as well, in the folder that was named.
# Output seen:
#   rank 0
#   after one launch: 4 folders, 0 files
#   rank 0
#   after two: 8 folders, 0 files
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy
mkdir "$folder/tmp"
echo 'import os; print("rank", os.environ["RANK"])' > "$folder/program.py"
launch() {
    TMPDIR="$folder/tmp" "$folder/venv/bin/torchrun" --standalone --nproc-per-node 1 "$folder/program.py" 2> "$folder/errors"
    echo "$1: $(find "$folder/tmp" -mindepth 1 -name 'torchelastic_*' -exec find {} -type d \; | wc -l) folders," \
        "$(find "$folder/tmp" -path '*torchelastic_*' -type f | wc -l) files"
}
{ launch "after one launch"; launch "after two"; } | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
rank 0
after one launch: 4 folders, 0 files
rank 0
after two: 8 folders, 0 files
SEEN
echo "as described: $("$folder/venv/bin/python" --version), torch 2.13.0"
