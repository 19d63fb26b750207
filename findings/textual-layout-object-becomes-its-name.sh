#!/usr/bin/env bash
# Textual 8.2.8: a Layout object that is assigned to `styles.layout` is replaced by a stock one of the same name.
#
# Expected: the setter takes "the name of the layout or a Layout object", so that an object of one's own lays out.
# Seen: it keeps the object's name alone and looks that up. A GridLayout with its columns' least width set becomes one
# without; a layout of one's own that inherits from VerticalLayout becomes VerticalLayout; no word is said. Only a
# name that Textual does not know raises, a StyleValueError.
# Output seen:
#   a grid with a least width: GridLayout, the object itself: False, its least width: None
#   a vertical layout of one's own: VerticalLayout, the object itself: False
#   a name of one's own: StyleValueError
#   a widget whose `layout` property gives it: its arrange() was called: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet textual==8.2.8
cat > "$folder/layouts.py" <<'PY'
import asyncio

from textual.app import App
from textual.containers import Container
from textual.css.errors import StyleValueError
from textual.layouts.grid import GridLayout
from textual.layouts.vertical import VerticalLayout
from textual.widgets import Label


class Reversed(VerticalLayout):
    arranged = False

    def arrange(self, parent, children, size, greedy=True):
        self.arranged = True
        return super().arrange(parent, children[::-1], size, greedy)


class Named(Reversed):
    name = "reversed"


OWN = Named()


class Holder(Container):
    @property
    def layout(self):
        return OWN


class Layouts(App):
    def compose(self):
        yield Container(Label("one"), Label("two"), id="container")
        yield Holder(Label("one"))


async def main():
    async with Layouts().run_test() as pilot:
        styles = pilot.app.query_one("#container").styles
        grid = GridLayout()
        grid.min_column_width = 20
        styles.layout = grid
        await pilot.pause()
        print(f"a grid with a least width: {type(styles.layout).__name__}, the object itself: {styles.layout is grid}, "
              f"its least width: {styles.layout.min_column_width}")
        upside_down = Reversed()
        styles.layout = upside_down
        await pilot.pause()
        print(f"a vertical layout of one's own: {type(styles.layout).__name__}, "
              f"the object itself: {styles.layout is upside_down}")
        try:
            styles.layout = Named()
            print("a name of one's own: taken")
        except StyleValueError as error:
            print(f"a name of one's own: {type(error).__name__}")
        print(f"a widget whose `layout` property gives it: its arrange() was called: {OWN.arranged}")


asyncio.run(main())
PY
"$folder/venv/bin/python" "$folder/layouts.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
a grid with a least width: GridLayout, the object itself: False, its least width: None
a vertical layout of one's own: VerticalLayout, the object itself: False
a name of one's own: StyleValueError
a widget whose `layout` property gives it: its arrange() was called: True
SEEN
echo "as described: $("$folder/venv/bin/python" --version), textual 8.2.8"
