"""What looks like a cause in another line is named only where it can be the cause."""

from __future__ import annotations

import pytest

from tests.unit.probe.errors.programs import explained, failed

UNRELATED = {
    "a comma that makes a shape": ("shape = 3,\ny = torch.zeros(shape) @ torch.ones(4)\n", "comma"),
    "a squeeze of another tensor": (
        "x = torch.randn(1, 4)\nflat = x.squeeze()\ny = torch.randn(4)\ny.softmax(1)\n",
        "squeeze",
    ),
    "a number under a method's name that nothing calls": (
        "class T:\n    def step(self):\n        pass\n    def run(self, x):\n        self.step = 0\n"
        "        return x @ torch.ones(5)\nT().run(torch.ones(2, 3))\n",
        "hides",
    ),
    "a function that no sample runs": (
        "def report(losses):\n    if not losses:\n        return 'none'\n    print(losses)\n"
        "class D(Dataset):\n    def __len__(self):\n        return 2\n    def __getitem__(self, i):\n"
        "        return torch.ones(2), None\nfor x, y in DataLoader(D(), batch_size=2):\n    report(x)\n",
        "`report`",
    ),
    "a local name of a worker's that the module has, too": (
        "x = torch.ones(3, 4)\nclass D(Dataset):\n    def __init__(self):\n        self.w = torch.ones(7, 2)\n"
        "    def __len__(self):\n        return 2\n    def __getitem__(self, i):\n        x = torch.ones(2, 5)\n"
        "        return x @ self.w\nfor b in DataLoader(D(), batch_size=2, num_workers=1):\n    pass\n",
        "[3, 4]",
    ),
    "counts with as many as there are": (
        "y = torch.arange(5)\nw = torch.bincount(y, minlength=5).float()\n"
        "F.cross_entropy(torch.randn(5, 7), y, weight=w)\n",
        "minlength` says",
    ),
}


@pytest.mark.parametrize(("code", "wrong"), UNRELATED.values(), ids=UNRELATED.keys())
def test_a_line_that_has_nothing_to_do_with_an_error_is_not_blamed(code: str, wrong: str) -> None:
    assert wrong not in explained(code).meaning


def test_a_worker_that_fails_before_it_makes_a_batch_names_none() -> None:
    code = (
        "def init(worker_id):\n    raise ValueError('no seed')\n"
        "for x in DataLoader([1, 2, 3], num_workers=1, worker_init_fn=init):\n    pass\n"
    )
    meaning = explained(code).meaning
    assert meaning.startswith("`init` raised this in line 2") and "It was" not in meaning


@pytest.mark.parametrize("workers", [0, 1])
def test_a_batch_that_is_drawn_at_random_is_named_by_its_number_alone(workers: int) -> None:
    code = (
        "loader = DataLoader([torch.ones(2), torch.ones(3)], batch_size=2, shuffle=True, "
        f"num_workers={workers})\nfor x in loader:\n    pass\n"
    )
    assert explained(code).meaning.endswith("It was batch 0, counted from 0.")


def test_text_that_is_no_number_is_left_to_itself_outside_of_a_loader() -> None:
    assert failed("float('three')\n").explanation is None
