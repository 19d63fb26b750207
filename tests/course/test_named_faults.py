"""A fault that no known mistake spells out is named by the check that it fails, however it is written."""

from __future__ import annotations

import pytest

from tests.courses import course_in
from tui_torch.course.lesson import Exercise
from tui_torch.course.proof.play import attempt
from tui_torch.kernel.session import KernelSession
from tui_torch.tutor.known_mistakes import recognise

COURSE = course_in()

FAULTS = [
    pytest.param(
        "matrix-multiplication",
        "two-layers",
        """
rows = torch.arange(20.0).view(5, 4)
w1 = torch.tensor([[1.0, 0.0, 2.0, 0.0],
                   [0.0, 1.0, 0.0, 3.0],
                   [1.0, 1.0, 1.0, 1.0]])
b1 = torch.tensor([1.0, 2.0, 3.0])
w2 = torch.tensor([[1.0, 2.0, 10.0]])
b2 = torch.tensor([5.0])
both = torch.matmul(w2, w1)
hidden = torch.matmul(rows, w1.T) + b1
out = torch.matmul(rows, both.T) + b2
""",
        "out holds the right numbers",
        "what comes without b1",
        id="matrix-multiplication/two-layers",
    ),
    pytest.param(
        "gradients",
        "twenty-steps",
        """
target = 3 * x
w = torch.tensor(0.0, requires_grad=True)
losses = []
lr = 0.05
for _ in range(20):
    error = w * x - target
    loss = error.pow(2).mean()
    loss.backward()
    losses.append(loss.item())
    with torch.no_grad():
        w -= lr * w.grad
w.grad.zero_()
""",
        "the loss falls in every step",
        "as the gradients of all rounds add up",
        id="gradients/twenty-steps",
    ),
    pytest.param(
        "shapes-and-views",
        "cut-the-table",
        """
regions = torch.tensor([[73.0, 67.0, 43.0, 56.0, 70.0],
                        [91.0, 88.0, 64.0, 81.0, 101.0],
                        [87.0, 134.0, 58.0, 119.0, 133.0],
                        [102.0, 43.0, 37.0, 22.0, 37.0]])
inputs, targets = regions.split([3, 2], dim=1)
rainfall = inputs[:, 1]
newest = regions[3][:3]
""",
        "newest is a table of one row",
        "no dimension for the rows",
        id="shapes-and-views/cut-the-table",
    ),
    pytest.param(
        "fit-a-line",
        "from-nothing",
        """
def fit_line(x, y, lr, steps):
    rows = x.unsqueeze(1)
    line = nn.Linear(1, 1)
    loss_fn = nn.MSELoss()
    opt = torch.optim.SGD(line.parameters(), lr=lr)
    for _ in range(steps):
        opt.zero_grad()
        loss_fn(line(rows), y).backward()
        opt.step()
    return line.weight.item(), line.bias.item()
""",
        "it finds 3x - 2",
        "a level line at the mean of y",
        id="fit-a-line/from-nothing",
    ),
    pytest.param(
        "fit-a-line",
        "read-the-line",
        """
with torch.no_grad():
    growth = model.weight.item()
    at_ten = model(torch.tensor([[10.0]])).item()
    gaps = (y - model(x))[:, 0]
    worst = gaps.argmax().item()
""",
        "above and below count alike",
        "the farthest point above it",
        id="fit-a-line/read-the-line",
    ),
    pytest.param(
        "linear-regression",
        "rows-it-never-saw",
        """
region = torch.tensor([[75.0, 80.0, 50.0]])
train_ds, test_ds = random_split(dataset, [12, 3])
loader = DataLoader(train_ds, 5, shuffle=True)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-5)
model = nn.Linear(3, 2)
fit(100, model, nn.MSELoss(), optimizer, loader)
test_loss = evaluate(model, F.mse_loss, DataLoader(test_ds, 3))
with torch.no_grad():
    forecast = model(region)
""",
        "the model has learned",
        "holds another model's parameters",
        id="linear-regression/rows-it-never-saw",
    ),
    pytest.param(
        "nn-linear",
        "count-them",
        """
def count(model):
    return sum(p.numel() for p in [model.weight, model.bias])

def shapes(model):
    result = {}
    result["weight"] = tuple(model.weight.shape)
    result["bias"] = tuple(model.bias.shape)
    return result
""",
        "shapes works without a bias",
        "where bias is None",
        id="nn-linear/count-them",
    ),
    pytest.param(
        "regression-by-hand",
        "a-hundred-steps",
        """
w = torch.zeros(2, 3, requires_grad=True)
b = torch.zeros(2, requires_grad=True)
losses = []

for step in range(100):
    loss = mse(model(inputs), targets)
    losses.append(loss.item())
    loss.backward()
    with torch.no_grad():
        w -= 1e-5 * w.grad
        b -= 1e-5 * b.grad
    w.grad = None
    b.grad = None

final = losses[99]
""",
        "final is the loss of the last weights",
        "from before the last update",
        id="regression-by-hand/a-hundred-steps",
    ),
    pytest.param(
        "regression-by-hand",
        "your-own-loss",
        """
def mse(preds, targets):
    diff = preds - targets
    return torch.sum(diff * diff) / targets.size(0)

guess_loss = mse(model(inputs), targets)
""",
        "any shape will do",
        "the sum divided by the 4 rows",
        id="regression-by-hand/your-own-loss",
    ),
]


@pytest.mark.parametrize(("lesson_id", "step_id", "code", "check", "says"), FAULTS)
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.xdist_group("course")
async def test_the_check_that_fails_names_the_fault(
    kernel: KernelSession, lesson_id: str, step_id: str, code: str, check: str, says: str
) -> None:
    lesson = next(one for one in COURSE.lessons if one.id == lesson_id)
    step = next(one for one in lesson.steps if one.id == step_id)
    assert isinstance(step, Exercise)
    graded = (await attempt(kernel, lesson, step, code)).graded
    assert graded is not None
    # One that is recognised is told in other words, and would prove nothing here.
    assert recognise(step, code, graded) is None
    assert says in next(result.message for result in graded.checks if result.name == check and not result.passed)
