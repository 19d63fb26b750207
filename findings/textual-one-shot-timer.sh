#!/usr/bin/env bash
# Textual 8.2.8: a one-shot timer that is late before it first waits never calls back.
#
# Expected: set_timer(delay, callback) calls once, however small the delay is or however busy the machine.
# Seen: a timer skips the calls that are already late, and a one-shot timer has only that one. With 1e-7 s, which has
# passed when the timer first looks at the clock, nothing is called and nothing is said. With 0 s the timer's task ends
# in a ZeroDivisionError that no handler of the app gets. The same happens with any delay on a machine where another
# program has the processor at that moment, for as long as the delay.
# Output seen:
#   delay 0.001: called 1 time(s)
#   delay 1e-07: called 0 time(s)
#   delay 0: called 0 time(s), ZeroDivisionError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet textual==8.2.8
cat > "$folder/timers.py" <<'PY'
import asyncio
import gc

from textual.app import App


class Timers(App[None]):
    def __init__(self, delay):
        super().__init__()
        self.delay, self.calls = delay, 0

    def on_mount(self):
        self.set_timer(self.delay, self.count)

    def count(self):
        self.calls += 1


async def main():
    for delay in (0.001, 1e-7, 0):
        errors = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: errors.append(context["exception"]))
        app = Timers(delay)
        async with app.run_test() as pilot:
            await pilot.pause(0.3)
        gc.collect()
        names = "".join(f", {type(error).__name__}" for error in errors)
        print(f"delay {delay:g}: called {app.calls} time(s){names}")


asyncio.run(main())
PY
"$folder/venv/bin/python" "$folder/timers.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
delay 0.001: called 1 time(s)
delay 1e-07: called 0 time(s)
delay 0: called 0 time(s), ZeroDivisionError
SEEN
echo "as described: textual 8.2.8"
