#!/usr/bin/env bash
# CPython 3.11 to 3.13 with psutil 7.1.3: in a forked child, the main thread's native_id is still the parent's.
#
# Expected: threading.main_thread().native_id is what the kernel calls the thread, so that it is found among
# psutil.Process().threads(), in /proc/self/task, and by sched_setaffinity() and other calls that take a thread's id.
# Seen: os.fork() leaves the attribute as it was. It names a thread of another process, and a call that takes it acts
# on that one. threading.get_native_id() is right, and so are threads that the child starts; multiprocessing
# sets the attribute again in its own children, whose start method is also "fork".
# Output seen:
#   parent: native_id among the process's threads: True
#   child of os.fork(): False, it is the parent's: True, get_native_id() is right: True
#   a thread started in the child: True
#   child of multiprocessing: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet psutil==7.1.3
cat > "$folder/forks.py" <<'PY'
import multiprocessing
import os
import threading

import psutil


def is_ours(native_id):
    return native_id in {thread.id for thread in psutil.Process().threads()}


def in_a_process():
    print(f"child of multiprocessing: {is_ours(threading.main_thread().native_id)}", flush=True)


main = threading.main_thread()
print(f"parent: native_id among the process's threads: {is_ours(main.native_id)}", flush=True)
child = os.fork()
if not child:
    is_parents = main.native_id == os.getppid()
    right = is_ours(threading.get_native_id())
    print(f"child of os.fork(): {is_ours(main.native_id)}, it is the parent's: {is_parents}, get_native_id() is right: {right}")
    begun = threading.Event()
    thread = threading.Thread(target=begun.wait)
    thread.start()
    print(f"a thread started in the child: {is_ours(thread.native_id)}", flush=True)
    begun.set()
    thread.join()
    os._exit(0)
os.waitpid(child, 0)
process = multiprocessing.get_context("fork").Process(target=in_a_process)
process.start()
process.join()
PY
"$folder/venv/bin/python" "$folder/forks.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
parent: native_id among the process's threads: True
child of os.fork(): False, it is the parent's: True, get_native_id() is right: True
a thread started in the child: True
child of multiprocessing: True
SEEN
echo "as described: $("$folder/venv/bin/python" --version), psutil 7.1.3"
