#!/usr/bin/env bash
# Rich 15.0.0: thirteen greys of the 256-colour palette become another colour when they are converted to that palette.
#
# Expected: a colour that the terminal has stays what it is: converting each of the 240 fixed colours of the palette
# to 256 colours gives that colour.
# Seen: for greys the conversion counts shades from 0 to 25 by lightness and rounds, instead of looking for the nearest.
# The bright ones, from #9e9e9e on, come out a step (10 of 255) darker, the four greys of the colour cube 7 darker.
# Other colours stay.
# Output seen:
#   moved: 13 of 240
#   #5f5f5f -> #585858
#   #878787 -> #808080
#   #afafaf -> #a8a8a8
#   #d7d7d7 -> #d0d0d0
#   #9e9e9e -> #949494
#   #a8a8a8 -> #9e9e9e
#   #b2b2b2 -> #a8a8a8
#   #bcbcbc -> #b2b2b2
#   #c6c6c6 -> #bcbcbc
#   #d0d0d0 -> #c6c6c6
#   #dadada -> #d0d0d0
#   #e4e4e4 -> #dadada
#   #eeeeee -> #e4e4e4
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet rich==15.0.0
cat > "$folder/greys.py" <<'PY'
from rich.color import Color, ColorSystem


def shown(number):
    """What a terminal shows for a number of the palette's fixed part: a cube of 6 steps, then 24 greys."""
    if number >= 232:
        return (8 + 10 * (number - 232),) * 3
    steps = (0, 95, 135, 175, 215, 255)
    number -= 16
    return steps[number // 36], steps[number // 6 % 6], steps[number % 6]


moved = []
for number in range(16, 256):
    wanted = shown(number)
    got = shown(Color.from_rgb(*wanted).downgrade(ColorSystem.EIGHT_BIT).number)
    if got != wanted:
        moved.append("#{:02x}{:02x}{:02x} -> #{:02x}{:02x}{:02x}".format(*wanted, *got))
print(f"moved: {len(moved)} of 240", *moved, sep="\n")
PY
"$folder/venv/bin/python" "$folder/greys.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
moved: 13 of 240
#5f5f5f -> #585858
#878787 -> #808080
#afafaf -> #a8a8a8
#d7d7d7 -> #d0d0d0
#9e9e9e -> #949494
#a8a8a8 -> #9e9e9e
#b2b2b2 -> #a8a8a8
#bcbcbc -> #b2b2b2
#c6c6c6 -> #bcbcbc
#d0d0d0 -> #c6c6c6
#dadada -> #d0d0d0
#e4e4e4 -> #dadada
#eeeeee -> #e4e4e4
SEEN
echo "as described: $("$folder/venv/bin/python" --version), rich 15.0.0"
