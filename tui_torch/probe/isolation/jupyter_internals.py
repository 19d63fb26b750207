"""Every private name of IPython and ipykernel that the probe relies on, and what it replaces on their objects.

Each function gives its reason. Last seen in ipykernel 7.4.0 and IPython 9.18.1. An upgrade that removes or changes one
makes `tests/unit/probe/isolation/test_jupyter_internals.py` fail, with a sentence that says what to do. Nothing else in
the probe may touch a private name of theirs. It has over 500 lines because each name comes with its
reason, in one place.
"""

from __future__ import annotations

import builtins
import multiprocessing
import os
import sys
import threading
from codecs import getincrementaldecoder
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from functools import partial, wraps
from io import BufferedIOBase, StringIO
from itertools import groupby
from multiprocessing.util import register_after_fork
from operator import itemgetter
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import zmq

from tui_torch.probe.isolation.patching import wrap_method

CONNECTS_WITHIN = 30.0
"""Seconds within which the reader of a fresh kernel connects to the socket of `input()`, on a busy machine, too."""
SENDING = 1.0
"""Seconds that sending may take."""
PIECES = 500
"""Maximum number of texts in one message: whoever reads it does nothing else for a few milliseconds."""

# The app


def leave_out_debugger() -> None:
    """Let ipykernel offer no debugger, which nobody here asks for: debugpy takes 0.1 s to import, and 10 MB.

    Whether debugpy can be imported is found out once, by `ipykernel.debugger`. A learner can import it as ever.
    """
    found = sys.modules.get("debugpy")
    sys.modules["debugpy"] = None  # type: ignore[assignment] - Python's own way to say that there is none
    try:
        import ipykernel.debugger  # noqa: F401
    finally:
        if found is None:
            del sys.modules["debugpy"]
        else:
            sys.modules["debugpy"] = found


# The shell


def name_the_code(shell: Any, filename: Callable[[], str]) -> None:
    """Compile what is run under this file name; IPython's own is new for each run and shows in a traceback."""
    shell.compile.get_code_name = lambda raw, transformed, number: filename()


def keep_leading_lines(shell: Any) -> None:
    """Run code with the empty lines that it begins with: a line then has the same number in a traceback and the editor.

    IPython removes them in one of its `cleanup_transforms`.
    """
    from IPython.core.inputtransformer2 import leading_empty_lines

    shell.input_transformer_manager.cleanup_transforms.remove(leading_empty_lines)


def keep_no_output(shell: Any) -> None:
    """Have IPython hold nothing of what code prints, shows and returns.

    IPython 9 holds all of it for as long as the process lives, although no history is kept, and printing takes twice as
    long for it.
    """
    shell.history_manager.outputs = _Forgotten()
    shell._tee = lambda channel: nullcontext()


class _Forgotten(dict[int, list[Any]]):
    """Outputs by the number of the run, of which none is kept."""

    def __missing__(self, number: int) -> list[Any]:
        return []


def hide_after_semicolon(shell: Any) -> None:
    """Show no value of a last line that ends in `;`. IPython looks for it in its history, of which none is kept.

    `exec_result` is that of the run in progress, and `quiet()` is asked before a value is shown.
    """
    hook = shell.displayhook

    def quiet() -> bool:
        with suppress(Exception):  # what is no Python, and yet runs, cannot be read
            return hook.semicolon_at_end_of_expression(hook.exec_result.info.raw_cell)
        return False

    hook.quiet = quiet


def tell_pages(shell: Any, tell: Callable[[str], object]) -> None:
    """Call `tell` with the text of what would be shown in a pager: by `name?`, and by `help(name)`.

    ipykernel's own hook, of a lower rank, puts the first into the reply to a run, which is not read. The second goes
    through `pydoc.pager`. A process that the code starts prints both.
    """
    import pydoc

    from IPython.core.page import as_hook

    own, prints = os.getpid(), pydoc.pager

    def tell_page(page: Any, *_: object, **__: object) -> None:
        text = page.get("text/plain", "") if isinstance(page, dict) else str(page)
        if os.getpid() == own:
            tell(text)
        else:
            print(text)  # noqa: T201

    @wraps(prints)
    def pager(text: str, *arguments: Any, **options: Any) -> None:
        if os.getpid() == own:
            tell(pydoc.plain(text))
        else:
            prints(text, *arguments, **options)

    shell.set_hook("show_in_pager", as_hook(tell_page), 0)
    pydoc.pager = pager


def tell_before_asking(shell: Any, tell: Callable[[], object]) -> None:
    """Call `tell` before `input()` or `getpass()` asks, once what was printed has been sent.

    ipykernel asks by a socket of its own, on which the request may overtake what was printed before it. Where nobody
    has connected to it yet, it asks again, for some seconds.
    """
    kernel = shell.kernel

    def telling(ask: Callable[..., str]) -> Callable[..., str]:
        @wraps(ask)
        def tell_and_ask(*arguments: Any, **options: Any) -> str:
            with suppress(Exception):  # the code may have put anything in the place of the streams
                sys.stdout.flush()
                sys.stderr.flush()
            tell()
            return once_connected(ask, *arguments, **options)

        return tell_and_ask

    def once_connected(ask: Callable[..., str], *arguments: Any, **options: Any) -> str:
        # A fresh kernel may ask before its reader has connected to that socket, which drops what it cannot deliver.
        if kernel.stdin_socket is not None:  # a kernel within a process has none
            kernel.stdin_socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        until = monotonic() + CONNECTS_WITHIN
        while True:
            try:
                return ask(*arguments, **options)
            except zmq.ZMQError as error:
                if error.errno != zmq.EHOSTUNREACH or monotonic() > until:
                    raise
            sleep(0.01)

    kernel.raw_input, kernel.getpass = telling(kernel.raw_input), telling(kernel.getpass)


def let_quit_raise(shell: Any) -> None:
    """Let `quit()` raise SystemExit, as in a script. ipykernel's ends the kernel, a moment later."""

    def raise_system_exit() -> None:
        raise SystemExit

    shell.ask_exit = raise_system_exit


def send_no_traceback(shell: Any) -> None:
    """Send nothing for an error: the probe sends it as a `Failed`. ipykernel would send all of the traceback."""

    def flush_only(*_: object) -> None:
        # Text that was printed before the error is sent before it.
        sys.stdout.flush()
        sys.stderr.flush()
        shell._last_traceback = []

    shell._showtraceback = flush_only


def mend_after_code(shell: Any, mend: Callable[[], object]) -> None:
    """Call `mend` once a run's code has ended, before anything that needs what the code may have broken.

    `run_ast_nodes` runs the code, and `showtraceback` is what IPython calls first after an error. Neither is private;
    that nothing comes before them is.
    """
    run, show = shell.run_ast_nodes, shell.showtraceback

    async def run_and_mend(*arguments: Any, **options: Any) -> Any:
        try:
            return await run(*arguments, **options)
        finally:
            mend()

    def mend_and_show(*arguments: Any, **options: Any) -> Any:
        mend()
        return show(*arguments, **options)

    shell.run_ast_nodes, shell.showtraceback = run_and_mend, mend_and_show


def shorten_values(shell: Any, shorten: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Apply `shorten` to all that IPython makes of a value: texts and pictures by their types."""
    formatter = shell.display_formatter
    format_ = formatter.format

    def format_shortened(*arguments: Any, **options: Any) -> tuple[dict[str, Any], Any]:
        data, metadata = format_(*arguments, **options)
        return shorten(data), metadata

    formatter.format = format_shortened


def leave_out_error_values(shell: Any) -> None:
    """Leave the text of an exception, which may be 200 MB, out of the reply to a run, which is not read."""
    execute = shell.kernel.do_execute

    @wraps(execute)
    async def do_execute(*arguments: Any, **options: Any) -> Any:
        reply = await execute(*arguments, **options)
        return {**reply, "evalue": ""} if "evalue" in reply else reply

    shell.kernel.do_execute = do_execute


def run_if(shell: Any, may_run: Callable[[str, Mapping[str, Any]], Awaitable[bool]]) -> None:
    """Before code is run, ask `may_run` with it and its message's metadata; unless that is true, reply without a run.

    `do_execute` is what ipykernel calls to run a message's code.
    """
    execute = shell.kernel.do_execute

    @wraps(execute)
    async def do_execute(code: str, *arguments: Any, cell_meta: Any = None, **options: Any) -> Any:
        if not await may_run(code, cell_meta or {}):
            return {"status": "aborted", "execution_count": shell.execution_count, "user_expressions": {}}
        return await execute(code, *arguments, cell_meta=cell_meta, **options)

    shell.kernel.do_execute = do_execute


@contextmanager
def apart_from_the_run(shell: Any) -> Iterator[None]:
    """A block whose output, now or later from a thread, is not part of what the current message runs.

    What is sent names the message that it is about, which `kernel.set_parent` sets: in the block, one that was never
    sent.
    """
    kernel = shell.kernel
    identity, message = kernel._shell_parent_ident.get(), kernel.get_parent("shell")
    header = message["header"]
    kernel.set_parent(identity, {**message, "header": {**header, "msg_id": f"{header['msg_id']} before"}})
    try:
        yield
    finally:
        kernel.set_parent(identity, message)


@contextmanager
def as_plain_python(shell: Any) -> Iterator[None]:
    """A block in which code finds what it finds without IPython, and yet `input()` asks as in a cell.

    IPython leaves `display` and `__IPYTHON__` among the built-ins, `sys.ps1`, and a shell that `IPython.get_ipython()`
    gives, by which libraries know it: those that see a notebook print tables of HTML. The event loop that runs here
    would keep `asyncio.run()` from running another. `_forward_input` is what ipykernel does before a cell.
    """
    import asyncio

    names = builtins.__dict__
    hidden = {name: names.pop(name) for name in ("display", "__IPYTHON__", "get_ipython") if name in names}
    public = sys.modules["IPython"].__dict__
    getter = {name: public.pop(name) for name in ("get_ipython",) if name in public}
    public["get_ipython"] = _no_shell
    prompts = {name: sys.__dict__.pop(name) for name in ("ps1", "ps2", "ps3") if name in sys.__dict__}
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    local: Any = asyncio.get_event_loop_policy()._local  # type: ignore[attr-defined]
    loops = {name: vars(local).pop(name) for name in ("_loop", "_set_called") if name in vars(local)}
    hook, sys.excepthook = sys.excepthook, sys.__excepthook__
    shell.kernel._forward_input(True)
    builtins.input = _as_input(builtins.input)
    try:
        yield
    finally:
        shell.kernel._restore_input()
        sys.excepthook = hook
        vars(local).clear()
        vars(local).update(loops)
        asyncio._set_running_loop(loop)
        sys.__dict__.update(prompts)
        if public.get("get_ipython") is _no_shell:
            del public["get_ipython"]
        public.update(getter)
        names.update(hidden)


def _no_shell() -> None:
    """What `IPython.get_ipython()` gives where there is no IPython."""


def _as_input(ask: Callable[[str], str]) -> Callable[[object], str]:
    """A function that asks and looks like Python's `input`, which says what it is missing at the end of the input."""

    def read_line(prompt: object = "", /) -> str:
        try:
            return ask(str(prompt))
        except EOFError:
            raise EOFError("EOF when reading a line") from None

    read_line.__name__ = read_line.__qualname__ = "input"
    return read_line


def send_only_what_is_read(shell: Any) -> None:
    """Do not send that a message is being handled, nor its code, and do not wait before the reply to a run.

    `_publish_status` and `_publish_execute_input` send what nobody reads, and each message costs the reader half a
    millisecond. That a message has been handled (`idle`) is sent. `_execute_sleep` are seconds in which printed text
    gets ahead of the reply, which nobody reads either.
    """
    kernel = shell.kernel
    kernel._execute_sleep = 0
    publish = kernel._publish_status

    def publish_status(status: str, *arguments: Any, **options: Any) -> None:
        if status != "busy":
            publish(status, *arguments, **options)

    kernel._publish_status = publish_status
    kernel._publish_execute_input = lambda *_: None


def listen_on_control_channel(shell: Any, listener: Callable[[Any, Any, Any], None]) -> None:
    """Call `listener(stream, identities, message)` with comm messages of the control channel.

    A thread reads that channel while another runs code. ipykernel takes comm messages on the shell channel alone.
    """
    shell.kernel.control_handlers["comm_msg"] = listener


def reply(shell: Any, stream: Any, identities: Any, message: Any, data: dict[str, Any]) -> None:
    """Answer a comm message of the control channel on that channel, by data that is strict JSON.

    `stream` and `identities` are what its listener is given. Neither is private; that they may be used so is.
    """
    content: dict[str, Any] = {"comm_id": message["content"]["comm_id"], "data": data}
    shell.kernel.session.send(stream, "comm_msg", content, parent=message, ident=identities)


def send_at_once(shell: Any, comm: str, data: dict[str, Any]) -> None:
    """Send data, which has to be strict JSON, by the comm of that id, as part of the run in progress.

    `Comm.send()` first waits until a thread has sent the printed text; a fast loop does several steps meanwhile. And it
    goes through the data to make JSON of what is none.
    """
    display = shell.display_pub
    content: dict[str, Any] = {"comm_id": comm, "data": data}
    message = display.session.msg("comm_msg", content, parent=display.parent_header)
    display.session.send(display.pub_socket, message, ident=display.topic)


def wait_until_sent(shell: Any) -> None:
    """Wait until the thread that sends has sent what there is, or for SENDING seconds.

    Code that holds the interpreter lock, such as a regular expression, would keep that thread from it until it ends.
    """
    sent = threading.Event()
    shell.kernel.iopub_thread.schedule(sent.set)
    sent.wait(SENDING)


# The streams: `sys.stdout` and `sys.stderr` inside a kernel


def wait_for_text_of_others(stream: Any, patience: float = 1.0) -> None:
    """Wait until what processes have written into a stream's descriptor is in the stream, `patience` seconds at most.

    A thread of ipykernel's reads it from a pipe; there is none where nothing is captured.
    """
    pipe = getattr(stream, "_fid", None)
    if pipe is None or sys.platform == "win32":
        return
    from fcntl import ioctl
    from termios import FIONREAD

    deadline = monotonic() + patience
    while monotonic() < deadline:
        unread = int.from_bytes(ioctl(pipe, FIONREAD, bytes(4)), sys.byteorder)
        sleep(0.002)  # also for the thread to add what it has just read
        if not unread:
            return


def flush_every(stream: Any, seconds: float) -> None:
    """Send printed text at least so often while code runs; ipykernel's own interval is 0.2 s."""
    stream.flush_interval = seconds


Piece = tuple[str, str]
"""The name of a stream, and a text that was written to it."""


def send_in_order(
    streams: Iterable[Any],
    shorten: Callable[[list[Piece]], list[Piece]],
    comm_content: Callable[[list[Piece]], dict[str, Any] | None],
) -> None:
    """Send what is written to several streams in the order in which it was written.

    ipykernel gathers the texts of each stream in its `_buffers`, guarded by `_buffer_lock`, and `_flush`, in a thread,
    sends all of the one and then all of the other. Here they share both. Its `flush()` waits for that thread, eight
    times in each run; here only if text waits or is being sent.

    Args:
        streams: Those of one kernel.
        shorten: Applied to what is sent at once.
        comm_content: The content of a comm message that has texts of several streams; None if there is no comm yet, and
            each text is a message.
    """
    streams = list(streams)
    written, thread, session = _Written(), streams[0].pub_thread, streams[0].session

    def send(parent: dict[str, Any], pieces: list[Piece]) -> None:
        pieces = shorten(pieces)
        session.pid = os.getpid()  # else a session says nothing in a fork
        for start in range(0, len(pieces), PIECES):
            send_together(parent, pieces[start : start + PIECES])

    def send_together(parent: dict[str, Any], pieces: list[Piece]) -> None:
        if len(pieces) > 1 and (content := comm_content(pieces)) is not None:
            session.send(thread, session.msg("comm_msg", content, parent=parent), ident=streams[0].topic)
            return
        for name, text in pieces:
            message = session.msg("stream", {"name": name, "text": text}, parent=parent)
            session.send(thread, message, ident=b"stream." + name.encode())

    def send_all() -> None:
        for stream in streams:
            stream._flush_pending = stream._subprocess_flush_pending = False
        written.sending += 1
        try:
            for parent, pieces in written.take():
                send(parent, pieces)
        finally:
            written.sending -= 1

    def flush_text(flush: Callable[[], None]) -> None:
        if written.waits or written.sending:
            flush()

    for stream in streams:
        stream._buffer_lock = written.lock
        stream._buffers = _TextOf(stream.name, written)
        stream._flush = send_all
        stream.flush = partial(flush_text, stream.flush)


class _Written:
    """What waits to be sent of several streams, in the order in which it was written."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.sending = 0
        """The number of calls that are sending what waited."""
        self._texts: list[tuple[Any, str, StringIO]] = []
        """The message that it is about, the name of the stream, and what was written to that in a row."""
        self._pid = os.getpid()

    @property
    def waits(self) -> bool:
        return bool(self._texts)

    def text_of(self, parent: Any, name: str) -> StringIO:
        """Where to write what comes next."""
        if self._pid != (pid := os.getpid()):  # in a fork: what waits is sent by the process before it
            self._texts, self._pid = [], pid
        if self._texts and self._texts[-1][1] is name and self._texts[-1][0] == parent:
            return self._texts[-1][2]
        text = StringIO()
        self._texts.append((parent, name, text))
        return text

    def take(self) -> Iterator[tuple[dict[str, Any], list[Piece]]]:
        """What waits, by the message that it is about, whose header comes first."""
        with self.lock:
            texts, self._texts = self._texts, []
        for parent, of_one in groupby(texts, key=itemgetter(0)):
            # `print(…, end="")` writes nothing after its text, which may have been sent by then.
            yield dict(parent), [(name, said) for _, name, text in of_one if (said := text.getvalue())]


class _TextOf:
    """The `_buffers` of one stream, whose keys are the headers of messages."""

    def __init__(self, name: str, written: _Written) -> None:
        self._name = name
        self._written = written

    def __getitem__(self, parent: Any) -> StringIO:
        return self._written.text_of(parent, self._name)


def let_threads_print_for_their_run(streams: Iterable[Any]) -> None:
    """Let what a thread prints be part of the run that started it; ipykernel takes it for the one that goes on then."""

    streams = list(streams)

    def start_of(original: Callable[..., None]) -> Callable[..., None]:
        def start(thread: threading.Thread) -> None:
            headers = [stream.parent_header for stream in streams]
            run, own = thread.run, vars(thread).get("run")

            def put_back() -> None:
                if own is None:
                    vars(thread).pop("run", None)
                else:
                    vars(thread)["run"] = own

            def run_for_its_run() -> None:
                put_back()
                for stream, header in zip(streams, headers, strict=True):
                    stream.set_thread_parent(header)
                run()

            thread.run = run_for_its_run  # type: ignore[method-assign]
            try:
                original(thread)
            except BaseException:  # it was started before, or the system has no room for it
                put_back()
                raise

        return start

    wrap_method(threading.Thread, "start", start_of)


def take_bytes(stream: Any) -> None:
    """Give a stream the `buffer` and `reconfigure()` of Python's own, which programs use, and ipykernel's lacks."""
    stream.buffer = _BytesOf(stream)
    stream.reconfigure = lambda **_: None


class _BytesOf(BufferedIOBase):
    """Takes the bytes of UTF-8 that are written to a stream."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._decoder = getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()

    def write(self, data: Any, /) -> int:
        self._stream.write(self._decoder.decode(bytes(data)))
        return len(data)

    def flush(self) -> None:
        self._stream.flush()


def make_closing_reversible(stream: Any) -> None:
    """Let `close()` do nothing that `reopener` cannot undo; ipykernel's also gives up the file descriptor."""
    stream.close = partial(setattr, stream, "pub_thread", None)


def reopener(stream: Any) -> Callable[[], None]:
    """A function that opens a stream of ipykernel's again, should it have been closed; for another, it does nothing."""
    thread = getattr(stream, "pub_thread", None)

    def reopen() -> None:
        if thread is not None:
            stream.pub_thread = thread

    return reopen


# Forks


def renumber_main_thread() -> None:
    """Let `threading.main_thread().native_id` be that of this process, in a fork.

    Python keeps the parent's, last seen in 3.13.0. This private name is Python's.
    """
    main: Any = threading.main_thread()
    if main.native_id != threading.get_native_id():
        main._set_native_id()


def begin_own_fork_server() -> None:
    """In a fork, let `multiprocessing` begin a server of its own, if the parent has one, for which it would wait.

    Waiting is for the parent alone: ChildProcessError. These private names are Python's, last seen in 3.13.0.
    """
    if (module := sys.modules.get("multiprocessing.forkserver")) is None:
        return
    server = module._forkserver
    if server._forkserver_pid is not None:
        os.close(server._forkserver_alive_fd)
        server._forkserver_pid = server._forkserver_alive_fd = server._forkserver_address = None


def end_fork_server() -> None:
    """End the server that forks for `multiprocessing`, if there is one: it has the modules of the program before.

    Another process than the one that began it only lets it go. The private name is Python's, last seen in 3.13.0.
    """
    if (module := sys.modules.get("multiprocessing.forkserver")) is not None:
        with suppress(OSError):
            module._forkserver._stop()


def keep_process_files_in(folder: Path) -> None:
    """Let `multiprocessing` keep the sockets of this process in a folder, and make none that stays when it is killed.

    Those that this process starts have a folder each, as ever, and remove it. The private name is Python's, last seen
    in 3.13.0.
    """
    current: Any = multiprocessing.current_process()
    current._config["tempdir"] = str(folder)
    register_after_fork(current, lambda _: forget_folder_of(multiprocessing.current_process()))


def forget_folder_of(process: Any) -> None:
    """Let a process that this one starts make a folder of its own for its sockets."""
    process._config.pop("tempdir", None)


def target_of(process: object) -> object:
    """What a process runs, which `Process` keeps to itself; None if it was not given."""
    return getattr(process, "_target", None)


def gather_fork_output_in(folder: Path) -> None:
    """Let the kernel that is initialized next gather the output of its forks, DataLoader workers for one, in a folder.

    ipykernel gathers it on a TCP port of the loopback interface, which every user of the machine can reach. Here it is
    one more socket beside the kernel's own. The thread's two private methods that open it are replaced.
    """
    import zmq
    from ipykernel import iostream, kernelapp
    from zmq.eventloop.zmqstream import ZMQStream

    address = f"ipc://{folder / 'forks'}"

    class PrivateIOPubThread(iostream.IOPubThread):
        def _setup_pipe_in(self) -> None:
            self._pipe_uuid = os.urandom(16)
            public: Any = self.socket
            pipe: Any = public.context.socket(zmq.PULL)
            pipe.linger = 0
            pipe.bind(address)
            self._pipe_in = ZMQStream(pipe, self.io_loop)
            self._pipe_in.on_recv(self._handle_pipe_msg)

        def _setup_pipe_out(self) -> tuple[Any, Any]:
            context = zmq.Context()  # a socket of the parent's context would not survive the fork
            pipe: Any = context.socket(zmq.PUSH)
            pipe.linger = 3000
            pipe.connect(address)
            return context, pipe

    kernelapp.IOPubThread = PrivateIOPubThread  # type: ignore[misc]


def send_through(shell: Any, streams: Iterable[Any], send: Callable[[list[bytes]], None]) -> None:
    """In a fork, give `send` the frames of what the kernel and its standard streams publish; their thread is gone.

    ipykernel opens a connection to the parent for each message of a fork, and the parent cannot tell which is the last.
    Forks of this fork go on to do that.
    """
    thread = shell.display_pub.pub_socket.io_thread
    send_by_connection = thread._really_send
    pid = os.getpid()

    def send_frames(message: list[Any], *arguments: Any, **options: Any) -> None:
        if os.getpid() == pid:
            send([bytes(frame) for frame in message])
        else:
            send_by_connection(message, *arguments, **options)

    thread._really_send = send_frames
    shell.display_pub.session.pid = pid  # a session says nothing in another process than its own
    for stream in streams:
        stream._master_pid = pid  # else it sends each piece of a line by itself


def send_on(shell: Any, frames: list[bytes]) -> None:
    """Publish the frames of a message that a fork has made, after all that this process has published."""
    shell.display_pub.pub_socket.send_multipart(frames)


def set_running_loop(loop: Any) -> None:
    """In a fork, say that an event loop runs, as one does in the kernel; asyncio takes it for the parent's alone."""
    import asyncio

    asyncio._set_running_loop(loop)


def ask_nobody(shell: Any) -> None:
    """In a fork, let `input()` and `getpass()` find the end of the input: they ask by the socket of the kernel."""

    def find_the_end(*_: object, **__: object) -> str:
        raise EOFError("EOF when reading a line")

    shell.kernel.raw_input = shell.kernel.getpass = builtins.input = find_the_end
