"""Behind an error is what it was raised from, and behind a loader's error what its worker raised: both are told."""

from __future__ import annotations

import pytest

from tests.unit.probe.errors.programs import explained, failed
from tui_torch.probe.errors.origins.worker_errors import worker_error
from tui_torch.protocol.events import Frame

LOAD = """\
def load(i):
    try:
        return torch.ones(2, 3) @ torch.ones(2, 3)
    except RuntimeError as error:
        raise ValueError(f'sample {i}') from error
load(3)
"""
LOOK_UP = """\
def load(d):
    try:
        return 1 / d['a']
    except ZeroDivisionError as error:
        raise ValueError('no such sample') from error
load({'a': 0})
"""
TWICE = """\
try:
    try:
        x = torch.ones(3)[3]
    except IndexError as error:
        raise LookupError('row') from error
except LookupError as error:
    raise ValueError('batch') from error
"""
IN_A_WORKER = """\
try:
            return torch.ones(3)[i + 3]
        except IndexError as error:
            raise ValueError('bad sample') from error"""


def test_the_cause_is_told_and_explained() -> None:
    explanation = explained(LOAD)
    meaning = explanation.meaning.replace("mm: ", "")  # PyTorch 2.15 names the operation
    assert meaning.startswith("Behind it is a RuntimeError in line 3: mat1 and mat2 shapes")
    assert "the inner sizes 3 and 2 must match" in explanation.meaning


def test_the_fix_of_a_cause_is_suggested() -> None:
    code = LOAD.replace("torch.ones(2, 3) @ torch.ones(2, 3)", "torch.ones(2).unsqueze(0)")
    explanation = explained(code.replace("RuntimeError", "AttributeError"))
    assert explanation.meaning.startswith("Behind it is an AttributeError in line 3")
    assert explanation.suggested_fix == "torch.ones(2).unsqueeze"


def test_what_was_handled_when_the_learner_raised_is_a_cause_too() -> None:
    meaning = explained(LOAD.replace(" from error", "")).meaning
    assert meaning.startswith("Behind it is a RuntimeError in line 3") and "inner sizes 3 and 2" in meaning


def test_a_cause_that_needs_no_explanation_is_told() -> None:
    explanation = explained(LOOK_UP)
    assert explanation.meaning == "Behind it is a ZeroDivisionError in line 3: division by zero."
    assert explanation.names == (("d['a']", "0"), ("d", "{'a': 0}"))


def test_the_first_of_several_causes_that_a_rule_knows_is_explained() -> None:
    meaning = explained(TWICE).meaning
    assert "IndexError in line 3" in meaning and "its indices are 0 to 2" in meaning


def test_nothing_is_told_of_a_cause_that_the_learner_has_hidden() -> None:
    assert failed(LOAD.replace("from error", "from None")).explanation is None


def test_an_error_that_a_rule_knows_is_explained_by_itself() -> None:
    code = "try:\n    torch.ones(3) + torch.ones(4)\nexcept RuntimeError:\n    print(yy.shape)\n"
    assert "`yy`" in explained(code).meaning and "Behind" not in explained(code).meaning


def test_an_error_while_another_was_handled_is_no_cause_of_pythons_own() -> None:
    assert failed("try:\n    1 / 0\nexcept ZeroDivisionError:\n    {}['a']\n").explanation is None


DATASET = """\
class Numbers(Dataset):
    def __len__(self):
        return 4
    def __getitem__(self, i):
        {body}
"""
LOADER = "for batch in DataLoader(Numbers(), batch_size=2, num_workers=1):\n    pass\n"


def with_workers(body: str) -> str:
    return DATASET.format(body=body) + LOADER


def test_the_workers_own_line_and_message_are_told() -> None:
    failure = failed(with_workers("return {'a': i}['b']"))
    assert (failure.error, failure.message) == ("KeyError", "'b'\n(in DataLoader worker process 0)")
    assert failure.frames == (
        Frame(6, "<module>", "for batch in DataLoader(Numbers(), batch_size=2, num_workers=1):"),
        Frame(5, "__getitem__", "return {'a': i}['b']"),
    )
    assert failure.explanation is not None
    assert failure.explanation.meaning.startswith("`__getitem__` raised this in line 5, `return {'a': i}['b']`, in a")


def test_the_workers_error_is_explained() -> None:
    failure = failed(with_workers("return torch.ones(2, 3) @ torch.ones(2, 3)"))
    assert failure.message.removeprefix("mm: ").startswith("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)\n")
    assert failure.explanation is not None and "the inner sizes 3 and 2 must match" in failure.explanation.meaning


def test_what_the_names_were_in_a_worker_is_not_guessed() -> None:
    code = "x = torch.ones(7, 7)\n" + with_workers("x = torch.ones(2, 3)\n        return x @ x")
    explanation = explained(code)
    assert "inner sizes 3 and 2" in explanation.meaning
    assert "[7, 7]" not in explanation.meaning and explanation.names == ()


def test_samples_that_a_worker_cannot_put_together_are_explained() -> None:
    code = "data = [torch.ones(2), torch.ones(3)]\nfor x in DataLoader(data, batch_size=2, num_workers=1):\n    pass\n"
    failure = failed(code)
    assert failure.message.startswith("stack expects each tensor to be equal size")
    assert failure.explanation is not None and "[2] at first, [3] in entry 1" in failure.explanation.meaning


def test_the_cause_within_a_worker_is_told() -> None:
    failure = failed(with_workers(IN_A_WORKER))
    assert (failure.error, failure.message.splitlines()[0]) == ("ValueError", "bad sample")
    assert failure.frames[-1].code == "raise ValueError('bad sample') from error"
    assert failure.explanation is not None
    assert failure.explanation.meaning.startswith("Behind it is IndexError in line 6: index 3 is out of bounds")


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Caught nothing",
        "Caught ValueError in DataLoader worker process 0.\n",
        'Caught E in DataLoader worker process 0.\n  File "a", line 1, in f\n',
    ],
)
def test_a_message_of_any_other_kind_is_of_no_worker(message: str) -> None:
    assert worker_error(message) is None


def test_a_traceback_with_code_and_marks_is_read_to_its_end() -> None:
    text = (
        "Caught OddError in DataLoader worker process 3.\nOriginal Traceback (most recent call last):\n"
        '  File "/lib/worker.py", line 2, in _loop\n    fetch()\n    ^^^^^^^\n'
        '  File "<your code>", line 5, in __getitem__\n    return a / b\n           ~~^~~\n'
        "package.errors.OddError: first line\nsecond line\n"
    )
    found = worker_error(text)
    assert found is not None
    assert (found.error, found.message, found.where) == (
        "OddError",
        "first line\nsecond line",
        "DataLoader worker process 3",
    )
    assert found.lines_in("<your code>") == [(5, "__getitem__")]
