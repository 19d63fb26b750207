#!/usr/bin/env bash
# PyTorch 2.13.0: torch.manual_seed() formats the whole call stack, several times, for devices that are not there.
#
# Expected: on a machine without an accelerator, seeding sets the state of one generator: some microseconds, wherever
# it is called from.
# Seen: seeding is also queued for CUDA and other devices until they are first used, each time with the text of the call
# stack, in case that fails. The stack is read from the source files by `traceback`, so the cost grows with the depth
# of the call: about half a millisecond 40 calls deep, a few hundred times the seeding itself. The numbers are the same
# as by the generator's own manual_seed(), which formats nothing. It matters where a loop seeds at every step.
# Output seen:
#   torch.manual_seed(0), 40 calls deep: format_stack() called: True, lines formatted grow with the depth: True
#   torch.default_generator.manual_seed(0): format_stack() called: False
#   the same numbers: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.3.5
cat > "$folder/seeds.py" <<'PY'
import traceback

import torch

lines = []
format_stack = traceback.format_stack


def counting(*arguments, **options):
    stack = format_stack(*arguments, **options)
    lines.append(len(stack))
    return stack


def deep(depth, seed):
    return deeper(depth - 1, seed) if depth else seed(0)


def deeper(depth, seed):  # another line: a traceback shows one that calls itself three times at most
    return deep(depth - 1, seed) if depth else seed(0)


def formatted(depth, seed):
    lines.clear()
    deep(depth, seed)
    return sum(lines)


assert not torch.cuda.is_available()
torch.manual_seed(0)  # the first time imports more, from deeper down
traceback.format_stack = counting
at_the_top, below = formatted(0, torch.manual_seed), formatted(40, torch.manual_seed)
print(
    f"torch.manual_seed(0), 40 calls deep: format_stack() called: {below > 0}, "
    f"lines formatted grow with the depth: {below >= at_the_top + 40}"
)
numbers = torch.rand(3)
print(f"torch.default_generator.manual_seed(0): format_stack() called: {formatted(40, torch.default_generator.manual_seed) > 0}")
print(f"the same numbers: {torch.equal(numbers, torch.rand(3))}")
PY
"$folder/venv/bin/python" "$folder/seeds.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
torch.manual_seed(0), 40 calls deep: format_stack() called: True, lines formatted grow with the depth: True
torch.default_generator.manual_seed(0): format_stack() called: False
the same numbers: True
SEEN
echo "as described: torch 2.13.0"
