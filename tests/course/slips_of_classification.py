"""Slips in the answers to the lessons on classification: what is said of each, and where it changes the solution.

Those that the lessons know as mistakes, and of which a check names the kind. Where several name something, it is
joined by ` & `.
"""

from __future__ import annotations

SLIPS: dict[str, list[tuple[str, dict[str, str]]]] = {
    "scaling/standardise": [
        (
            "as the means of all columns together are one mean & as all columns are divided by one number",
            {"mean = train.mean(dim=0)": "mean = train.mean()", "std = train.std(dim=0)": "std = train.std()"},
        ),
        (
            "as they are scaled by their own mean and std",
            {
                "(other - mean) / std": "(other - other.mean(dim=0)) / other.std(dim=0)",
            },
        ),
        (
            "as test rows count in the mean",
            {
                "mean = train.mean(dim=0)\n    std = train.std(dim=0)": (
                    "both = torch.cat([train, other])\n    mean = both.mean(dim=0)\n    std = both.std(dim=0)"
                )
            },
        ),
        (
            "as the mean alone is divided: brackets come first & as nothing is divided",
            {"return (train - mean) / std, (other - mean) / std": "return train - mean / std, other - mean / std"},
        ),
        ("as the variance divides, and not its root", {".std": ".var"}),
        (
            "as no mean is taken away",
            {"return (train - mean) / std, (other - mean) / std": "return train / std, other / std"},
        ),
        (
            "as each row is scaled and not each column",
            {"return (train - mean) / std, (other - mean) / std": "return F.normalize(train), F.normalize(other)"},
        ),
    ],
    "scaling/judge-a-bottle": [
        ("as if it had never been trained", {"z_train": "x_train"}),
        ("a tensor and not its number, item()", {".item()": ""}),
        (
            "that of the raw columns",
            {"right = accuracy(model, z_test, y_test)": "right = accuracy(model, x_test, y_test)"},
        ),
        ("as after fewer or shorter steps", {"(200": "(20"}),
        ("as after fewer or shorter steps", {"=0.1": "=0.01"}),
    ],
    "scaling/fold-the-ruler": [
        ("as they are multiplied by std", {"weight / ": "weight * "}),
        ("as what the mean makes is added, not taken away", {"bias - ": "bias + "}),
        (
            "as the bias is that of model",
            {
                (
                    "shift = raw_model.weight @ mean\n    raw_model.bias.copy_(model.bias - shift)"
                ): "raw_model.bias.copy_(model.bias)"
            },
        ),
        ("as the mean meets weights that are not divided", {"= raw_model.weight": "= model.weight"}),
        ("those of model, as they are & as the bias is that of model", {"nn.Linear(13, 3)": "model"}),
        ("as the bias of model is left out", {"model.bias - ": "-"}),
        ("as the mean divides, and not the std", {"std)": "mean)"}),
    ],
    "softmax-regression/your-own-softmax": [
        (
            "as e ** 1000 is inf, and e ** -1000 is 0",
            {
                (
                    "top = scores.max(dim=1, keepdim=True).values\n    powers = (scores - top).exp()"
                ): "powers = scores.exp()"
            },
        ),
        ("as the largest score of all rows is taken from each", {"dim=1, keepdim=True).values": ")"}),
        ("as each column sums to 1, and not each row", {"max(dim=1, ": "max(dim=0, ", "sum(dim=1, ": "sum(dim=0, "}),
        (
            "as scores are divided and not their powers",
            {
                (
                    "top = scores.max(dim=1, keepdim=True).values\n"
                    "    powers = (scores - top).exp()\n"
                    "    return powers / powers.sum(dim=1, keepdim=True)"
                ): "return scores / scores.sum(dim=1, keepdim=True)"
            },
        ),
        (
            "as the largest power divides, and not the sum",
            {"sum(dim=1, keepdim=True)": "max(dim=1, keepdim=True).values"},
        ),
    ],
    "softmax-regression/your-own-cross-entropy": [
        (
            "as p is rounded to 0, and the logarithm of 0 is -inf",
            {
                "right = scores[torch.arange(len(y)), y]": "p = softmax(scores)",
                "return (scores.logsumexp(dim=1) - right).mean()": "return -p[torch.arange(len(y)), y].log().mean()",
            },
        ),
        ("the sum and not the mean", {"mean": "sum"}),
        (
            "as every row is held against the classes of all rows",
            {
                "right = scores[torch.arange(len(y)), y]": "right = scores[:, y]",
                "logsumexp(dim=1)": "logsumexp(dim=1, keepdim=True)",
            },
        ),
        ("with the sign turned round", {"scores.logsumexp(dim=1) - right": "right - scores.logsumexp(dim=1)"}),
        ("as if the highest score were the right one", {"[torch.arange(len(y)), y]": ".max(dim=1).values"}),
        ("the loss of each row, not their mean", {".mean()": ""}),
        ("as e ** 1000 is inf", {"logsumexp(dim=1": "exp().sum(dim=1).log("}),
        (
            "as something was added to p before the logarithm",
            {
                "scores[torch.arange(len(y)), y]": "torch.softmax(scores, dim=1)[torch.arange(len(y)), y]",
                "(scores.logsumexp(dim=1) - right).mean()": "-(right + 1e-8).log().mean()",
            },
        ),
    ],
    "softmax-regression/how-sure-is-it": [
        ("the scores and not their softmax", {"softmax(model(x_test)": "model(x_test"}),
        ("the places and not the probabilities", {"max(dim=1).values": "argmax(dim=1)"}),
        ("the highest of each column", {"dim=1": "dim=0"}),
        ("the probabilities below 0.6, and not the digits", {"(sure": "(p"}),
        ("a share and not a number", {".sum": ".float().mean"}),
        ("the place of the least sure answer", {" right": " sure"}),
        ("the probability and not the place", {"argmin": "min"}),
        ("the place of the likeliest", {"argmin": "argmax"}),
    ],
    "why-non-linear/two-are-one": [
        (
            "that of second alone: first's is passed on, too",
            {
                (
                    "passed_on = second.weight @ first.bias\n    one.bias.copy_(passed_on + second.bias)"
                ): "one.bias.copy_(second.bias)"
            },
        ),
        ("as the bias of second is left out", {" + second.bias": ""}),
    ],
    "why-non-linear/three-layers": [
        (
            "as no ReLU is in it",
            {
                "nn.Linear(2, 64), nn.ReLU(),": "nn.Linear(2, 64),",
                "nn.Linear(64, 64), nn.ReLU(),": "nn.Linear(64, 64),",
            },
        ),
        ("as a ReLU comes after the last layer", {"3))": "3), nn.ReLU())"}),
        ("as the second ReLU is missing", {"64, 64), nn.ReLU(),": "64, 64),"}),
        ("one hidden layer too few", {"    nn.Linear(64, 64), nn.ReLU(),\n": ""}),
        ("as the gradients pile up", {"    opt.zero_grad()\n": ""}),
        ("that of the training points", {"x_test, y_test": "x, y"}),
        ("before the ReLU, where nothing is exactly 0", {"torch.relu(model[0](x)": "model[0](x"}),
        ("a number of zeros and not their share", {"float().mean": "sum"}),
    ],
    "mlp-on-digits/as-deep-as-you-like": [
        ("as layers in a plain list are not found", {"nn.ModuleList()": "[]"}),
        ("as a ReLU comes after the last layer", {"self.layers[-1](xb": "torch.relu(self.layers[-1](xb)"}),
        ("as there is no ReLU in it", {"torch.relu(layer(xb)": "layer(xb"}),
    ],
    "mlp-on-digits/judge-it-well": [
        (
            "the mean of the batches, as if all were as large",
            {
                "right, rows = 0, 0": "shares = []",
                (
                    "answers = model(xb).argmax(dim=1)\n"
                    "            right += (answers == yb).sum().item()\n"
                    "            rows += len(yb)"
                ): ("right = model(xb).argmax(dim=1) == yb\n            shares.append(right.float().mean().item())"),
                "right / rows": "sum(shares) / len(shares)",
            },
        ),
        ("as it stays in eval()", {"    model.train(mode)\n": ""}),
        ("as train() is called in any case", {"(mode)": "()"}),
        ("divided by the number of batches", {"len(yb)": "1"}),
        (
            "the first batch alone",
            {"model.train(mode)": "        model.train(mode)", "return right / rows": "        return right / rows"},
        ),
        ("a tensor and not its number, item()", {".item()": ""}),
        ("a number of rows and not a share", {"right / rows": "float(right)"}),
    ],
    "mlp-on-digits/train-your-own": [
        ("as the rate is not the one that is given", {"lr=lr": "lr=0.005"}),
        (
            "one epoch alone & as the number of epochs is not the one that is given",
            {
                (
                    "for epoch in range(epochs):\n"
                    "        for xb, yb in batches:\n"
                    "            loss = F.cross_entropy(model(xb), yb)\n"
                    "            loss.backward()\n"
                    "            opt.step()\n"
                    "            opt.zero_grad()"
                ): (
                    "for xb, yb in batches:\n"
                    "        loss = F.cross_entropy(model(xb), yb)\n"
                    "        loss.backward()\n"
                    "        opt.step()\n"
                    "        opt.zero_grad()"
                )
            },
        ),
        ("that of the training digits", {"test_ds": "train_ds"}),
    ],
    "metrics/four-counts": [
        (
            "misses and false alarms the other way round",
            {
                "fp = (said & ~true).sum().item()": "fp = (~said & true).sum().item()",
                "fn = (~said & true).sum().item()": "fn = (said & ~true).sum().item()",
            },
        ),
        (
            "tensors and not their numbers, item()",
            {
                "tp = (said & true).sum().item()": "tp = (said & true).sum()",
                "fp = (said & ~true).sum().item()": "fp = (said & ~true).sum()",
                "fn = (~said & true).sum().item()": "fn = (~said & true).sum()",
                "tn = (~said & ~true).sum().item()": "tn = (~said & ~true).sum()",
            },
        ),
        (
            "shares of all digits",
            {
                "/ (tp + fp)": "/ (tp + fp + fn + tn)",
                "/ (tp + fn)": "/ (tp + fp + fn + tn)",
            },
        ),
        ("accuracy in the place of the first", {"tp / (tp + fp": "(tp + tn) / (tp + fp + fn + tn"}),
    ],
    "metrics/your-own-matrix": [
        ("with what was said in the rows", {"[label, answer": "[answer, label"}),
        (
            "as the last ones overwrite",
            {
                "    table = torch.zeros(k, k, dtype=torch.long)\n": "",
                "# The same place twice is two: one at a time.": (
                    "# The same place twice is two: one at a time.\n        table = torch.zeros(k, k, dtype=torch.long)"
                ),
            },
        ),
    ],
    "metrics/read-the-matrix": [
        (
            "shares of the columns: those are precisions & shares of the rows: those are recalls",
            {
                "recalls = table.diag() / table.sum(dim=1)": "recalls = table.diag() / table.sum(dim=0)",
                "precisions = table.diag() / table.sum(dim=0)": "precisions = table.diag() / table.sum(dim=1)",
            },
        ),
        ("the commonest right answer", {".fill_diagonal_(0)": ""}),
        ("what was said first, and not what it is", {"// 10, place %": "% 10, place //"}),
        ("one place in the flat table, and not a pair", {"(place // 10, place % 10)": "place"}),
        ("shares of all digits", {"dim=1": ""}),
        ("the shares of what was missed", {"recalls = table.diag(": "recalls = 1 - table.diag("}),
        ("shares of the rows: those are recalls", {"dim=0": "dim=1"}),
    ],
    "custom-dataset-and-module/words": [
        ("as these are the codes of the characters", {"- 96 ": ""}),
    ],
    "custom-dataset-and-module/of-different-lengths": [
        ("as the filling is at the front", {":len(word)": "-len(word):"}),
        (
            "as all are cut to the shortest",
            {
                "def pad(items):": "def pad(items):\n    short = min(len(word) for word, _ in items)",
                (
                    "rows = torch.zeros(\n"
                    "        len(items), lengths.max(), dtype=torch.int64)\n"
                    "    for row, (word, _) in zip(rows, items):\n"
                    "        row[:len(word)] = word"
                ): "rows = torch.stack([word[:short] for word, _ in items])",
            },
        ),
        (
            "as rows and columns are swapped",
            {
                "def pad(items):": (
                    "def pad(items):\n"
                    "    labels = torch.tensor([label for _, label in items])\n"
                    "    rows = nn.utils.rnn.pad_sequence([word for word, _ in items])"
                ),
                (
                    "    labels = torch.tensor([label for _, label in items])\n"
                    "    # 0 is no letter: the filling can be told.\n"
                    "    rows = torch.zeros(\n"
                    "        len(items), lengths.max(), dtype=torch.int64)\n"
                    "    for row, (word, _) in zip(rows, items):\n"
                    "        row[:len(word)] = word\n"
                ): "",
            },
        ),
    ],
    "custom-dataset-and-module/scaled": [
        (
            "as all columns have one mean and one spread",
            {
                (
                    "spread = x.std(dim=0)\n"
                    "        # A column that is always the same: divide by 1.\n"
                    "        spread[spread == 0] = 1\n"
                    '        self.register_buffer("mean", x.mean(dim=0))'
                ): 'spread = x.std()\n        self.register_buffer("mean", x.mean())'
            },
        ),
        (
            "as the batch is scaled by itself",
            {
                (
                    "        spread = x.std(dim=0)\n"
                    "        # A column that is always the same: divide by 1.\n"
                    "        spread[spread == 0] = 1\n"
                    '        self.register_buffer("mean", x.mean(dim=0))\n'
                    '        self.register_buffer("spread", spread)\n'
                ): "",
                "return self.model((xb - self.mean) / self.spread)": (
                    "spread = xb.std(dim=0)\n"
                    "        spread[spread == 0] = 1\n"
                    "        return self.model((xb - xb.mean(dim=0)) / spread)"
                ),
            },
        ),
    ],
    "a-model-that-does-not-learn/name-the-curve": [
        ("as a comparison with nan is False", {"not finite or ": ""}),
        ("as the last loss alone counts", {"sum(losses[-20:]) / len(losses[-20:])": "losses[-1]"}),
        ("as the logarithm is that to the base 10", {".log": ".log10"}),
        (
            "as the last ones alone are looked at",
            {"all(math.isfinite(loss) for loss in losses": "math.isfinite(losses[-1]"},
        ),
    ],
    "a-model-that-does-not-learn/four-faults": [
        (
            "as they are emptied before",
            {"loss.backward()": "loss.backward()\n        opt.zero_grad()", "        opt.zero_grad()\n\n": ""},
        ),
        (
            "as the model was made again after it",
            {
                "opt = torch.optim.SGD(params, lr=0.1, momentum=0.9)": (
                    "opt = torch.optim.SGD(params, lr=0.1, momentum=0.9)\n"
                    "model = nn.Sequential(\n"
                    "    nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))"
                )
            },
        ),
        ("as backward() is never called", {"        loss.backward()\n": ""}),
    ],
    "depth-and-initialisation/start-it-well": [
        ("as it follows the outputs", {".in_features": ".out_features"}),
        ("as the root is missing", {"math.sqrt(2 / part.in_features)": "2 / part.in_features"}),
        ("as there is a 1 in place of the 2", {"sqrt(2": "sqrt(1"}),
        (
            "as inputs and outputs are added",
            {
                (
                    "s = math.sqrt(2 / part.in_features)\n            nn.init.normal_(part.weight, std=s)"
                ): "nn.init.xavier_normal_(part.weight)"
            },
        ),
    ],
    "depth-and-initialisation/measure-it": [
        ("the mean of a gradient's sizes and not its norm", {"norm": "abs().mean"}),
        (
            "those of the weights and not of their gradients",
            {"grad.norm().item() for grad in grads": "w.norm().item() for w in weights"},
        ),
    ],
    "depth-and-initialisation/a-way-around": [
        ("as there is no way around", {"t + ": ""}),
        ("as the ReLU comes after the sum", {"t + self.layers[n + 1](bent": "torch.relu(t + self.layers[n + 1](bent)"}),
        ("as a second ReLU cuts off what is added", {"self.layers[n + 1](bent": "torch.relu(self.layers[n + 1](bent)"}),
        (
            "as the way leads around each layer alone",
            {
                (
                    "for n in range(0, len(self.layers), 2):\n"
                    "            bent = torch.relu(self.layers[n](t))\n"
                    "            t = t + self.layers[n + 1](bent)"
                ): "for layer in self.layers:\n            t = t + torch.relu(layer(t))"
            },
        ),
        (
            "as layers in a plain list are not found",
            {
                "self.layers = nn.ModuleList(": "self.layers = [",
                "nn.Linear(64, 64) for _ in range(2 * depth))": "nn.Linear(64, 64) for _ in range(2 * depth)]",
            },
        ),
        ("as one layer stands at each place", {"nn.Linear(64, 64) for _ in range": "[nn.Linear(64, 64)] * "}),
        (
            "as the first input is added each time",
            {"def forward(self, t):": "def forward(self, t):\n        first = t", "= t ": "= first "},
        ),
        ("as there is no ReLU", {"torch.relu(self.layers[n](t)": "self.layers[n](t"}),
    ],
    "learning-rate-finder/smooth-it": [
        ("as the mean begins at 0 and is not divided", {"+ loss": "+ 0.1 * loss", " / weights": ""}),
        (
            "as all weigh the same",
            {
                "total = 0.9 * total + loss": "total = total + loss",
                "weights = 0.9 * weights + 1": "weights = weights + 1",
            },
        ),
        (
            "as the first loss counts as if there had been many before",
            {
                "= weights = 0": "= losses[0]",
                (
                    "total = 0.9 * total + loss\n"
                    "        weights = 0.9 * weights + 1\n"
                    "        smoothed.append(total / weights)"
                ): "total = 0.9 * total + 0.1 * loss\n        smoothed.append(total)",
            },
        ),
        (
            "as the old ones weigh 0.1, 0.01, …",
            {
                "total = 0.9 * total + loss": "total = 0.1 * total + loss",
                "weights = 0.9 * weights + 1": "weights = 0.1 * weights + 1",
            },
        ),
        ("as the newest loss counts 0.9 and not 1", {"total + loss": "(total + loss)"}),
    ],
    "learning-rate-finder/find": [
        ("as the same is added each time", {"* (high / low) *": "+ (high - low) "}),
        ("as the last step is missing", {"(steps - 1)": "steps"}),
        ("as the model does not move", {"(tried.": "(model."}),
    ],
    "learning-rate-finder/suggest": [
        ("as the losses are not smoothed & that of the lucky batch", {"smooth(losses)": "losses"}),
        ("the rate at the lowest, undivided", {" / 5": ""}),
        ("the rate at a fifth of the index", {"] / 5": " // 5]"}),
        ("the rate of the highest loss", {"(min": "(max"}),
    ],
    "save-resume-reproduce/a-split-that-stays": [
        (
            "as the seed of all draws was set",
            {
                "g = torch.Generator().manual_seed(seed)": "torch.manual_seed(seed)",
                "rows = torch.randperm(n, generator=g)": "rows = torch.randperm(n)",
            },
        ),
        ("as -0 is 0, and everything is before it", {"n - held], rows[n - ": "-held], rows[-"}),
        ("as the parts are swapped", {"n - held], rows[n - ": "held], rows["}),
    ],
    "save-resume-reproduce/keep-the-best": [
        (
            "those of the end, as nothing was copied or loaded",
            {"copy.deepcopy(model.state_dict()": "model.state_dict("},
        ),
        ("those of the end, as nothing was copied or loaded", {"deepcopy": "copy"}),
        ("as an equal score takes over", {"now > ": "now >= "}),
        ("those of the end, as nothing was copied or loaded", {"    model.load_state_dict(kept)\n": ""}),
        ("those of the lowest score", {"= -": "= ", "now >": "now <"}),
    ],
    "save-resume-reproduce/your-checkpoint": [
        (
            "as the generator's state is missing",
            {
                '                "random": torch.get_rng_state(),\n': "",
                '    torch.set_rng_state(saved["random"])\n': "",
            },
        ),
        (
            "as the optimizer's state is missing",
            {'                "opt": opt.state_dict(),\n': "", '    opt.load_state_dict(saved["opt"])\n': ""},
        ),
        (
            "as each stays in the mode that it had",
            {'                "training": model.training,\n': "", '    model.train(saved["training"])\n': ""},
        ),
        (
            "as it is always in eval()",
            {
                "# Numbers alone, so that weights_only can stay on.": "model.eval()",
            },
        ),
    ],
}
