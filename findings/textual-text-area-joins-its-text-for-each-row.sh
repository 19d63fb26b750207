#!/usr/bin/env bash
# textual 8.2.8: a TextArea joins its whole text once for each row that it draws, so that a key costs rows × text.
#
# Expected: drawing a row reads that row; the whole text is joined when a program asks for `text`.
# Seen: whether a placeholder is to be drawn is asked by `not self.text`, in each row, also where no placeholder was
# given, and `text` joins all lines anew. On a screen of 40 rows a cursor key joins a text of 5,000 lines 38 times; on one
# of 20 rows, 18 times.
# Output seen:
#   40 rows, 5000 lines: a cursor key joins the text at least once a row: True
#   40 rows, 50 lines: a cursor key joins the text at least once a row: True
#   20 rows, 5000 lines: a cursor key joins the text at least once a row: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet textual==8.2.8
cat > "$folder/program.py" <<'PY'
import asyncio

from textual.app import App, ComposeResult
from textual.document._document import Document
from textual.widgets import TextArea

joined = 0
original = Document.text.fget


def counted(document: Document) -> str:
    global joined
    joined += 1
    return original(document)


Document.text = property(counted)


class Editor(App[None]):
    def __init__(self, lines: int) -> None:
        super().__init__()
        self.lines = lines

    def compose(self) -> ComposeResult:
        yield TextArea("\n".join(f"line {number}" for number in range(self.lines)))


async def count(rows: int, lines: int) -> None:
    global joined
    app = Editor(lines)
    async with app.run_test(size=(80, rows)) as pilot:
        await pilot.pause()
        shown = app.query_one(TextArea).content_size.height
        joined = 0
        await pilot.press("right")
        await pilot.pause()
    print(f"{rows} rows, {lines} lines: a cursor key joins the text at least once a row: {joined >= shown}")


for rows, lines in ((40, 5000), (40, 50), (20, 5000)):
    asyncio.run(count(rows, lines))
PY
"$folder/venv/bin/python" "$folder/program.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
40 rows, 5000 lines: a cursor key joins the text at least once a row: True
40 rows, 50 lines: a cursor key joins the text at least once a row: True
20 rows, 5000 lines: a cursor key joins the text at least once a row: True
SEEN
echo "as described: $("$folder/venv/bin/python" --version), textual 8.2.8"
