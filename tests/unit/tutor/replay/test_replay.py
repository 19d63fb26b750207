"""A replay: the namespace at each position, by going and by jumping; changes of names; passes of loops."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_torch.protocol.events import Output, Position, Summary, Trace
from tui_torch.protocol.trace_chunks import TraceChunk, join, split
from tui_torch.tutor.replay.loop_passes import Loops
from tui_torch.tutor.replay.replay import KEYFRAME, Replay

NAMES = ("a", "b", "c", "loss")


def value(name: str, text: str, change: str = "new", gradient: str | None = None) -> Summary:
    filled = None if gradient is None else Summary(f"{name}.grad", "tensor", "Tensor", text=gradient)
    return Summary(name, "tensor", "Tensor", text=text, gradient=filled, change=change)  # type: ignore[arg-type]


def position(
    line: int, *summaries: Summary, printed: int = 0, note: str | None = None, pinned: tuple[Summary, ...] = ()
) -> Position:
    return Position(line, "<module>", 0, 0, "line", summaries, printed, note, pinned=pinned)


def trace_of(positions: Sequence[Position], source: str = "", output: tuple[Output, ...] = ()) -> Trace:
    return Trace(tuple(positions), source, output, None)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Runs in which names come, change and go: at each position none, one or two of them, as the bits of a byte say."""
    there: set[str] = set()
    positions: list[Position] = []
    length = draw(st.integers(1, 2 * KEYFRAME + 5))
    for line, bits in enumerate(draw(st.binary(min_size=length, max_size=length)), 1):
        summaries: list[Summary] = []
        first, second = (NAMES[bits & 3], bits & 4), (NAMES[bits >> 3 & 3], bits & 32)
        for name, goes in dict([first, second][: (bits >> 6) % 3]).items():
            if name in there and goes:
                there.discard(name)
                summaries.append(value(name, "", "gone"))
            else:
                summaries.append(value(name, str(line), "changed" if name in there else "new"))
                there.add(name)
        positions.append(position(line, *summaries))
    return trace_of(positions)


def names(replay: Replay) -> dict[str, str]:
    shown = replay.moment.inspection.variables
    return {summary.name: summary.text for summary in shown if summary.change != "gone"}


@settings(max_examples=40, deadline=None)
@given(trace=traces(), moves=st.lists(st.integers(-200, 200), max_size=8))
def test_a_namespace_is_the_same_however_one_came_to_it(trace: Trace, moves: list[int]) -> None:
    expected: list[dict[str, str]] = []
    there: dict[str, str] = {}
    for step in trace.positions:
        for summary in step.summaries:
            there.pop(summary.name, None)
            if summary.change != "gone":
                there[summary.name] = summary.text
        expected.append(dict(there))
    replay = Replay(trace)

    walked = [names(replay)]
    for _ in range(len(replay) - 1):
        replay.forward()
        walked.append(names(replay))
    assert walked == expected
    for move in moves:
        replay.forward(move)
        assert names(replay) == expected[replay.index]


@settings(max_examples=40, deadline=None)
@given(trace=traces(), name=st.sampled_from((*NAMES, None)), start=st.integers(0, 200))
def test_the_next_change_is_the_first_one_after_or_the_first_of_all(trace: Trace, name: str | None, start: int) -> None:
    where = [
        index for index, step in enumerate(trace.positions) if (step.changed if name is None else name in step.changed)
    ]
    replay = Replay(trace)
    replay.go(start)
    before = replay.index

    moment = replay.next_change(name)

    if not where:
        assert (moment, replay.index) == (None, before)
    else:
        assert replay.index == next((index for index in where if index > before), where[0])
        replay.go(before)
        replay.previous_change(name)
        assert replay.index == next((index for index in reversed(where) if index < before), where[-1])


@settings(max_examples=40, deadline=None)
@given(trace=traces())
def test_a_trace_arrives_as_it_was_sent_in_any_order(trace: Trace) -> None:
    assert join(reversed(split(trace))) == trace


def test_a_trace_that_arrives_in_part_is_refused() -> None:
    first = TraceChunk(0, 2, "abc")

    with pytest.raises(ValueError, match="incomplete"):
        join([first])


def test_a_trace_that_arrives_damaged_is_refused() -> None:
    (chunk,) = split(trace_of([position(1)]))

    with pytest.raises(ValueError, match="damaged"):
        join([TraceChunk(0, 1, chunk.text[:-8])])


def test_a_recording_without_a_position_cannot_be_replayed() -> None:
    with pytest.raises(ValueError, match="no line of the code ran"):
        Replay(trace_of([]))


def test_past_either_end_the_cursor_stops_there() -> None:
    replay = Replay(trace_of([position(1), position(2), position(3)]))

    assert (replay.back(5).index, replay.forward(99).index, replay.moment.is_end) == (0, 2, True)


def test_what_a_line_did_is_shown_at_the_next_position_only() -> None:
    replay = Replay(
        trace_of([position(1), position(2, value("a", "1")), position(3, value("a", "", "gone")), position(4)])
    )

    def seen() -> list[tuple[str, str]]:
        return [(summary.name, summary.change) for summary in replay.moment.inspection.variables]

    assert [seen(), replay.forward() and seen(), replay.forward() and seen(), replay.forward() and seen()] == [
        [],
        [("a", "new")],
        [("a", "gone")],
        [],
    ]


def test_what_the_code_has_cleared_away_is_gone_once_it_prints_more() -> None:
    output = (Output("one\ntwo\n"), Output("oh\n", "stderr"), Output("three\n"))
    printed = [position(at + 1, printed=length) for at, length in enumerate([4, 6, 8, 9, 11, 17, 20])]
    replay = Replay(Trace(tuple(printed), "", output, None, clears=(4, 8)))
    shown = ["".join(piece.text for piece in replay.at(at).output) for at in range(len(replay))]
    assert shown == ["one\n", "tw", "two\n", "o", "oh\n", "oh\nthree\n", "oh\nthree\n"]
    assert [replay.at(at).output_cut for at in range(len(replay))] == [0, 0, 0, 0, 0, 0, 3]


def test_the_output_is_what_had_been_printed_by_then() -> None:
    output = (Output("one\n"), Output("oh\n", "stderr"), Output("two\n"))
    replay = Replay(
        trace_of([position(1), position(2, printed=5), position(3, printed=11), position(4, printed=20)], "", output)
    )

    assert replay.at(0).output == ()
    assert replay.at(1).output == (Output("one\n"), Output("o", "stderr"))
    assert (replay.at(2).output, replay.at(2).output_cut) == (output, 0)
    assert (replay.at(3).output, replay.at(3).output_cut) == (output, 9)


def test_pinned_expressions_are_shown_as_they_were() -> None:
    steps = [
        position(1),
        position(2, value("w", "4."), pinned=(value("w.grad", "None"),)),
        position(3, pinned=(value("w.grad", "3.", "changed"),)),
        position(4),
        position(5, value("w", "", "gone"), pinned=(value("w.grad", "", "gone"),)),
    ]
    replay = Replay(trace_of(steps), ("w.grad", "w", "w.shape"))

    def pinned(index: int) -> list[tuple[str, str, str]]:
        return [(pin.name, pin.text, pin.change) for pin in replay.at(index).inspection.pinned]

    assert [pinned(index) for index in range(5)] == [
        [],
        [("w.grad", "None", "new"), ("w", "4.", "new")],
        [("w.grad", "3.", "changed"), ("w", "4.", "same")],
        [("w.grad", "3.", "same"), ("w", "4.", "same")],
        [],
    ]


def test_the_next_change_of_a_pinned_expression_is_found() -> None:
    steps = [position(1, value("model", "")), position(2, value("a", "1")), *(position(3) for _ in range(2 * KEYFRAME))]
    steps.append(position(4, value("model", "", "changed"), pinned=(value("model.weight", "5.", "changed"),)))
    replay = Replay(trace_of(steps), ("model.weight",))

    moment = replay.next_change("model.weight")
    assert moment is not None
    assert (moment.index, [pin.text for pin in moment.inspection.pinned]) == (len(steps) - 1, ["5."])


# Loops


def run(source: str) -> Trace:
    """The lines that Python really goes through, without values."""
    positions: list[Position] = []
    calls: dict[int, int] = {}

    def depth(frame: FrameType) -> int:
        count, outer = 0, frame.f_back
        while outer is not None:
            count += outer.f_code.co_filename == "<code>"
            outer = outer.f_back
        return count

    def record(frame: FrameType, event: str, _: object) -> object:
        if frame.f_code.co_filename != "<code>":
            return None
        name = frame.f_code.co_qualname
        if event == "call" and name != "<module>":
            calls[id(frame)] = len(calls) + 1
        if event == "line":
            call = 0 if name == "<module>" else calls[id(frame)]
            positions.append(Position(frame.f_lineno, name, depth(frame), call, "line", (), 0))
        return record

    before = sys.gettrace()
    sys.settrace(record)
    try:
        exec(compile(source, "<code>", "exec"), {})
    finally:
        sys.settrace(before)
    return trace_of([*positions, Position(positions[-1].line, "<module>", 0, 0, "return", (), 0)], source)


def passes(source: str) -> list[tuple[int, list[tuple[int, int, int]]]]:
    """Of each position: its line; the line, the pass and the count of passes of each loop around it."""
    trace = run(source)
    loops = Loops(trace)
    return [
        (step.line, [(loop.line, loop.number, loop.count) for loop in loops.around(index)])
        for index, step in enumerate(trace.positions)
    ]


def test_a_loop_counts_its_passes_and_is_left() -> None:
    assert passes("for i in range(2):\n    a = i\n    b = i\nc = 0\n") == [
        (1, [(1, 0, 2)]),
        (2, [(1, 1, 2)]),
        (3, [(1, 1, 2)]),
        (1, [(1, 1, 2)]),
        (2, [(1, 2, 2)]),
        (3, [(1, 2, 2)]),
        (1, [(1, 2, 2)]),
        (4, []),
        (4, []),
    ]


def test_a_loop_within_a_loop_counts_again_each_time() -> None:
    seen = [
        around for line, around in passes("for i in range(2):\n    for j in range(3):\n        a = j\n") if line == 3
    ]

    assert seen == [[(1, i, 2), (2, j, 3)] for i in (1, 2) for j in (1, 2, 3)]


AGAIN_AND_AGAIN = """while True:
    a = max(
        1,
        2,
    )
    b = globals().get("b", 0) + 1
    if b == 3:
        break
"""


@pytest.mark.parametrize(
    ("source", "line", "count"),
    [
        ("n = 0\nwhile n < 3:\n    n += 1\n", 2, 3),
        ("n = 0\nwhile True:\n    n += 1\n    if n == 3:\n        break\n", 2, 3),
        ("for i in range(3): a = i\n", 1, 3),
        ("for i in range(3):\n    'said'\n    a = i\n", 1, 3),
        ("for i in range(\n    3\n):\n    a = i\n", 1, 3),
        ("for i in range(3):\n    if i == 1:\n        continue\n    a = i\n", 1, 3),
        ("for i in range(9):\n    if i == 2:\n        break\n    a = i\n", 1, 3),
        ("for i in range(3):\n    def f():\n        return 0\n", 1, 3),
        ("for i in range(3):\n    a = max(\n        i,\n        2,\n    )\n", 1, 3),
        (AGAIN_AND_AGAIN, 1, 3),
        ("for i in range(3):\n    pass\nelse:\n    a = 1\n    b = 2\n", 1, 3),
        ("for i in range(0):\n    a = i\n", 1, 0),
    ],
)
def test_every_kind_of_loop_is_counted(source: str, line: int, count: int) -> None:
    found = {(loop[0], loop[2]) for _, around in passes(source) for loop in around}

    assert found == {(line, count)}


def test_a_function_called_in_a_loop_stands_in_it() -> None:
    seen = [around for line, around in passes("def f():\n    a = 1\nfor i in range(2):\n    f()\n") if line == 2]

    assert seen == [[(3, 1, 2)], [(3, 2, 2)]]


def test_a_function_defined_in_a_loop_and_called_after_it_does_not() -> None:
    source = "for i in range(2):\n    def f():\n        a = 1\nf()\n"

    assert not any(around for line, around in passes(source) if line == 3)


def test_each_call_has_its_own_passes() -> None:
    source = "def f(n):\n    for k in range(n):\n        a = k\nf(1)\nf(2)\n"

    assert [around for line, around in passes(source) if line == 3] == [[(2, 1, 1)], [(2, 1, 2)], [(2, 2, 2)]]


def test_code_that_python_alone_cannot_read_has_no_loops() -> None:
    loops = Loops(trace_of([position(1)], "%timeit x\nfor"))

    assert loops.around(0) == ()


NESTED = "a = 0\nfor i in range(3):\n    for j in range(4):\n        a += 1\n    b = a\nc = 1\n"


def stands(replay: Replay) -> tuple[int, list[int]]:
    moment = replay.moment
    return moment.position.line, [loop.number for loop in moment.loops]


def test_a_pass_is_reached_by_its_number() -> None:
    replay = Replay(run(NESTED))

    replay.to_pass(2)
    assert stands(replay) == (3, [2, 0])
    replay.to_pass(4)
    assert stands(replay) == (4, [2, 4])
    replay.to_pass(3, outermost=True)
    assert stands(replay) == (3, [3, 0])
    assert replay.to_pass(9) is None
    assert stands(replay) == (3, [3, 0])


def test_the_next_pass_of_a_loop_goes_on_into_the_next_time_it_is_run() -> None:
    replay = Replay(run(NESTED))
    replay.to_pass(1)
    replay.to_pass(4)

    replay.next_pass()
    assert stands(replay) == (4, [2, 1])
    replay.previous_pass()
    assert stands(replay) == (4, [1, 4])
    replay.next_pass(outermost=True)
    assert stands(replay) == (3, [2, 0])


def test_outside_of_a_loop_the_next_pass_is_that_of_the_next_loop() -> None:
    replay = Replay(run(NESTED))

    assert stands(replay) == (1, [])
    replay.next_pass()
    assert stands(replay) == (3, [1, 0])
    replay.go(10_000)
    replay.previous_pass()
    assert stands(replay) == (4, [3, 4])
    replay.go(10_000)
    assert replay.next_pass() is None
