#!/usr/bin/env bash
# jupyter_client 8.10.0 with pyzmq 27.3.0: a request that is sent while another answer has just come in deafens the task
# that waits for answers on that channel, for good.
#
# Expected: a task in `await client.control_channel.get_msg()` gets every answer, whatever is sent meanwhile.
# Seen: Session.send writes past the asyncio socket, through a shadow of it. Where an answer has arrived while the event
# loop was busy, writing takes the signal of the socket's descriptor away; the loop never hears of that answer, nor of
# any later one, since the socket thinks that its reader knows. Asking the socket for its EVENTS after sending wakes it.
# Output seen:
#   answers before: 3 of 3
#   answers after one request was sent while an answer waited: 3 of 5
#   answers once the socket was asked for its events: 5 of 5
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ipykernel==7.4.0 jupyter_client==8.10.0 pyzmq==27.3.0
cat > "$folder/asks.py" <<'PY'
import asyncio
import time

import zmq
from jupyter_client.manager import start_new_async_kernel


async def main():
    manager, client = await start_new_async_kernel()
    channel, answers = client.control_channel, []

    def ask():
        channel.send(client.session.msg("kernel_info_request", {}))

    async def listen():
        while True:
            answers.append(await channel.get_msg())

    async def answered(wanted):
        until = time.monotonic() + 5
        while len(answers) < wanted and time.monotonic() < until:
            await asyncio.sleep(0.05)
        return f"{len(answers)} of {wanted}"

    listening = asyncio.create_task(listen())
    for wanted in (1, 2, 3):
        ask()
        said = await answered(wanted)
    print("answers before:", said, flush=True)
    ask()
    time.sleep(1)  # the loop is busy, while the answer arrives
    ask()
    print("answers after one request was sent while an answer waited:", await answered(5), flush=True)
    channel.socket.get(zmq.EVENTS)
    print("answers once the socket was asked for its events:", await answered(5), flush=True)
    listening.cancel()
    client.stop_channels()
    await manager.shutdown_kernel(now=True)


asyncio.run(main())
PY
"$folder/venv/bin/python" "$folder/asks.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
answers before: 3 of 3
answers after one request was sent while an answer waited: 3 of 5
answers once the socket was asked for its events: 5 of 5
SEEN
echo "as described: $("$folder/venv/bin/python" --version), jupyter_client 8.10.0, pyzmq 27.3.0"
