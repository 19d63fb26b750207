#!/usr/bin/env bash
# Textual 8.2.8: a message that a child posts from its parent's handler never leaves the parent.
#
# Expected: child.post_message(M()) bubbles from the child to its parent, its screen and the app, whoever calls it.
# Seen: the sender of a message is the widget whose handler is running, and a message does not bubble on from the parent
# when the parent is its sender. A method of the child that posts a message works when the child calls it (a key, a
# click, call_later on the child) and is silently lost to the app when the parent calls the same method.
# Output seen:
#   called by the child: parent 1, app 1
#   called by the parent: parent 1, app 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet textual==8.2.8
cat > "$folder/bubbling.py" <<'PY'
import asyncio

from textual.app import App
from textual.message import Message
from textual.widget import Widget


class Ping(Message):
    pass


class Child(Widget):
    def ping(self):
        self.post_message(Ping())


class Parent(Widget):
    pings = 0

    def compose(self):
        self.child = Child()
        yield self.child

    def on_ping(self):
        self.pings += 1


class Demo(App[None]):
    pings = 0

    def compose(self):
        yield Parent()

    def on_ping(self):
        self.pings += 1


async def main():
    for caller in ("child", "parent"):
        app = Demo()
        async with app.run_test() as pilot:
            parent = app.query_one(Parent)
            (parent if caller == "parent" else parent.child).call_later(parent.child.ping)
            await pilot.pause(0.3)
            print(f"called by the {caller}: parent {parent.pings}, app {app.pings}")


asyncio.run(main())
PY
"$folder/venv/bin/python" "$folder/bubbling.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
called by the child: parent 1, app 1
called by the parent: parent 1, app 0
SEEN
echo "as described: textual 8.2.8"
