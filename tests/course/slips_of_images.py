"""Slips in the answers to the lessons on images: what is said of each, and where it changes the solution.

Those that the lessons know as mistakes, and of which a check names the kind. Where several name something, it is
joined by ` & `.
"""

from __future__ import annotations

SLIPS: dict[str, list[tuple[str, dict[str, str]]]] = {
    "why-convolution/write-it": [
        (
            "the last place in both directions is missing",
            {
                "rows = picture.shape[0] - height + 1": "rows = picture.shape[0] - height",
                "columns = picture.shape[1] - width + 1": "columns = picture.shape[1] - width",
            },
        ),
        ("as large as the picture", {"zeros(rows, columns": "zeros_like(picture"}),
        ("the mean of the products and not their sum", {".sum": ".mean"}),
        (
            "as the kernel is turned over",
            {
                "# At the last place, both end at the same edge.": (
                    "# At the last place, both end at the same edge.\n    kernel = kernel.flip(0, 1)"
                )
            },
        ),
        ("as nothing is returned", {"    return out\n": ""}),
    ],
    "why-convolution/find-it": [
        ("divided by the width of the scene and not of the map", {"maps.shape": "scenes.shape"}),
        (
            "the column first",
            {
                (
                    "row, column = best // width, best % width\n    return torch.stack([row, column], dim=1)"
                ): "return torch.stack([best % width, best // width], dim=1)"
            },
        ),
        (
            "one place for all scenes",
            {
                "flatten(1).argmax(dim=1": "argmax(",
                (
                    "row, column = best // width, best % width\n    return torch.stack([row, column], dim=1)"
                ): "return torch.stack([best // width, best % width])",
            },
        ),
        (
            "rows and columns in the other dimension",
            {
                (
                    "row, column = best // width, best % width\n    return torch.stack([row, column], dim=1)"
                ): "return torch.stack([best // width, best % width])"
            },
        ),
        (
            "divided by the height of the map and not its width",
            {
                (
                    "kernel = pattern[None, None]\n    maps = F.conv2d(scenes[:, None], kernel)[:, 0]"
                ): "maps = F.conv2d(scenes[:, None], pattern[None, None])"
            },
        ),
        (
            "numbers with a point, as / divides and // counts",
            {
                (
                    "row, column = best // width, best % width\n    return torch.stack([row, column], dim=1)"
                ): "return torch.stack([best / width, best % width], dim=1)"
            },
        ),
        (
            "one row and one column too far",
            {
                "kernel = pattern[None, None]": "maps = F.conv2d(scenes[:, None], pattern[None, None],",
                "maps = F.conv2d(scenes[:, None], kernel)[:, 0]": '                padding="same")[:, 0]',
            },
        ),
        (
            "one place for all scenes",
            {
                "1).argmax(dim=1": ").argmax(dim=0",
                (
                    "row, column = best // width, best % width\n    return torch.stack([row, column], dim=1)"
                ): "return torch.stack([best // width, best % width], dim=0)",
            },
        ),
    ],
    "why-convolution/a-layer": [
        ("as there is no padding", {", padding=1": ""}),
        ("as the window begins at (7, 9), where it has its middle", {"6:9, 8:11": "7:10, 9:12"}),
        ("without the bias", {" + conv.bias[4]": ""}),
        (
            "with the first channel alone",
            {
                "window = x[0, :, 6:9, 8:11]": "window = x[0, 0, 6:9, 8:11]",
                "conv.weight[4])": "conv.weight[4, 0])",
            },
        ),
        ("with kernel 3, as counting begins at 0", {"4]).sum() + conv.bias[4": "3]).sum() + conv.bias[3"}),
        (
            "the number of tensors and not of their numbers",
            {"sum(p.numel() for p in conv.parameters(": "len(list(conv.parameters()"},
        ),
        ("picture 5, without a dimension for it", {"(x[:": "(x["}),
        ("with the bias of each of the 27 products", {").sum() + conv.bias[4]": " + conv.bias[4]).sum()"}),
    ],
    "cnn-on-digits/make-net": [
        (
            "always ten scores",
            {"side, classes))": "side, 10))"},
        ),
        (
            "as there is no ReLU",
            {
                "16, 3, padding=1), nn.ReLU(),": "16, 3, padding=1),",
                "32, 3, padding=1), nn.ReLU(),": "32, 3, padding=1),",
            },
        ),
        (
            "as the mean is pooled and not the largest",
            {
                ("nn.Conv2d(channels, 16, 3, padding=1), nn.ReLU(),\n        nn.MaxPool2d(2),"): (
                    "nn.Conv2d(channels, 16, 3, padding=1), nn.ReLU(),\n        nn.AvgPool2d(2),"
                ),
                ("nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),\n        nn.MaxPool2d(2),"): (
                    "nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),\n        nn.AvgPool2d(2),"
                ),
            },
        ),
        (
            "as softmax turns the scores into shares",
            {
                "nn.Flatten(),": "nn.Flatten(), nn.Linear(32 * side * side, classes),",
                "nn.Linear(32 * side * side, classes))": "nn.Softmax(dim=1))",
            },
        ),
    ],
    "cnn-on-digits/pool-it": [
        ("the mean of each block", {"amax": "mean"}),
        (
            "of numbers that lie two apart, and not side by side",
            {
                "h // 2, 2, w // 2, 2)": "2, h // 2, 2, w // 2)",
                "return blocks.amax(dim=(3, 5))": "return blocks.amax(dim=(2, 4))",
            },
        ),
        ("of numbers that lie two apart, and not side by side", {"3, 5": "2, 4"}),
        (
            "one number out of each block, and not the largest",
            {
                (
                    "n, c, h, w = maps.shape\n"
                    "    # Row 5 is row 1 of pair 2: pairs come first.\n"
                    "    blocks = maps.reshape(n, c, h // 2, 2, w // 2, 2)\n"
                    "    return blocks.amax(dim=(3, 5))"
                ): "return maps[:, :, ::2, ::2]"
            },
        ),
        ("one number in all", {"dim=(3, 5)": ""}),
        ("the smallest of each block", {"amax": "amin"}),
        (
            "as it begins with zeros",
            {
                ("blocks = maps.reshape(n, c, h // 2, 2, w // 2, 2)\n    return blocks.amax(dim=(3, 5))"): (
                    "out = torch.zeros(n, c, h // 2, w // 2)\n"
                    "    for a in range(2):\n"
                    "        for b in range(2):\n"
                    "            out = torch.maximum(out, maps[:, :, a::2, b::2])\n"
                    "    return out"
                )
            },
        ),
        (
            "as windows overlap",
            {
                "blocks = maps.reshape(n, c, h // 2, 2, w // 2, 2)": "blocks = maps.unfold(2, 2, 1).unfold(3, 2, 1)",
                "return blocks.amax(dim=(3, 5))": "return blocks.amax(dim=(4, 5))",
            },
        ),
        ("as nothing is returned", {"return ": ""}),
    ],
    "cnn-on-digits/strongest": [
        ("a kernel for each picture", {"return peaks.argmax(dim=0)": "return peaks.argmax(dim=1)"}),
        ("where the mean of the map is largest", {"amax": "mean"}),
        ("the largest numbers and not whose they are", {"return peaks.argmax(dim=0)": "return peaks.amax(dim=0)"}),
        ("one number in all", {"return peaks.argmax(dim=0)": "return peaks.argmax()"}),
        ("where a number is farthest from 0", {".amax": ".abs().amax"}),
        ("where the largest number is smallest", {"return peaks.argmax(dim=0)": "return peaks.argmin(dim=0)"}),
        ("of the training pictures", {"best = strongest(net[0], x_test)": "best = strongest(net[0], x)"}),
    ],
    "batch-norm/by-hand": [
        ("as the variance is divided by N - 1", {", correction=0": ""}),
        (
            "by rows and not by columns",
            {
                (
                    "mean = x.mean(dim=0)\n"
                    "    # Of this batch as it is: divided by N.\n"
                    "    var = x.var(dim=0, correction=0)"
                ): ("mean = x.mean(dim=1, keepdim=True)\n    var = x.var(dim=1, correction=0, keepdim=True)")
            },
        ),
        (
            "by one mean and one spread of all numbers",
            {
                (
                    "mean = x.mean(dim=0)\n"
                    "    # Of this batch as it is: divided by N.\n"
                    "    var = x.var(dim=0, correction=0)"
                ): "mean = x.mean()\n    var = x.var(correction=0)"
            },
        ),
        ("as it is divided by the variance and not by its root & as eps is added to the root", {".sqrt()": ""}),
        ("as eps is added to the root", {" + eps).sqrt(": ".sqrt() + eps"}),
        ("as eps is not the one that is given", {"(var + eps)": "var"}),
        ("without weight and bias", {" * weight + bias": ""}),
        ("as the bias is added before the weight", {"normed * weight + bias": "(normed + bias) * weight"}),
    ],
    "batch-norm/a-module": [
        (
            "as 0.9 of the new batch is taken",
            {
                (
                    "step = 0.1 * (mean - self.running_mean)\n"
                    "                self.running_mean += step\n"
                    "                step = 0.1 * (kept - self.running_var)\n"
                    "                self.running_var += step"
                ): (
                    "self.running_mean += 0.9 * (mean - self.running_mean)\n"
                    "                self.running_var += 0.9 * (kept - self.running_var)"
                )
            },
        ),
        (
            "as it is divided by N and not by N - 1",
            {
                "                kept = x.var(dim=0)\n": "",
                (
                    "step = 0.1 * (kept - self.running_var)\n                self.running_var += step"
                ): "self.running_var += 0.1 * (var - self.running_var)",
            },
        ),
        (
            "as it normalises by the batch, one row",
            {
                (
                    "if self.training:\n"
                    "            mean = x.mean(dim=0)\n"
                    "            var = x.var(dim=0, correction=0)\n"
                    "            # Kept, not learned: no graph hangs on them.\n"
                    "            with torch.no_grad():\n"
                    "                kept = x.var(dim=0)\n"
                    "                step = 0.1 * (mean - self.running_mean)\n"
                    "                self.running_mean += step\n"
                    "                step = 0.1 * (kept - self.running_var)\n"
                    "                self.running_var += step\n"
                    "        else:\n"
                    "            mean = self.running_mean\n"
                    "            var = self.running_var"
                ): (
                    "mean = x.mean(dim=0)\n"
                    "        var = x.var(dim=0, correction=0)\n"
                    "        with torch.no_grad():\n"
                    "            kept = x.var(dim=0)\n"
                    "            step = 0.1 * (mean - self.running_mean)\n"
                    "            self.running_mean += step\n"
                    "            step = 0.1 * (kept - self.running_var)\n"
                    "            self.running_var += step"
                )
            },
        ),
        (
            "as it never moves",
            {
                (
                    "            with torch.no_grad():\n"
                    "                kept = x.var(dim=0)\n"
                    "                step = 0.1 * (mean - self.running_mean)\n"
                    "                self.running_mean += step\n"
                    "                step = 0.1 * (kept - self.running_var)\n"
                    "                self.running_var += step\n"
                ): ""
            },
        ),
        (
            "as it normalises by the running values",
            {
                ("            mean = x.mean(dim=0)\n            var = x.var(dim=0, correction=0)\n"): "",
                (
                    "step = 0.1 * (mean - self.running_mean)\n                self.running_mean += step"
                ): "self.running_mean += 0.1 * (x.mean(dim=0) - self.running_mean)",
                (
                    "else:\n            mean = self.running_mean\n            var = self.running_var"
                ): "mean = self.running_mean\n        var = self.running_var",
            },
        ),
        (
            "as it is the mean of the last batch",
            {
                (
                    "step = 0.1 * (mean - self.running_mean)\n"
                    "                self.running_mean += step\n"
                    "                step = 0.1 * (kept - self.running_var)\n"
                    "                self.running_var += step"
                ): "self.running_mean = mean\n                self.running_var = kept"
            },
        ),
        (
            "as it normalises by the running values & as it never moves & as it normalises by the batch, one row",
            {"if self": "if not self"},
        ),
        (
            "as nothing is taken from what was there",
            {
                (
                    "step = 0.1 * (mean - self.running_mean)\n"
                    "                self.running_mean += step\n"
                    "                step = 0.1 * (kept - self.running_var)\n"
                    "                self.running_var += step"
                ): ("self.running_mean += 0.1 * mean\n                self.running_var += 0.1 * kept")
            },
        ),
    ],
    "batch-norm/ask-in-eval": [
        (
            "so it is asked in training mode",
            {"    was_training = model.training\n    model.eval()\n": "", "    model.train(was_training)\n": ""},
        ),
        (
            "so it is in eval mode ever after",
            {"    was_training = model.training\n": "", "    model.train(was_training)\n": ""},
        ),
        ("so it is in training mode ever after", {"    was_training = model.training\n": "", "(was_training": "("}),
        ("so it is asked in training mode", {"eval()": "eval"}),
        (
            "so a graph is built",
            {"with torch.no_grad():\n        hits = model(x).argmax(dim=1) == y": "hits = model(x).argmax(dim=1) == y"},
        ),
        ("a tensor and not its number, item()", {".item()": ""}),
    ],
    "resnet-and-one-cycle/a-block": [
        ("as nothing is added", {"(h + self.shortcut(x))": "h"}),
        ("as the last relu is missing", {"(h + self.shortcut(x)).relu(": "h + self.shortcut(x"}),
        ("as relu stands before the sum", {"(h + self.shortcut(x)).relu(": "h.relu() + self.shortcut(x"}),
        ("as there is no relu between the convolutions", {"conv1(x)).relu()": "conv1(x))"}),
        (
            "as nothing is added",
            {
                (
                    "self.shortcut = nn.Identity()\n"
                    "        if channels != out:\n"
                    "            self.shortcut = nn.Conv2d(channels, out, 1)"
                ): "self.shortcut = nn.Conv2d(channels, out, 1)"
            },
        ),
    ],
    "resnet-and-one-cycle/write-the-cycle": [
        ("as it falls to where it began", {"250000": "25"}),
        (
            "as it begins at the peak & as it stays at the peak",
            {
                (
                    "part = (1 + math.cos(math.pi * way)) / 2\n    return high + (low - high) * part"
                ): "return low + (high - low) * (1 + math.cos(math.pi * way)) / 2"
            },
        ),
    ],
    "resnet-and-one-cycle/fit-in-one-cycle": [
        ("as it never moves", {"            cycle.step()\n": ""}),
        ("as the gradients of all steps add up", {"            opt.zero_grad()\n": ""}),
        ("the peak of another cycle", {"max_lr=peak,": "max_lr=0.1,"}),
        ("as nothing is returned", {"    return rates\n": ""}),
        ("as nothing moves", {"            opt.step()\n": ""}),
    ],
    "augmentation-and-regularisation/mirror": [
        ("as top and bottom are exchanged", {"flip(3": "flip(2"}),
        ("as the pictures changed places", {"flip(3": "flip(0"}),
        ("none of them", {"len(batch)": "1"}),
        (
            "as each channel has a coin of its own",
            {
                (
                    "on = torch.rand(len(batch)) < 0.5\n"
                    "    # One coin for each picture, spread over its pixels.\n"
                    "    on = on[:, None, None, None]"
                ): ("on = torch.rand(len(batch), batch.shape[1]) < 0.5\n    on = on[:, :, None, None]")
            },
        ),
    ],
    "augmentation-and-regularisation/shift": [
        (
            "as all pictures move alike",
            {
                "moved = []": "moved = []\n    i, j = torch.randint(0, places, (2,)).tolist()",
                "        i, j = torch.randint(0, places, (2,)).tolist()\n": "",
            },
        ),
        ("as one end of the range is left out", {" + 1": ""}),
        (
            "as both numbers are one",
            {
                "i, j = torch.randint(0, places, (2,)).tolist()": "i = torch.randint(0, places, ()).item()",
                "moved.append(picture[:, i:i + h, j:j + w])": "moved.append(picture[:, i:i + h, i:i + w])",
            },
        ),
        ("as what becomes free is 0", {', mode="replicate"': ""}),
        (
            "as what is pushed out comes in at the other side",
            {
                (
                    "    h, w = batch.shape[2:]\n"
                    '    wide = F.pad(batch, (most,) * 4, mode="replicate")\n'
                    "    places = 2 * most + 1\n"
                ): "",
                (
                    "for picture in wide:\n"
                    "        # A window of the old size, at another corner each.\n"
                    "        i, j = torch.randint(0, places, (2,)).tolist()\n"
                    "        moved.append(picture[:, i:i + h, j:j + w])"
                ): (
                    "for picture in batch:\n"
                    "        i, j = torch.randint(-most, most + 1, (2,)).tolist()\n"
                    "        moved.append(picture.roll((i, j), (1, 2)))"
                ),
            },
        ),
        ("as one end of the range is left out", {"2 * ": ""}),
    ],
    "augmentation-and-regularisation/drop-out": [
        ("as they are not made larger", {" / (1 - self.share)": ""}),
        ("as they are divided by share", {"(1 - self.share)": "self.share"}),
        ("which is the share of those that should stay", {") >=": ") <"}),
        (
            "as whole rows drop out",
            {
                "kept = torch.rand_like(t) >= self.share": (
                    "kept = torch.rand(len(t)) >= self.share\n        kept = kept.view(-1, *[1] * (t.dim() - 1))"
                )
            },
        ),
    ],
    "adversarial-examples/one-step-up": [
        ("by the gradient itself, without its sign", {".sign()": ""}),
        (
            "as those of the attack were added",
            {
                "grad, = torch.autograd.grad(loss, pictures)": "loss.backward()",
                "eps * grad.sign()": "eps * pictures.grad.sign()",
            },
        ),
        (
            "as they were emptied",
            {
                ("grad, = torch.autograd.grad(loss, pictures)\n    moved = pictures.detach() + eps * grad.sign()"): (
                    "loss.backward()\n    model.zero_grad()\n    moved = pictures.detach() + eps * pictures.grad.sign()"
                )
            },
        ),
        ("only the moves, without the pictures and below 0 cut off", {"pictures.detach() + ": ""}),
        ("by 1, whatever eps is", {"eps * ": ""}),
    ],
    "adversarial-examples/towards-a-digit": [
        ("uphill: away from what is wanted", {"- step": "+ step"}),
        ("as nothing holds them", {"low, high": "0, 1"}),
        (
            "as nothing holds them",
            {
                ("    low = (pictures - eps).clamp(0, 1)\n    high = (pictures + eps).clamp(0, 1)\n"): "",
                "# Again in each round: the gradient has turned.": (
                    "# Again in each round: the gradient has turned.\n"
                    "        low = (moved.detach() - eps).clamp(0, 1)\n"
                    "        high = (moved.detach() + eps).clamp(0, 1)"
                ),
            },
        ),
        (
            "as the gradient is that of the first round",
            {
                "moved = pictures.clone()": (
                    "moved = pictures.clone()\n"
                    "    moved.requires_grad_()\n"
                    "    loss = F.cross_entropy(model(moved), wanted)\n"
                    "    grad, = torch.autograd.grad(loss, moved)"
                ),
                (
                    "        moved.requires_grad_()\n"
                    "        loss = F.cross_entropy(model(moved), wanted)\n"
                    "        grad, = torch.autograd.grad(loss, moved)\n"
                ): "",
            },
        ),
        ("as one round was made & as one step was made", {"return": "    return"}),
    ],
    "adversarial-examples/harden": [
        (
            "less than a network that was never attacked",
            {
                "opt = torch.optim.Adam(model.parameters(), lr=0.005)": (
                    "opt = torch.optim.Adam(model.parameters(), lr=0.005)\n    attacked = fgsm(model, x, y, eps)"
                ),
                "fgsm(model, x[rows], y[rows], eps)": "attacked[rows]",
            },
        ),
        ("as it learns nothing & as gradients pile up", {"            opt.zero_grad()\n": ""}),
        ("less than a network that was never attacked", {"eps)": "-eps)"}),
    ],
    "transfer-and-freezing/a-new-head": [
        ("as nothing is returned", {"    return head\n": ""}),
    ],
    "transfer-and-freezing/really-frozen": [
        (
            "as they are not registered",
            {"body.requires_grad_(False).eval()": "[body.requires_grad_(False).eval()]", "body(": "body[0]("},
        ),
    ],
    "transfer-and-freezing/two-rates": [
        (
            "as the rates are exchanged",
            {
                '{"params": live, "lr": low},': '{"params": live, "lr": high},',
                '{"params": top, "lr": high}])': '{"params": top, "lr": low}])',
            },
        ),
        (
            "one rate for both",
            {
                (
                    "return torch.optim.Adam([\n"
                    '        {"params": live, "lr": low},\n'
                    '        {"params": top, "lr": high}])'
                ): "return torch.optim.Adam(live + top, lr=high)"
            },
        ),
        (
            "as the body is not in it",
            {
                "live = [p for p in body.parameters()\n            if p.requires_grad]": "body.requires_grad_(False)",
                '        {"params": live, "lr": low},\n': "",
            },
        ),
        (
            "as no group has a rate of its own",
            {
                '{"params": live, "lr": low},': '{"params": live, "rate": low},',
                '{"params": top, "lr": high}])': '{"params": top, "rate": high}])',
            },
        ),
    ],
    "style-transfer/shrink": [
        ("as reshape deals the numbers out in another way", {"permute(2, 0, 1": "reshape(3, *raw.shape[:2]"}),
        ("from 0 to 255", {" / 255": ""}),
        ("everything is 0, as whole numbers were divided", {"t.float() / 255": "(t // 255).float()"}),
        ("h and w are exchanged", {"(h, w": "(w, h"}),
        ("as one pixel of each block is taken", {', mode="area"': ""}),
        ("there is no batch", {'area")': 'area")[0]'}),
    ],
    "style-transfer/a-gram-matrix": [
        ("as it is not divided", {" / (c * h * w)": ""}),
        ("one for two places", {" @ rows.T": ".T @ rows"}),
        ("divided by the places alone", {"c * ": ""}),
        ("one for each map", {"rows @ rows.T": "(rows * rows).sum(dim=1)"}),
        (
            "as the mean was taken away first",
            {
                "rows = maps.reshape(c, h * w)": (
                    "rows = maps.reshape(c, h * w)\n    rows = rows - rows.mean(dim=1, keepdim=True)"
                )
            },
        ),
    ],
    "style-transfer/train-pixels": [
        ("as gradients pile up", {"        opt.zero_grad()\n": ""}),
        (
            "as one step was made",
            {"with torch.no_grad():\n            x.clamp_(0, 1)": "x = x.clamp(0, 1).detach().requires_grad_()"},
        ),
    ],
}
