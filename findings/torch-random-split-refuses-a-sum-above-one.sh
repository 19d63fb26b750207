#!/usr/bin/env bash
# PyTorch 2.13.0: `random_split` takes fractions whose sum is a rounding error below 1, and refuses those a little above.
#
# Expected: The documentation asks for fractions that sum up to 1; the code compares with `math.isclose`, so that rounding
# should not matter either way. How the same parts are ordered should not matter at all.
# Seen: Fractions are taken for fractions only where their sum is also <= 1. 0.33 + 0.56 + 0.11 is 1.0000000000000002, so
# they are taken for lengths, and the error speaks of the length of the dataset. In another order they are accepted.
# Output seen:
#   [0.33, 0.56, 0.11] sum 1.0000000000000002: ValueError: Sum of input lengths does not equal the length of the input dataset!
#   [0.11, 0.33, 0.56] sum 1.0: [11, 33, 56]
#   [0.7, 0.2, 0.1] sum 0.9999999999999999: [70, 20, 10]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.3.5
cat > "$folder/split.py" <<'PY'
from torch.utils.data import random_split

for fractions in ([0.33, 0.56, 0.11], [0.11, 0.33, 0.56], [0.7, 0.2, 0.1]):
    try:
        said = [len(part) for part in random_split(range(100), fractions)]
    except ValueError as error:
        said = f"ValueError: {error}"
    print(f"{fractions} sum {sum(fractions)}: {said}")
PY
"$folder/venv/bin/python" "$folder/split.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
[0.33, 0.56, 0.11] sum 1.0000000000000002: ValueError: Sum of input lengths does not equal the length of the input dataset!
[0.11, 0.33, 0.56] sum 1.0: [11, 33, 56]
[0.7, 0.2, 0.1] sum 0.9999999999999999: [70, 20, 10]
SEEN
echo "as described: $("$folder/venv/bin/python" --version), torch 2.13.0"
