"""Slips in the answers to the basic lessons: each a solution with a few places changed, and what is said of it."""

from __future__ import annotations

SLIPS: dict[str, list[tuple[str, dict[str, str]]]] = {
    "matrix-multiplication/what-the-shops-pay": [
        ("with a row for each supplier", {"orders @ prices.t()": "torch.mm(prices, orders.T)"}),
        ("from one supplier alone", {"orders @ prices.t()": "torch.mv(orders, prices[0])"}),
        ("not added up", {"orders @ prices.t()": "torch.mul(orders, prices[1])"}),
        ("reshaped and not turned", {"orders @ prices.t()": "torch.matmul(orders, prices.view(4, -1))"}),
        ("already added up", {"orders[0] * prices[1]": "(orders[0] * prices[1]).sum()"}),
        ("shop 1 at supplier 0; counting", {"orders[0] * prices[1]": "prices[0] * orders[1]"}),
        ("shop 0 at supplier 0", {"orders[0] @ prices[1]": "torch.dot(prices[0], orders[0])"}),
        ("the mean of the four", {"orders[0] @ prices[1]": "parts.mean()"}),
        ("a dimension around it", {"orders[0] @ prices[1]": "orders[:1] @ prices[1]"}),
    ],
    "matrix-multiplication/apples-and-oranges": [
        (
            "as weights came first",
            {"weather @ weights.t() + base\n# (3,)": "(weights @ weather.T).add(base[:, None])\n#"},
        ),
        ("yields is [[26.0, 35.0], [44.0, 66.0]", {"weather @ weights.t() + base\n# (3,)": "weather.mm(weights.T)\n#"}),
        (
            "the base of the apples for both",
            {"weather @ weights.t() + base\n# (3,)": "weather @ weights.T + base[0]\n#"},
        ),
        ("the row weather[1]", {"weather[2] @ weights.t()": "weights @ weather[1]"}),
        ("a slice keeps its dimension", {"weather[2] @ weights.t()": "weather[2:3] @ weights.T"}),
        ("row 0 of weights is the apples'", {"weights[0] + base[0]": "weights[1] + base[1]"}),
        ("with base[1]", {"weather @ weights[0] + base[0]": "torch.mv(weather, weights[0]) + base[-1]"}),
        ("both fruits of region 0", {"weather @ weights[0] + base[0]": "yields[0]"}),
    ],
    "matrix-multiplication/two-layers": [
        ("without b1", {"rows @ w1.t() + b1": "rows.mm(w1.T)"}),
        ("w1 was reshaped", {"rows @ w1.t() + b1": "rows @ w1.view(4, 3) + b1"}),
        ("without b2", {"hidden @ w2.t() + b2": "hidden @ w2.T"}),
        ("no dimension for its one row", {"hidden @ w2.t() + b2": "hidden @ w2[0] + b2"}),
        ("already turned", {"w2 @ w1": "w1.T @ w2.T"}),
        ("a row without its table", {"w2 @ w1": "w2[0] @ w1"}),
    ],
    "gradients/a-square": [
        ("in the place of w²", {"w ** 2 * x + b": "b + x * (w + w)"}),
        ("in the place of w²", {"w ** 2 * x + b": "w * x ** 2 + b"}),
        ("without b", {"w ** 2 * x + b": "w.square() * x"}),
        ("w · x was squared", {"w ** 2 * x + b": "torch.pow(w * x, 2) + b"}),
        ("x is tracked too", {"torch.tensor(2.0)": "torch.tensor(2.0).requires_grad_()"}),
        ("b is not tracked", {"torch.tensor(1.0, requires_grad=True)": "torch.tensor(1.0)"}),
        ("two calls of backward() add up", {"y.backward()": "for _ in range(2):\n    y.backward(retain_graph=True)"}),
        ("backward() was not called", {"y.backward()": "loss = y"}),
    ],
    "gradients/slopes-at-three-points": [
        (
            "nothing resets in between",
            {"    # Read first, then empty it for the next round.\n    w.grad = None": "w.grad = None"},
        ),
        (
            "not emptied after it",
            {
                "    # Read first, then empty it for the next round.\n    w.grad = None": "",
                "    y = w": "    w.grad = None\n    y = w",
            },
        ),
        ("which zero_() leaves", {"w.grad = None": "w.grad *= 0"}),
        ("item()", {"w.grad.item()": "w.grad.clone()"}),
        ("values of y", {"w.grad.item()": "y.item()"}),
        (
            "as w.grad was read after",
            {
                "    slopes.append(w.grad.item())": "    grad = w.grad",
                "w.grad = None": "w.grad = None\n    slopes.append(w.grad)",
            },
        ),
        (
            "one round alone",
            {
                "    slopes.append(w.grad.item())": "    slope = w.grad.item()",
                "w.grad = None": "w.grad = None\nslopes.append(slope)",
            },
        ),
    ],
    "gradients/twenty-steps": [
        ("the sum of the squares", {".mean()": ".sum()"}),
        ("the square of the mean error", {"((w * x - target) ** 2).mean()": "(w * x - target).mean().square()"}),
        ("of the example before", {"target = 3 * x": "target = torch.tensor([2.0, 4.0, 6.0])"}),
        ("as w never moves", {"w -= 0.05 * w.grad": "moved = w - 0.05 * w.grad"}),
        ("points uphill", {"w -= 0.05 * w.grad": "w.add_(0.05 * w.grad)"}),
        ("the rate 0.01", {"0.05": "0.01"}),
        ("loss.item()", {"losses.append(loss.item())": "losses += [loss.detach()]"}),
        ("one round too few", {"range(20)": "range(1, 20)"}),
        ("as the gradients of all rounds", {"    w.grad = None": "    y = w"}),
    ],
    "tensor-creation/number-types": [
        ("said is ([1.0, 2.0, 3.0], torch.float64), float64", {"dtype=torch.float32": "dtype=float"}),
        ("no dtype is said", {"torch.tensor([1, 2, 3], dtype=torch.float32)": "torch.arange(1, 4)"}),
        ("the end is left out", {"torch.tensor([1, 2, 3], dtype": "torch.arange(1, 3, dtype"}),
        ("gives a new tensor to keep", {"converted = counts.float()": "counts.to(torch.float32)\nconverted = counts"}),
        ("converted is ([1.0, 2.0, 3.0], torch.float64), float64", {"counts.float()": "counts.double()"}),
        (
            "the name counts was given",
            {"converted = counts.float()": "counts = counts.to(said.dtype)\nconverted = counts"},
        ),
    ],
    "tensor-creation/the-same-draw-twice": [
        ("by rand and not randn", {"start = torch.randn(3, 2)": "start = torch.rand(3, 2)"}),
        ("rows come first", {"start = torch.randn(3, 2)": "start = torch.randn(2, 3)"}),
        ("start once more", {"noise = torch": "torch.manual_seed(7)\nnoise = torch"}),
        ("the third draw, as 7 was not", {"torch.manual_seed(7)\nrepeat": "repeat"}),
        ("as it was copied", {"torch.randn(3, 2)\n# linspace": "torch.tensor(start.tolist())\n#"}),
        ("second name for start", {"torch.randn(3, 2)\n# linspace": "start.view(3, 2)\n#"}),
        ("leaves its end out", {"torch.linspace(-1, 1, 5)": "torch.arange(-2, 2) / 2"}),
        ("4 numbers with 3 gaps", {"torch.linspace(-1, 1, 5)": "torch.linspace(-1, 1, steps=4)"}),
    ],
    "tensor-creation/weather-station": [
        (
            "a row for each measurement",
            {"[[22, 3, 60],\n                        [25, 0, 48]]": "[[22, 25], [3, 0], [60, 48]]"},
        ),
        ("in one row", {"[[22, 3, 60],\n                        [25, 0, 48]]": "[22, 3, 60, 25, 0, 48]"}),
        ("numbers are whole", {", dtype=torch.float32": ""}),
        ("two days swapped", {"[[22, 3, 60],\n                        [25, 0, 48]]": "[[25, 0, 48], [22, 3, 60]]"}),
        ("for each input", {"torch.zeros(2)": "torch.zeros(weather.shape[1])"}),
        ("a whole table", {"torch.zeros(2)": "torch.zeros_like(weather)"}),
        ("a table of one row", {"torch.zeros(2)": "torch.zeros(1, 2)"}),
        ("not floats", {"torch.zeros(2)": "torch.zeros(2, dtype=torch.long)"}),
        ("without 18", {"torch.arange(0, 24, 6)": "torch.tensor(list(range(0, 18, 6)))"}),
        ("one too many", {"torch.arange(0, 24, 6)": "torch.arange(0, 25, 6)"}),
        ("one step too late", {"torch.arange(0, 24, 6)": "6 * torch.arange(1, 5)"}),
        ("numbers of torch.float32", {"torch.arange(0, 24, 6)": "torch.linspace(0, 18, 4)"}),
        ("numbers of <class 'list'>", {"torch.arange(0, 24, 6)": "list(range(0, 24, 6))"}),
    ],
}
