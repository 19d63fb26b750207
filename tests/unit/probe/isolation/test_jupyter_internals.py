"""Each private name of IPython and ipykernel that the probe relies on exists, and does what it is relied on for."""

from __future__ import annotations

import ast
import asyncio
import builtins
import inspect
import logging
import multiprocessing
import multiprocessing.util
import os
import pydoc
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from multiprocessing import forkserver
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import ipykernel
import IPython
import psutil
import pytest
import zmq
from ipykernel import kernelapp
from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.zmqshell import ZMQInteractiveShell
from jupyter_client.session import Session

import tui_torch.probe
from tui_torch.probe.isolation import jupyter_internals


@contextmanager
def relied_on(function: str, on: str) -> Iterator[None]:
    """Makes what fails in the block say which function of `jupyter_internals` to repair, and what it relies on."""
    try:
        yield
    except Exception as error:
        pytest.fail(
            f"ipykernel {ipykernel.__version__} or IPython {IPython.__version__} changed `{on}`: repair `{function}` "
            f"in tui_torch/probe/isolation/jupyter_internals.py ({type(error).__name__}: {error}).",
            pytrace=False,
        )


class Sink:
    """One end of a socket, in place of the one that the kernel publishes by, and what came out at the other end."""

    def __init__(self) -> None:
        self.session = Session(key=b"a key")
        self._context = zmq.Context()
        self.public, self._other = self._context.socket(zmq.PUSH), self._context.socket(zmq.PULL)
        self._other.bind("inproc://sink")
        self.public.connect("inproc://sink")

    def message(self) -> dict[str, Any] | None:
        """The next message; None when none comes in a second."""
        if not self._other.poll(1000):
            return None
        _, frames = self.session.feed_identities(self._other.recv_multipart())
        return self.session.deserialize(frames)

    def close(self) -> None:
        self._context.destroy(linger=0)


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def shell(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The shell of a kernel that listens to nobody."""
    for name in ("displayhook", "excepthook", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    monkeypatch.setitem(sys.modules, "learner", ModuleType("learner"))
    with mock.patch.dict(os.environ):  # the shell sets TERM and FORCE_COLOR, for good
        kernel = IPythonKernel(session=sink.session, iopub_socket=sink.public, user_module=sys.modules["learner"])
        kernel.log = logging.getLogger("ipykernel")
        kernel.shell.display_pub.session = sink.session
        kernel.shell.history_manager.enabled = False
        yield kernel.shell
    IPythonKernel.clear_instance()
    ZMQInteractiveShell.clear_instance()


@contextmanager
def running(thread: IOPubThread) -> Iterator[Any]:
    """Starts a thread, and stops it without a task of its loop left pending, which would be told at the end of all."""
    thread.start()
    try:
        yield thread
    finally:
        asyncio.run_coroutine_threadsafe(_without_tasks(thread), thread.io_loop.asyncio_loop).result()
        thread.stop()


async def _without_tasks(thread: Any) -> None:
    while thread._event_pipe_gc_task is None:  # noqa: ASYNC110
        await asyncio.sleep(0)
    thread._event_pipe_gc_task.cancel()
    await asyncio.wait([thread._event_pipe_gc_task])


@pytest.fixture
def stream(sink: Sink) -> Iterator[Any]:
    with running(IOPubThread(sink.public)) as thread:
        yield OutStream(sink.session, thread, "stdout", watchfd=False)


def test_code_is_compiled_under_the_name_that_is_given(shell: Any) -> None:
    with relied_on("name_the_code", "CachingCompiler.get_code_name"):
        jupyter_internals.name_the_code(shell, lambda: "<your code>")
        shell.run_cell("f = lambda: 0", store_history=False)
        assert shell.user_ns["f"].__code__.co_filename == "<your code>"


def test_a_value_is_hidden_by_a_semicolon(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with relied_on("hide_after_semicolon", "DisplayHook.quiet, exec_result and semicolon_at_end_of_expression"):
        jupyter_internals.hide_after_semicolon(shell)
        shown: list[object] = []
        monkeypatch.setattr(shell.displayhook, "write_format_data", lambda data, metadata: shown.append(data))
        for code in ("1", "2;", "3;  # said", "%who_ls;", "4"):
            shell.run_cell(code, store_history=False)
        assert shown == [{"text/plain": "1"}, {"text/plain": "4"}]


@pytest.mark.parametrize("code", ["f?", "help(f)"])
def test_pages_are_told_and_not_printed(
    shell: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(pydoc, "pager", pydoc.pager)
    told: list[str] = []
    with relied_on("tell_pages", "IPython.core.page, its hook show_in_pager, and pydoc.pager"):
        jupyter_internals.tell_pages(shell, told.append)
        shell.user_ns["f"] = documented
        shell.run_cell(code, store_history=False)
        assert len(told) == 1 and "Says how it is told." in told[0]
        assert capsys.readouterr().out.strip() == ""
        assert not shell.payload_manager.read_payload()


def documented() -> None:
    """Says how it is told."""


def test_nothing_is_kept_of_what_code_prints_and_returns(shell: Any) -> None:
    with relied_on("keep_no_output", "history_manager.outputs and _tee"):
        jupyter_internals.keep_no_output(shell)
        shell.run_cell(
            "import sys, weakref\nclass Text(str): pass\ntext = Text('x')\nheld = weakref.ref(text)\n"
            "sys.stdout.write(text)\nsys.stderr.write(text)\ndel text\n1 + 1",
            store_history=False,
        )
        assert shell.user_ns["held"]() is None
        assert not shell.history_manager.outputs


def test_empty_lines_at_the_beginning_count(shell: Any) -> None:
    with relied_on("keep_leading_lines", "input_transformer_manager.cleanup_transforms"):
        jupyter_internals.keep_leading_lines(shell)
        shell.run_cell("\n\nf = lambda: 0", store_history=False)
        assert shell.user_ns["f"].__code__.co_firstlineno == 3


@pytest.mark.filterwarnings("ignore:To exit")
@pytest.mark.parametrize("call", ["quit()", "exit()"])
def test_quit_raises_as_in_a_script(shell: Any, call: str) -> None:
    with relied_on("let_quit_raise", "ZMQInteractiveShell.ask_exit"):
        jupyter_internals.let_quit_raise(shell)
        jupyter_internals.send_no_traceback(shell)
        result = shell.run_cell(f"{call}\nafterwards = 1", store_history=False)
        assert isinstance(result.error_in_exec, SystemExit)
        assert "afterwards" not in shell.user_ns


@pytest.mark.parametrize("code", ["1 / 0", "b = = 2"])
async def test_an_error_is_not_sent_and_the_reply_says_that_there_was_one(shell: Any, sink: Sink, code: str) -> None:
    with relied_on("send_no_traceback", "ZMQInteractiveShell._showtraceback and _last_traceback"):
        jupyter_internals.send_no_traceback(shell)
        reply = await shell.kernel.do_execute(code, silent=False, store_history=False)
        assert (reply["status"], reply["traceback"]) == ("error", [])
        assert sink.message() is None


async def test_the_reply_to_a_run_holds_no_text_of_the_error(shell: Any) -> None:
    with relied_on("leave_out_error_values", "IPythonKernel.do_execute"):
        jupyter_internals.send_no_traceback(shell)
        jupyter_internals.leave_out_error_values(shell)
        reply = await shell.kernel.do_execute("raise ValueError('x' * 100)", silent=False, store_history=False)
        assert (reply["ename"], reply["evalue"]) == ("ValueError", "")


async def test_code_runs_only_if_its_metadata_says_so(shell: Any) -> None:
    with relied_on("run_if", "IPythonKernel.do_execute"):
        asked: list[Any] = []

        async def may_run(code: str, metadata: Any) -> bool:
            asked.append((code, metadata))
            return metadata.get("run") is True

        jupyter_internals.run_if(shell, may_run)
        reply = await shell.kernel.do_execute("ran = 1", silent=False, store_history=False, cell_meta={"run": False})
        assert (reply["status"], "ran" in shell.user_ns) == ("aborted", False)
        reply = await shell.kernel.do_execute("ran = 1", silent=False, store_history=False, cell_meta={"run": True})
        assert (reply["status"], shell.user_ns["ran"]) == ("ok", 1)
        await shell.kernel.do_execute("ran = 2", silent=False, store_history=False)
        assert (shell.user_ns["ran"], asked) == (
            1,
            [("ran = 1", {"run": False}), ("ran = 1", {"run": True}), ("ran = 2", {})],
        )


@pytest.mark.parametrize(("code", "status"), [("broken = True", "ok"), ("broken = True\n1 / 0", "error")])
async def test_what_code_has_broken_is_mended_before_anything_else_goes_on(shell: Any, code: str, status: str) -> None:
    with relied_on("mend_after_code", "InteractiveShell.run_ast_nodes and showtraceback"):
        seen: list[bool] = []
        jupyter_internals.send_no_traceback(shell)
        jupyter_internals.mend_after_code(shell, lambda: shell.user_ns.update(broken=False))
        shell.events.register("post_execute", lambda: seen.append(shell.user_ns["broken"]))
        reply = await shell.kernel.do_execute(code, silent=False, store_history=False)
        assert (reply["status"], seen) == (status, [False])


def test_output_apart_from_the_run_names_no_message_that_was_sent(shell: Any, sink: Sink) -> None:
    with relied_on("apart_from_the_run", "Kernel.set_parent, get_parent and _shell_parent_ident"):
        shell.display_pub.pub_socket = sink.public
        run = sink.session.msg("execute_request", {})
        shell.kernel.set_parent([], run)
        with jupyter_internals.apart_from_the_run(shell):
            jupyter_internals.send_at_once(shell, "comm", {})
        jupyter_internals.send_at_once(shell, "comm", {})
        messages = [sink.message(), sink.message()]
        parents = [message["parent_header"]["msg_id"] for message in messages if message is not None]
        assert parents[0] != parents[1] == run["header"]["msg_id"]


def test_of_what_a_message_does_only_its_end_is_sent(shell: Any, sink: Sink) -> None:
    with relied_on("send_only_what_is_read", "Kernel._publish_status, _publish_execute_input and _execute_sleep"):
        assert shell.kernel._execute_sleep > 0
        jupyter_internals.send_only_what_is_read(shell)
        run = sink.session.msg("execute_request", {})
        shell.kernel.set_parent([], run)
        shell.kernel._publish_status("busy", "shell")
        shell.kernel._publish_execute_input("a = 1", run, 1)
        shell.kernel._publish_status("idle", "shell")
        message = sink.message()
        assert message is not None and message["content"] == {"execution_state": "idle"}
        assert shell.kernel._execute_sleep == 0


def test_values_are_shortened(shell: Any) -> None:
    with relied_on("shorten_values", "DisplayFormatter.format"):
        jupyter_internals.shorten_values(shell, lambda data: {kind: text[:3] for kind, text in data.items()})
        data, _ = shell.display_formatter.format("x" * 100)
        assert data == {"text/plain": "'xx"}


def test_a_fork_begins_a_server_of_processes_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with relied_on("begin_own_fork_server", "multiprocessing.forkserver._forkserver"):
        server = forkserver.ForkServer()
        monkeypatch.setattr(forkserver, "_forkserver", server)
        server.set_forkserver_preload([])
        server.ensure_running()
        child = os.fork()
        if not child:
            try:
                jupyter_internals.begin_own_fork_server()
                server.ensure_running()
            except BaseException:
                os._exit(1)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        server._stop()


def test_multiprocessing_keeps_its_files_where_it_is_told(tmp_path: Path) -> None:
    with relied_on("keep_process_files_in", "multiprocessing.process.BaseProcess._config"):
        before = multiprocessing.current_process()._config.get("tempdir")  # type: ignore[attr-defined]
        jupyter_internals.keep_process_files_in(tmp_path)
        try:
            assert multiprocessing.util.get_temp_dir() == str(tmp_path)
            process: Any = multiprocessing.Process()
            jupyter_internals.forget_folder_of(process)
            assert "tempdir" not in process._config
            assert jupyter_internals.target_of(multiprocessing.Process(target=print)) is print
        finally:
            multiprocessing.current_process()._config["tempdir"] = before  # type: ignore[attr-defined]


def test_what_a_thread_prints_names_the_message_that_started_it(sink: Sink) -> None:
    with relied_on("let_threads_print_for_their_run", "OutStream.parent_header and set_thread_parent"):
        stream = OutStream(Session(), IOPubThread(sink.public), "stdout", watchfd=False)
        seen: list[str] = []
        unwrapped = threading.Thread.start
        jupyter_internals.let_threads_print_for_their_run([stream])
        try:
            go = threading.Event()
            stream.set_parent({"header": {"msg_id": "first"}})
            thread = threading.Thread(target=lambda: (go.wait(), seen.append(stream.parent_header["msg_id"])))
            thread.start()
            stream.set_parent({"header": {"msg_id": "second"}})
            go.set()
            thread.join()
        finally:
            threading.Thread.start = unwrapped  # type: ignore[method-assign]
        assert seen == ["first"]


def test_comm_messages_of_the_control_channel_are_heard(shell: Any) -> None:
    with relied_on("listen_on_control_channel", "Kernel.control_handlers"):
        assert "comm_msg" not in shell.kernel.control_handlers
        heard: list[Any] = []
        jupyter_internals.listen_on_control_channel(shell, lambda stream, identities, message: heard.append(message))
        shell.kernel.control_handlers["comm_msg"](None, [], {"content": {}})
        assert heard == [{"content": {}}]


def test_data_is_sent_at_once_as_part_of_the_run(shell: Any, sink: Sink) -> None:
    with relied_on("send_at_once", "ZMQDisplayPublisher.pub_socket, topic and parent_header"):
        shell.display_pub.pub_socket = sink.public
        run = sink.session.msg("execute_request", {})
        shell.display_pub.set_parent(run)
        jupyter_internals.send_at_once(shell, "comm", {"a/b": {"x": 1}})
        message = sink.message()
        assert message is not None
        assert message["msg_type"] == "comm_msg"
        assert message["content"] == {"comm_id": "comm", "data": {"a/b": {"x": 1}}}
        assert message["parent_header"]["msg_id"] == run["header"]["msg_id"]


def test_what_is_sent_before_is_waited_for(shell: Any, sink: Sink) -> None:
    with relied_on("wait_until_sent", "Kernel.iopub_thread and IOPubThread.schedule"):
        shell.kernel.iopub_thread = IOPubThread(sink.public)
        with running(shell.kernel.iopub_thread) as thread:
            done: list[str] = []
            thread.schedule(lambda: done.append("sent"))
            jupyter_internals.wait_until_sent(shell)
            assert done == ["sent"]


ORDER = "OutStream._buffers, _buffer_lock, _flush, _flush_pending and flush"


def sent_in_order(*streams: Any, shorten: Any = lambda pieces: pieces, comm: bool = True) -> None:
    def content(pieces: list[Any]) -> dict[str, Any] | None:
        return {"comm_id": "comm", "data": {"a/b": [list(piece) for piece in pieces]}} if comm else None

    jupyter_internals.send_in_order(streams, shorten, content)


def test_printed_text_is_shortened_before_it_is_sent(stream: Any, sink: Sink) -> None:
    with relied_on("send_in_order", ORDER):
        sent_in_order(stream, shorten=lambda pieces: [(name, text[:3]) for name, text in pieces])
        stream.write("x" * 100)
        stream.flush()
        message = sink.message()
        assert message is not None and message["content"] == {"name": "stdout", "text": "xxx"}


@pytest.fixture
def two_streams(sink: Sink) -> Iterator[tuple[Any, Any]]:
    with running(IOPubThread(sink.public)) as thread:
        yield (
            OutStream(sink.session, thread, "stdout", watchfd=False),
            OutStream(sink.session, thread, "stderr", watchfd=False),
        )


def test_what_two_streams_have_is_sent_in_the_order_in_which_it_was_written(
    two_streams: tuple[Any, Any], sink: Sink
) -> None:
    with relied_on("send_in_order", ORDER):
        out, err = two_streams
        sent_in_order(out, err)
        for number in range(3):
            print("out", number, file=out)
            print("err", number, file=err)
        err.flush()
        message = sink.message()
        assert message is not None and message["msg_type"] == "comm_msg"
        names = ["stdout", "stderr"] * 3
        assert message["content"]["data"]["a/b"] == [
            [name, f"{name[3:]} {place // 2}\n"] for place, name in enumerate(names)
        ]


def test_so_many_texts_are_sent_that_their_reader_can_do_other_things_between(
    two_streams: tuple[Any, Any], sink: Sink
) -> None:
    with relied_on("send_in_order", ORDER):
        sent_in_order(*two_streams)
        count = 2 * jupyter_internals.PIECES + 3
        for number in range(count):
            two_streams[number % 2].write(str(number))
        two_streams[0].flush()
        messages = [sink.message() for _ in range(3)]
        pieces = [piece for message in messages if message for piece in message["content"]["data"]["a/b"]]
        assert [text for _, text in pieces] == [str(number) for number in range(count)]


def test_before_there_is_a_comm_each_text_is_a_message(two_streams: tuple[Any, Any], sink: Sink) -> None:
    with relied_on("send_in_order", ORDER):
        out, err = two_streams
        sent_in_order(out, err, comm=False)
        for stream in (out, err, out):
            stream.write(stream.name)
        out.flush()
        messages = [sink.message() for _ in range(3)]
        names = ["stdout", "stderr", "stdout"]
        assert [message and message["content"] for message in messages] == [
            {"name": name, "text": name} for name in names
        ]


def test_text_of_several_messages_is_sent_as_part_of_each(two_streams: tuple[Any, Any], sink: Sink) -> None:
    with relied_on("send_in_order", ORDER):
        out, err = two_streams
        sent_in_order(out, err)
        runs = [sink.session.msg("execute_request", {}) for _ in range(2)]
        for run in runs:
            for stream in (out, err):
                stream.set_parent(run)
                stream.write("x")
        out.flush()
        messages = [sink.message() for _ in runs]
        assert [message and message["parent_header"]["msg_id"] for message in messages] == [
            run["header"]["msg_id"] for run in runs
        ]


def test_a_fork_does_not_send_again_what_waits_in_its_parent() -> None:
    written = jupyter_internals._Written()
    written.text_of(frozenset(), "stdout").write("waits")
    written._pid = 0
    written.text_of(frozenset(), "stderr").write("new")
    assert list(written.take()) == [({}, [("stderr", "new")])]


def test_printed_text_is_sent_without_a_flush_after_the_interval(stream: Any, sink: Sink) -> None:
    with relied_on("flush_every", "OutStream.flush_interval"):
        assert stream.flush_interval == 0.2
        jupyter_internals.flush_every(stream, 0.01)
        stream.write("x")
        message = sink.message()
        assert message is not None and message["content"]["text"] == "x"


def test_a_pipe_that_a_stream_is_read_from_is_waited_for(stream: Any) -> None:
    with relied_on("wait_for_text_of_others", "OutStream._fid"):
        assert "_fid" in inspect.getsource(OutStream._watch_pipe_fd)
        reads, writes = os.pipe()
        stream._fid = reads
        os.write(writes, b"unread")
        began = time.monotonic()
        jupyter_internals.wait_for_text_of_others(stream, patience=0.05)
        assert time.monotonic() - began >= 0.05
        assert os.read(reads, 10) == b"unread"
        jupyter_internals.wait_for_text_of_others(stream, patience=60.0)
        stream._fid = None
        os.close(reads)
        os.close(writes)


def test_a_flush_waits_for_text_alone(stream: Any, sink: Sink) -> None:
    with relied_on("send_in_order", ORDER):
        scheduled: list[Any] = []
        schedule = stream.pub_thread.schedule
        stream.pub_thread.schedule = lambda call: (scheduled.append(call), schedule(call))
        jupyter_internals.flush_every(stream, 60)
        sent_in_order(stream)
        stream.flush()
        assert scheduled == []
        stream.write("x")
        stream.flush()
        message = sink.message()
        assert message is not None and message["content"]["text"] == "x"
        done = len(scheduled)
        stream.flush()
        assert len(scheduled) == done


def test_a_flush_waits_while_text_is_being_sent(stream: Any) -> None:
    with relied_on("send_in_order", ORDER):
        flushed: list[bool] = []
        stream.flush = lambda: flushed.append(True)

        def shorten(pieces: list[Any]) -> list[Any]:
            stream.flush()  # in the midst of sending
            return pieces

        sent_in_order(stream, shorten=shorten)
        stream.write("x")
        stream._flush()
        assert flushed == [True]
        stream.flush()
        assert flushed == [True]


def test_a_stream_that_was_closed_is_opened_again(stream: Any, sink: Sink) -> None:
    with relied_on("make_closing_reversible and reopener", "OutStream.pub_thread"):
        jupyter_internals.make_closing_reversible(stream)
        reopen = jupyter_internals.reopener(stream)
        stream.close()
        assert stream.closed
        reopen()
        stream.write("x")
        stream.flush()
        message = sink.message()
        assert message is not None and message["content"]["text"] == "x"


def test_another_stream_than_ipykernels_is_left_alone() -> None:
    stream = StringIO()
    stream.close()
    jupyter_internals.reopener(stream)()
    assert stream.closed
    assert not hasattr(stream, "pub_thread")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such sockets")
def test_output_of_forks_is_gathered_in_the_folder_and_on_no_port(
    sink: Sink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with relied_on("gather_fork_output_in", "IOPubThread._setup_pipe_in, _setup_pipe_out and kernelapp.IOPubThread"):
        monkeypatch.setattr(kernelapp, "IOPubThread", kernelapp.IOPubThread)
        ports = listening()
        jupyter_internals.gather_fork_output_in(tmp_path)
        with running(kernelapp.IOPubThread(sink.public, pipe=True)) as thread:
            assert (tmp_path / "forks").is_socket()
            assert listening() == ports
            context, pipe = thread._setup_pipe_out()
            # What a fork sends, by the thread's own protocol.
            pipe.send_multipart([thread._pipe_uuid, b"printed by a fork"])
            assert sink._other.poll(5000)
            assert sink._other.recv_multipart() == [b"printed by a fork"]
            context.destroy()


def test_a_fork_hands_over_the_frames_of_what_it_would_publish(shell: Any, stream: Any, sink: Sink) -> None:
    with relied_on("send_through", "IOPubThread._really_send, OutStream._master_pid and Session.pid"):
        shell.display_pub.pub_socket = stream.pub_thread.background_socket
        stream._master_pid = sink.session.pid = 0
        handed_over: list[list[bytes]] = []
        jupyter_internals.send_through(shell, [stream], handed_over.append)
        assert stream._master_pid == sink.session.pid == os.getpid()
        shell.display_pub.publish({"text/plain": "shown"})
        stream.write("printed")
        for _ in range(2):  # here, in place of a fork, a thread sends what a thread has flushed
            stream.flush()
        contents = [sink.session.deserialize(sink.session.feed_identities(one)[1])["content"] for one in handed_over]
        assert [one.get("text") or one["data"]["text/plain"] for one in contents] == ["shown", "printed"]


def test_the_frames_of_a_fork_are_published(shell: Any, stream: Any, sink: Sink) -> None:
    shell.display_pub.pub_socket = stream.pub_thread.background_socket
    jupyter_internals.send_on(shell, sink.session.serialize(sink.session.msg("stream", {"text": "printed by a fork"})))
    message = sink.message()
    assert message is not None and message["content"]["text"] == "printed by a fork"


def test_whoever_asks_in_a_fork_finds_the_end_of_the_input(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with relied_on("ask_nobody", "IPythonKernel.raw_input and getpass"):
        for name in ("raw_input", "getpass"):
            monkeypatch.setattr(shell.kernel, name, getattr(shell.kernel, name))  # what is there, to be put back
        monkeypatch.setattr(builtins, "input", builtins.input)
        jupyter_internals.ask_nobody(shell)
        for ask in (input, shell.kernel.raw_input, shell.kernel.getpass):
            with pytest.raises(EOFError):
                ask("Who? ")


def test_it_is_told_before_code_asks_and_after_what_it_printed(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with relied_on("tell_before_asking", "IPythonKernel.raw_input and getpass"):
        done: list[str] = []
        for name in ("raw_input", "getpass"):
            monkeypatch.setattr(shell.kernel, name, lambda prompt: done.append(prompt) or "answer")
        monkeypatch.setattr(sys, "stdout", mock.Mock(flush=lambda: done.append("flushed")))
        jupyter_internals.tell_before_asking(shell, lambda: done.append("told"))
        for ask in (shell.kernel.raw_input, shell.kernel.getpass):
            assert ask("Who? ") == "answer"
        assert done == ["flushed", "told", "Who? "] * 2
        monkeypatch.setattr(sys, "stdout", None)  # whatever the code has put there
        assert shell.kernel.raw_input("Who? ") == "answer"
        assert done[-2:] == ["told", "Who? "]


def test_an_event_loop_is_said_to_run() -> None:
    with relied_on("set_running_loop", "asyncio._set_running_loop"):
        loop = asyncio.new_event_loop()
        jupyter_internals.set_running_loop(loop)
        try:
            assert asyncio.get_running_loop() is loop
        finally:
            jupyter_internals.set_running_loop(None)
            loop.close()


def listening() -> set[tuple[Any, ...]]:
    connections = psutil.Process().net_connections("inet")
    return {found.laddr for found in connections if found.status == psutil.CONN_LISTEN}


def test_the_modules_that_ipython_calls_touch_no_private_name_themselves() -> None:
    probe = Path(tui_torch.probe.__file__).parent
    for path in [probe / "__main__.py", *(probe / "ipython").glob("*.py")]:
        touched = {
            ast.unparse(node)
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Attribute)
            and node.attr.startswith("_")
            and not node.attr.endswith("__")
            and not ast.unparse(node).startswith("self._")
        }
        # Python documents both.
        assert touched <= {"os._exit", "sys._getframe"}, f"{path}: move what touches these to jupyter_internals.py"
