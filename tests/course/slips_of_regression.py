"""Slips in the answers to the other lessons: what is said of each, and the places in the solution that it changes.

Where several checks name something, it is joined by ` & `.
"""

from __future__ import annotations

SLIPS: dict[str, list[tuple[str, dict[str, str]]]] = {
    "optimizers/five-moves": [
        (
            "those of another layer & step() never finds a gradient & step() moved a weight: False",
            {"model.parameters()": "nn.Linear(1, 1).parameters()"},
        ),
        ("so the other never moves", {"model.parameters()": "[model.weight]"}),
        ("tensors and not their numbers", {"loss.item()": "loss.detach()"}),
        (
            "one round alone",
            {
                "    losses.append(loss.item())\n": "",
                "    opt.zero_grad()": "    opt.zero_grad()\nlosses.append(loss.item())",
            },
        ),
        ("one round too few", {"range(300)": "range(1, 300)"}),
        ("the gradients pile up", {"    opt.zero_grad()": ""}),
        ("times; wanted 0", {"F.mse_loss(model(x), y)": "2.5 * F.mse_loss(model(x), y)"}),
        (
            "step() never finds a gradient & step() moved a weight: False",
            {"    loss.backward()\n": "    loss.backward()\n    model.zero_grad()\n"},
        ),
        (
            "step() never finds a gradient & step() moved a weight: False",
            {"    loss.backward()\n    opt.step()\n": "    opt.step()\n    loss.backward()\n"},
        ),
        ("backward() is never called", {"    loss.backward()\n": ""}),
        ("step() is never called & so no step was made", {"    opt.step()\n": ""}),
        ("made by hand", {"    opt.step()\n": "    for p in model.parameters():\n        p.data -= 0.05 * p.grad\n"}),
    ],
    "optimizers/find-the-rate": [
        ("tensors and not their numbers", {"((w - 3) ** 2).item()": "((w - 3) ** 2).detach()"}),
        (
            "from before the last step",
            {
                "        ((w - 3) ** 2).backward()": "        loss = (w - 3) ** 2\n        loss.backward()",
                "final[lr] = ((w - 3) ** 2).item()": "final[lr] = loss.item()",
            },
        ),
        ("after 6 steps", {"range(5)": "range(6)"}),
        ("where w ends", {"((w - 3) ** 2).item()": "w.item()"}),
        (
            "as all share one w",
            {
                "final = {}": "final = {}\nw = torch.zeros((), requires_grad=True)",
                "    w = torch.tensor(0.0, requires_grad=True)\n": "",
            },
        ),
        ("never reset within a run", {"        opt.zero_grad()\n": ""}),
        ("the smallest loss and not", {"min(final, key=final.get)": "sorted(final.values())[0]"}),
        ("its place among", {"min(final, key=final.get)": "torch.tensor(list(final.values())).argmin().item()"}),
        ("that ends highest", {"min(final, key=final.get)": "max(final, key=final.get)"}),
    ],
    "optimizers/count-the-steps": [
        (
            "one too few: the step that led & each one too few",
            {"            return made": "            return made - 1"},
        ),
        ("as without momentum & so rolling has no momentum", {"**options)\n    for": "lr=options['lr'])\n    for"}),
        (
            "so the two are swapped",
            {
                "plain = ": "rolling = ",
                "rolling = steps_needed(SGD, lr=0.01, momentum": "plain = steps_needed(SGD, lr=0.01, momentum",
            },
        ),
        (
            "so plain has momentum too",
            {"plain = steps_needed(SGD, lr=0.01)": "plain = steps_needed(SGD, lr=0.01, momentum=0.8)"},
        ),
        ("as the gradients pile up", {"        opt.zero_grad()\n": ""}),
    ],
    "notes-bug-hunt/names-and-places": [
        ("without the losses", {"torch.nn.functional": "torch.functional", "F.mse_loss": "nn.MSELoss()"}),
        ("the class, and MSELoss()", {"F.mse_loss": "nn.MSELoss"}),
        ("the sum and not the mean", {"F.mse_loss": "nn.MSELoss(reduction='sum')"}),
        ("without squares", {"F.mse_loss": "F.l1_loss"}),
        ("from 2 to 3", {"nn.Linear(3, 2)": "nn.Linear(2, 3)"}),
        ("without a bias", {"nn.Linear(3, 2)": "nn.Linear(3, 2, bias=False)"}),
        ("so the bias never moves", {"model.parameters()": "[model.weight]"}),
    ],
    "notes-bug-hunt/sums-and-arrays": [
        ("all of them in one number", {"both = t1 + t2": "both = t1.sum() + t2.sum()"}),
        ("one after the other", {"both = t1 + t2": "both = torch.cat((t1, t2))"}),
        ("one above the other", {"both = t1 + t2": "both = torch.stack((t1, t2))"}),
        ("and not yet one number", {"t1.sum() + t2.sum()": "t1 + t2"}),
        ("the mean of the six", {"t1.sum() + t2.sum()": "torch.cat([t1, t2]).mean()"}),
        ("y itself was detached", {"y = w * t1": "y = (w * t1).detach()", "y.detach().numpy()": "y.numpy()"}),
        ("w asks for no gradient", {"torch.tensor(4.0, requires_grad=True)": "torch.tensor(4.0)"}),
        ("numpy() is missing", {"y.detach().numpy()": "y.detach().clone()"}),
    ],
    "notes-bug-hunt/two-by-three": [
        ("inputs first, outputs second", {"nn.Linear(3, 2, bias=True)": "nn.Linear(2, 3)"}),
        ("a name and a parameter & a name, or a pair", {"list(layer.parameters())": "list(layer.named_parameters())"}),
        ("names alone", {"list(layer.parameters())": "list(layer.state_dict())"}),
        (
            "no optimizer could train & a copy of it",
            {"list(layer.parameters())": "[p.data.clone() for p in layer.parameters()]"},
        ),
        ("a tuple", {"list(layer.parameters())": "tuple(layer.parameters())"}),
        ("counting begins at 0", {"params[0]": "params[-1]"}),
        ("a copy of it", {"params[0]": "params[0].clone()"}),
    ],
    "notes-bug-hunt/thirty-of-forty": [
        (
            "drawn from all of ds",
            {"train_ds = Subset(ds, range(30))": "train_ds, _ = torch.utils.data.random_split(ds, [30, 10])"},
        ),
        ("without row 29", {"Subset(ds, range(30))": "Subset(ds, range(29))"}),
        ("rows count from 0", {"Subset(ds, range(30))": "Subset(ds, range(1, 31))"}),
        ("which are training rows", {"range(30, 40)": "range(10)"}),
        ("which is in neither part", {"range(30, 40)": "range(31, 40)"}),
        ("without row 39", {"range(30, 40)": "range(30, 39)"}),
        ("as shuffle=True is missing", {", shuffle=True": ""}),
        ("drop_last=True", {", shuffle=True": ", shuffle=True, drop_last=True"}),
        ("as all of ds is loaded", {"    train_ds, batch": "    ds, batch"}),
        ("the number of batches", {"[len(xb) for xb, yb in train_dl]": "[len(train_dl)]"}),
        ("the number of columns", {"len(xb) for": "xb.shape[1] for"}),
        ("whole shapes", {"len(xb) for": "tuple(xb.shape) for"}),
        ("rows times columns", {"len(xb) for": "xb.numel() for"}),
        ("is a tuple of tensors", {"Subset(ds, range(30, 40))": "ds[30:]"}),
    ],
    "notes-bug-hunt/every-step": [
        (
            "the reset comes once in an epoch",
            {
                "            opt.zero_grad()\n": "",
                "        history.append": "        opt.zero_grad()\n        history.append",
            },
        ),
        ("as no reset comes", {"            opt.zero_grad()\n": ""}),
        (
            "reset before it, or backward() after it",
            {
                "            opt.zero_grad()\n": "",
                "            opt.step()\n": "            opt.zero_grad()\n            opt.step()\n",
            },
        ),
        ("as return stands in the loop", {"    return history": "        return history"}),
        ("tensors and not numbers", {"loss.item()": "loss.detach()"}),
        ("the mean of the two batches", {"loss.item() * len(xb)": "loss.item()", "len(loader.dataset)": "len(loader)"}),
        ("the loss of the last batch", {"total / len(loader.dataset)": "loss.item()"}),
        ("the sum, not divided", {" / len(loader.dataset)": ""}),
        ("the sum of the batches' losses, over all rows", {"loss.item() * len(xb)": "loss.item()"}),
        ("divided by the batches", {"len(loader.dataset)": "len(loader)"}),
        ("as nothing is returned", {"    return history": ""}),
    ],
    "dataset-dataloader/name-the-rows": [
        ("the targets first & the target first", {"TensorDataset(weather, sold)": "TensorDataset(sold, weather)"}),
        (
            "not tied together by row",
            {
                "days = TensorDataset(weather, sold)": "days = list((weather, sold))",
                "last = days[5]": "last = weather[5], sold[5]",
                "Subset(days,": "Subset(TensorDataset(weather, sold),",
            },
        ),
        ("a slice keeps its dimension", {"days[5]": "days[-1:]"}),
        ("the day before", {"days[5]": "days[4]"}),
        ("the weather alone", {"days[5]": "days[5][0]"}),
        ("indexing reads from a dataset", {"Subset(days, [0, 2, 3, 5])": "days[[0, 2, 3, 5]]"}),
        ("a list of pairs", {"Subset(days, [0, 2, 3, 5])": "[days[i] for i in (0, 2, 3, 5)]"}),
        ("the two days with rain", {"[0, 2, 3, 5]": "[1, 4]"}),
        ("the days 0 and 5 alone", {"[0, 2, 3, 5]": "[0, -1]"}),
    ],
    "dataset-dataloader/shuffled": [
        ("as shuffle=True is missing & the order of the file", {", shuffle=True": ""}),
        ("drop_last=True leaves it out & as drop_last=True", {"shuffle=True": "shuffle=True, drop_last=True"}),
        ("batch_size is missing", {"batch_size=4, ": ""}),
        (
            "gathers both epochs & one list twice",
            {
                "orders = []\n": "orders = []\nrows = []\n",
                "    rows = []\n    for": "    for",
                "rows += ": "rows.extend(",
                "tolist()\n    print": "tolist())\n    print",
            },
        ),
        (
            "for each batch, and not for each row",
            {
                "rows += ((yb[:, 0] - 3) / 9).int().tolist()": "rows.append(((yb[:, 0] - 3) / 9).int().tolist())",
                "sorted(orders[0]) == sorted(orders[1])": "False",
            },
        ),
        ("the last batch of each epoch", {"        rows += ": "        rows = "}),
        ("as rows is never filled", {"        rows += ": "        row = "}),
        (
            "one walk written down twice",
            {"orders = []\n": "orders = []\nbatches = list(loader)\n", "in loader:": "in batches:"},
        ),
        ("what yb says", {"((yb[:, 0] - 3) / 9).int()": "yb[:, 0]"}),
        ("3 comes off before", {"((yb[:, 0] - 3) / 9).int()": "(yb[:, 0] - 3 + 3).div(9)"}),
    ],
    "dataset-dataloader/split-and-load": [
        (
            "a slice of a dataset is a tuple",
            {"train_ds, test_ds = random_split(rows, [12, 3])": "train_ds, test_ds = rows[:12], rows[12:]"},
        ),
        ("the two parts are swapped", {"train_ds, test_ds": "test_ds, train_ds"}),
        (
            "drawn apart from each other",
            {
                "train_ds, test_ds = random_split(rows, [12, 3])": "train_ds, _ = random_split(rows, [12, 3])\n"
                "_, test_ds = random_split(rows, [12, 3])"
            },
        ),
        (
            "rows were trained on",
            {
                "test_ds = random_split(rows, [12, 3])": "_ = random_split(rows, [12, 3])\n"
                "test_ds = Subset(rows, train_ds.indices[:3])"
            },
        ),
        ("drop_last=True leaves it out", {"shuffle=True)": "shuffle=True, drop_last=True)"}),
        ("test rows included", {"    train_ds, batch": "    rows, batch"}),
        ("as shuffle=True is missing", {"shuffle=True)": "shuffle=False)"}),
        ("as the test is shuffled too", {"batch_size=3)": "batch_size=3, shuffle=True)"}),
        ("batch_size is missing", {", batch_size=3)": ")"}),
        ("all 15 rows are loaded, in threes", {"DataLoader(test_ds,": "DataLoader(rows,"}),
    ],
    "fit-a-line/set-up": [
        ("for each of the 15 points", {"nn.Linear(1, 1)": "nn.Linear(15, 1)", "model(x), y": "model(x.T), y[:1]"}),
        ("without a bias", {"nn.Linear(1, 1)": "nn.Linear(1, 1, bias=False)"}),
        ("without squares", {"F.mse_loss": "nn.L1Loss()"}),
        ("the sum and not the mean", {"F.mse_loss": "nn.MSELoss(reduction='sum')"}),
        ("another optimizer", {"optim.SGD": "optim.Adam"}),
        ("with another rate", {"lr=0.02": "lr=0.002"}),
        ("one of the two parameters", {"model.parameters()": "[model.weight]"}),
        ("another model's parameters", {"model.parameters()": "nn.Linear(1, 1).parameters()"}),
        ("a tensor and not its number", {"y).item()": "y)"}),
        ("that of x and not of model(x)", {"loss_fn(model(x), y)": "loss_fn(x, y)"}),
        ("as y is flat", {"loss_fn(model(x), y)": "loss_fn(model(x), y.squeeze())"}),
    ],
    "fit-a-line/train": [
        ("tensors and not their numbers", {"loss.item()": "loss.detach()"}),
        (
            "one step alone",
            {
                "    losses.append(loss.item())\n": "",
                "    opt.zero_grad()": "    opt.zero_grad()\nlosses.append(loss.item())",
            },
        ),
        ("losses holds 999 of type float, one step too few", {"range(1000)": "range(1, 1000)"}),
        ("as the gradients pile up", {"    opt.zero_grad()": ""}),
        (
            "as nothing moves & never finds a gradient & step() moved a weight: False",
            {"    loss.backward()\n    opt.step()": "    loss.backward()\n    model.zero_grad()\n    opt.step()"},
        ),
        ("as nothing moves & is never called & so no step was made", {"    opt.step()\n": ""}),
        ("made by hand", {"    opt.step()\n": "    for p in model.parameters():\n        p.data -= 0.02 * p.grad\n"}),
        (
            "with another optimizer than opt was",
            {"losses = []": "losses = []\nopt = torch.optim.SGD(model.parameters(), lr=0.01)"},
        ),
        ("a level line", {"loss_fn(model(x), y)": "loss_fn(model(x), y.flatten())"}),
    ],
    "fit-a-line/read-the-line": [
        ("the height at day 0", {"model.weight.item()": "model.bias.item()"}),
        ("growth is Parameter containing", {"model.weight.item()": "model.weight"}),
        ("with the bias in it", {"model.weight.item()": "model(torch.tensor([[1.0]])).item()"}),
        ("without the bias", {"model(torch.tensor([[10.0]])).item()": "10 * growth"}),
        ("row 10, which is day 6", {"model(torch.tensor([[10.0]])).item()": "model(x)[10].item()"}),
        ("farthest below the line & the farthest point below it", {".abs().argmax()": ".argmax()"}),
        ("the farthest point above it", {"(model(x) - y).abs().argmax()": "(y - model(x)).argmax()"}),
        ("and not which one", {".abs().argmax()": ".abs().max()"}),
        ("the nearest point", {".abs().argmax()": ".abs().argmin()"}),
        ("against all points", {"(model(x) - y)": "(model(x) - y.flatten())"}),
    ],
    "fit-a-line/from-nothing": [
        (
            "the parameters and not their numbers",
            {"model.weight.item(), model.bias.item()": "tuple(model.parameters())"},
        ),
        ("as nothing is returned", {"    return model.weight.item(), model.bias.item()": ""}),
        ("a level line at the mean of y", {"x, y = x.reshape(-1, 1), y.reshape(-1, 1)": "x = x.view(-1, 1)"}),
        ("the intercept first", {"model.weight.item(), model.bias.item()": "model.bias.item(), model.weight.item()"}),
        ("what one step alone gives", {"    return": "        return"}),
        ("the gradients of all steps add up", {"        opt.zero_grad()\n": ""}),
        ("one step too few", {"range(steps)": "range(1, steps)"}),
        ("the number of steps is not the one", {"range(steps)": "range(500)"}),
        ("the rate is not", {"lr=lr": "lr=0.1"}),
        ("a model that has learned", {"    model = nn.Linear(1, 1)\n": ""}),
    ],
    "linear-regression/evaluate": [
        ("3 of 3 predictions require grad, as the graph is on", {"torch.no_grad()": "torch.enable_grad()"}),
        (
            "the last batch alone",
            {
                "total += loss.item()": "total = loss.item()",
                "total / len(loader.dataset)": "loss.item()",
                " * len(xb)": "",
            },
        ),
        (
            "the first batch alone & as the first batch ends it",
            {"    return total / len(loader.dataset)": "            return total / len(xb)"},
        ),
        ("not divided", {" / len(loader.dataset)": ""}),
        ("each as good as another", {" * len(xb)": "", "len(loader.dataset)": "len(loader)"}),
        ("divided by the batches", {"len(loader.dataset)": "len(loader)"}),
        ("divided by the rows", {" * len(xb)": ""}),
        ("3 of 3 predictions require grad, as the graph is on", {"with torch.no_grad():": "if True:"}),
        ("as nothing is returned", {"    return total / len(loader.dataset)": ""}),
        ("the mean squared error", {"loss_fn(model(xb), yb)": "((model(xb) - yb) ** 2).mean()"}),
        ("a tensor and not its number", {"loss.item()": "loss"}),
        ("adds to the first", {"    total = 0.0": "    global total", "def evaluate": "total = 0.0\n\ndef evaluate"}),
    ],
    "linear-regression/rows-it-never-saw": [
        ("the two parts are swapped", {"train_ds, test_ds =": "test_ds, train_ds ="}),
        ("as it holds the test rows too & as all of dataset is loaded", {"DataLoader(train_ds": "DataLoader(dataset"}),
        ("as it holds the test rows alone & True, the test rows", {"DataLoader(train_ds": "DataLoader(test_ds"}),
        ("as shuffle=True is missing", {", shuffle=True": ""}),
        ("that of the training rows", {"test_ds[:]": "train_ds[:]"}),
        ("that of all 15 rows", {"test_ds[:]": "dataset[:]"}),
        (
            "a list and not a number",
            {
                "F.mse_loss(model(x_test), y_test).item()": "[F.mse_loss(model(x_test), y_test).item()]",
            },
        ),
        ("the row has lost its table", {"model(region)": "model(region[0])"}),
        ("for the test rows and not", {"model(region)": "model(x_test)"}),
        ("as the graph was on", {"    forecast = model(region)": "forecast = model(region)"}),
        ("3 batches in each of 50", {"fit(100": "fit(50"}),
    ],
    "nn-linear/four-in-one-out": [
        ("with an output for each row", {"nn.Linear(4, 1)": "nn.Linear(4, 6)"}),
        ("as many outputs as inputs", {"nn.Linear(4, 1)": "nn.Linear(4, 4)"}),
        ("with a dimension squeezed", {"prices = layer(houses)": "prices = layer(houses).squeeze()"}),
        ("without the bias", {" + layer.bias": ""}),
        ("with the bias taken off", {"+ layer.bias": "- layer.bias"}),
        ("weight[0] has no dimension", {"layer.weight.t()": "layer.weight[0]"}),
        ("not added up", {"houses @ layer.weight.t()": "houses * layer.weight"}),
    ],
    "nn-linear/count-them": [
        ("the tensors and not their numbers & one for the tensor", {"p.numel() for": "1 for"}),
        ("the rows alone & its rows alone", {"p.numel() for": "p.shape[0] for"}),
        (
            "as what is frozen was left out of count",
            {"in model.parameters())": "in model.parameters() if p.requires_grad)"},
        ),
        ("the number of numbers", {"tuple(p.shape)": "p.numel()"}),
        ("the number of dimensions", {"tuple(p.shape)": "p.dim()"}),
        ("with the buffers in shapes", {"model.named_parameters()": "model.state_dict().items()"}),
        (
            "pairs and not a dictionary",
            {"{name: tuple": "[(name, tuple", "(p.shape)": "(p.shape))", "named_parameters()}": "named_parameters()]"},
        ),
        ("without names", {"{name: tuple": "[tuple", "named_parameters()}": "named_parameters()]"}),
    ],
    "nn-linear/shapes-that-meet": [
        ("still flat & every prediction against every", {"flat_targets.reshape(3, 1)": "flat_targets.clone()"}),
        ("one row of three & every prediction against every", {"flat_targets.reshape(3, 1)": "flat_targets[None]"}),
        (
            "the sum and not the mean",
            {"F.mse_loss(doubler(rows), column)": "F.mse_loss(doubler(rows), column, reduction='sum')"},
        ),
        ("without squares", {"F.mse_loss(doubler(rows), column)": "F.l1_loss(doubler(rows), column)"}),
        ("without the layer", {"F.mse_loss(doubler(rows), column)": "F.mse_loss(rows, column)"}),
        (
            "were made without a graph",
            {
                "by_function = F.mse_loss(doubler(rows)": "with torch.no_grad():\n    preds = doubler(rows)\n"
                "by_function = F.mse_loss(preds",
                "nn.MSELoss()(doubler(rows)": "nn.MSELoss()(preds",
            },
        ),
        ("the second was cut off", {"nn.MSELoss()(doubler(rows)": "nn.MSELoss()(doubler(rows).detach()"}),
        ("the class or the object", {"nn.MSELoss()(doubler(rows), column)": "nn.MSELoss()"}),
    ],
    "regression-by-hand/a-model-is-a-function": [
        ("model([[1, 2, 3], [0, 0, 0]]) is [[1.6, 2.1], [0.0, 0.0]], without b", {" + b": ""}),
        ("w was reshaped", {"w.t()": "w.view(3, 2)"}),
        ("it uses inputs & for inputs and not for region", {"return x @": "return inputs @"}),
        ("biases swapped", {"+ b": "+ b.flip(0)"}),
        ("as the row has lost its table", {"model(region)": "model(region[0])"}),
    ],
    "regression-by-hand/your-own-loss": [
        (
            "errors cancel & the square of the mean error",
            {"((preds - targets) ** 2).mean()": "(preds - targets).mean().square()"},
        ),
        ("the sum and not the mean", {".mean()": ".sum()"}),
        ("the sum divided by the 4 rows & the sum divided by the 5 rows", {".mean()": ".sum(0).sum() / preds.size(0)"}),
        ("without squares", {"((preds - targets) ** 2).mean()": "(preds - targets).abs().mean()"}),
        ("the root of it", {".mean()": ".mean() ** 0.5"}),
        ("a Python number, which has no graph & a Python number and not", {".mean()": ".mean().item()"}),
        (", cut off", {".mean()": ".mean().detach()"}),
        ("one for each row, not averaged", {".mean()": ".mean(-1)"}),
    ],
    "regression-by-hand/a-hundred-steps": [
        ("tensors and not their numbers", {"losses.append(loss.item())": "losses.append(loss.detach())"}),
        ("those of the rate 1e-06", {"1e-5 * w.grad": "1e-6 * w.grad", "1e-5 * b.grad": "1e-6 * b.grad"}),
        ("uphill", {"w -= 1e-5": "w += 1e-5", "b -= 1e-5": "b += 1e-5"}),
        ("the gradient of b is never reset", {"w.grad, b.grad = None, None": "w.grad = None"}),
        ("the gradient of w is never reset", {"w.grad, b.grad = None, None": "b.grad = None"}),
        ("no gradient is ever reset", {"    w.grad, b.grad = None, None": ""}),
        ("b is [0.0, 0.0], as it never moves", {"        b -= 1e-5 * b.grad\n": ""}),
        ("from before the last update", {"final = mse(model(inputs), targets).item()": "final = losses[99]"}),
        (
            "final is tensor",
            {"final = mse(model(inputs), targets).item()": "final = mse(model(inputs), targets).detach()"},
        ),
        ("the mean of losses", {"final = mse(model(inputs), targets).item()": "final = sum(losses) / 100"}),
    ],
    "autograd-deeper/leaf-and-report": [
        (
            "asked for before the scaling",
            {
                "torch.ones(3) * 0.5": "torch.ones(3).requires_grad_() * 0.5",
                "weights.requires_grad_()\n": "",
            },
        ),
        ("not scaled", {"torch.ones(3) * 0.5": "torch.ones(3)"}),
        ("two calls of backward() add up", {"score.backward()": "score.backward(retain_graph=True)\nscore.backward()"}),
        (
            "score was not sent backward",
            {"score.backward()": "grad = torch.autograd.grad(score, weights, retain_graph=True)"},
        ),
        ("the mean and not the sum", {"(weights * data).sum()\n": "(weights * data).mean()\n"}),
        ("as item() gives", {"score.detach()": "float(score.detach())"}),
        ("still with its history", {"score.detach()": "score.clone()"}),
        (
            "outside of no_grad()",
            {
                "    forecast = (weights * 2 * data).sum()": "    doubled = weights * 2",
                "with torch.no_grad():": "forecast = (weights * 2 * data).sum()\nwith torch.no_grad():",
            },
        ),
        ("forecast are (6.0, False), without the factor 2", {"weights * 2 * data": "weights * data"}),
    ],
    "autograd-deeper/in-two-halves": [
        ("the whole is in it too", {"w.grad = None\n": ""}),
        ("w.grad is emptied in the loop", {"    loss.backward()": "    w.grad = None\n    loss.backward()"}),
        (
            "the second half alone, in full",
            {"    loss.backward()": "    w.grad = None\n    loss.backward()", ".mean() / 2": ".mean()"},
        ),
        ("divided twice", {".mean() / 2": ".mean() / 4"}),
        ("the first half alone", {"    loss.backward()": "    loss.backward()\n    break"}),
        (
            "of the sum and not of the mean",
            {"((rows @ w) ** 2).mean().backward()": "((rows @ w) ** 2).sum().backward()"},
        ),
    ],
    "autograd-deeper/two-losses-one-graph": [
        (
            "as w.grad gathers them",
            {"from_squares = w.grad.clone()\nplain.backward()": "plain.backward()\nfrom_squares = w.grad.clone()"},
        ),
        ("as w.grad was emptied before it", {"plain.backward()": "w.grad.zero_()\nplain.backward()"}),
        ("that of squares alone", {"plain.backward()": "torch.autograd.grad(plain, w)"}),
        ("that of squares twice", {"plain.backward()": "(squares + plain).backward()"}),
    ],
}
