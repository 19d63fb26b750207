"""Programs that clip or scale gradients in the wrong order."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import Mistake, program

CLIPPING = {
    "clipped after the step": Mistake(
        "clipped-after-step",
        "nn.utils.clip_grad_norm_(model.parameters(), 1.0)",
        "nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # moved from line 12\nopt.step()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.01)
            for step in range(10):
                opt.zero_grad()
                loss = F.mse_loss(model(x), 10 * y)
                loss.backward()
                opt.step()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        """),
        ("At 10 of the first 10 steps, a norm was above 1",),
    ),
    "values clipped after the step, by an imported name": Mistake(
        "clipped-after-step",
        "clip_grad_value_(weights, 0.5)",
        "clip_grad_value_(weights, 0.5)  # moved from line 15\noptimizer.step()",
        program("""
            from torch.nn.utils import clip_grad_value_

            model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
            weights = list(model.parameters())
            optimizer = torch.optim.Adam(weights, lr=0.01)
            for epoch in range(4):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=4):
                    loss = F.mse_loss(model(xb), yb)
                    loss.backward()
                    optimizer.step()
                    clip_grad_value_(weights, 0.5)
                    optimizer.zero_grad()
        """),
    ),
    "clipped after the step, in a function": Mistake(
        "clipped-after-step",
        "torch.nn.utils.clip_grad_norm_(net.parameters(), max_norm=0.1)",
        "torch.nn.utils.clip_grad_norm_(net.parameters(), max_norm=0.1)  # moved from line 11\nopt.step()",
        program("""
            def train_step(net, opt, xb, yb):
                net.train()
                out = net(xb)
                loss = F.smooth_l1_loss(out, yb)
                loss.backward()
                opt.step()
                torch.nn.utils.clip_grad_norm_(net.parameters(), max_norm=0.1)
                opt.zero_grad()
                return loss.item()

            net = nn.Linear(1, 1)
            sgd = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
            losses = [train_step(net, sgd, x, y) for _ in range(8)]
        """),
    ),
    "clipped before backward()": Mistake(
        "clips-nothing",
        "nn.utils.clip_grad_norm_(model.parameters(), 0.5)",
        "loss.backward()\nnn.utils.clip_grad_norm_(model.parameters(), 0.5)  # moved from line 9",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(10):
                opt.zero_grad()
                nn.utils.clip_grad_norm_(model.parameters(), 0.5)
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
        """),
    ),
    "a generator that the optimizer used up": Mistake(
        "clips-nothing",
        "params = model.parameters()",
        "params = list(model.parameters())",
        program("""
            model = nn.Linear(1, 1)
            params = model.parameters()
            opt = torch.optim.SGD(params, lr=0.1)
            for step in range(10):
                opt.zero_grad()
                F.mse_loss(model(x), y).backward()
                nn.utils.clip_grad_norm_(params, 1.0)
                opt.step()
        """),
    ),
    "a generator that the first clipping used up": Mistake(
        "clips-nothing",
        "weights = net.parameters()",
        "weights = list(net.parameters())",
        program("""
            net = nn.Linear(1, 1)
            opt = torch.optim.Adam(net.parameters(), lr=0.01)
            weights = net.parameters()
            for epoch in range(5):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=4):
                    loss = F.mse_loss(net(xb), yb)
                    opt.zero_grad()
                    loss.backward()
                    nn.utils.clip_grad_norm_(weights, 1.0)
                    opt.step()
        """),
    ),
    "a filter that the optimizer used up": Mistake(
        "clips-nothing",
        "params = filter(lambda p: p.requires_grad, model.parameters())",
        "params = list(filter(lambda p: p.requires_grad, model.parameters()))",
        program("""
            model = nn.Linear(1, 1)
            params = filter(lambda p: p.requires_grad, model.parameters())
            opt = torch.optim.SGD(params, lr=0.05)
            for step in range(6):
                opt.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                nn.utils.clip_grad_norm_(params, 0.5)
                opt.step()
        """),
        ("an iterator that has nothing left",),
    ),
    "a chain of two modules that the optimizer used up": Mistake(
        "clips-nothing",
        "both = itertools.chain(body.parameters(), head.parameters())",
        "both = list(itertools.chain(body.parameters(), head.parameters()))",
        program("""
            import itertools

            body, head = nn.Linear(1, 4), nn.Linear(4, 1)
            both = itertools.chain(body.parameters(), head.parameters())
            opt = torch.optim.Adam(both, lr=0.01)
            for step in range(6):
                loss = F.mse_loss(head(body(x)), y)
                opt.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(both, 0.1)
                opt.step()
        """),
    ),
    "an iterator over a list, and a map, that a count used up": Mistake(
        "clips-nothing",
        "weights = map(lambda pair: pair[1], net.named_parameters())",
        "weights = list(map(lambda pair: pair[1], net.named_parameters()))",
        program("""
            net = nn.Linear(1, 1)
            opt = torch.optim.SGD(net.parameters(), lr=0.05)
            weights = map(lambda pair: pair[1], net.named_parameters())
            print(sum(w.numel() for w in weights))
            for step in range(6):
                loss = F.mse_loss(net(x), y)
                opt.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(weights, max_norm=1.0)
                opt.step()
        """),
    ),
    "clipped while scaled": Mistake(
        "clipped-while-scaled",
        "nn.utils.clip_grad_norm_(model.parameters(), 1.0)",
        "scaler.unscale_(opt)\nnn.utils.clip_grad_norm_(model.parameters(), 1.0)",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            scaler = torch.amp.GradScaler("cpu")
            for step in range(10):
                opt.zero_grad()
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    loss = F.mse_loss(model(x).float(), y)
                scaler.scale(loss).backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                scaler.step(opt)
                scaler.update()
        """),
        ("65,536 times too large", "the limit is 1"),
    ),
    "clipped while scaled, and unscaled later": Mistake(
        "clipped-while-scaled",
        "torch.nn.utils.clip_grad_norm_(net.parameters(), 0.5)",
        "scaler.unscale_(adam)\ntorch.nn.utils.clip_grad_norm_(net.parameters(), 0.5)",
        program("""
            def step(net, optimizer, scaler):
                loss = F.mse_loss(net(x), y)
                optimizer.zero_grad()
                scaler.scale(loss).backward()
                torch.nn.utils.clip_grad_norm_(net.parameters(), 0.5)
                scaler.step(optimizer)
                scaler.update()

            net = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1))
            adam, scaler = torch.optim.Adam(net.parameters(), lr=0.01), torch.amp.GradScaler("cpu", init_scale=1024.0)
            for _ in range(8):
                step(net, adam, scaler)
        """),
        ("1,024 times too large",),
    ),
    "values clipped while scaled": Mistake(
        "clipped-while-scaled",
        "nn.utils.clip_grad_value_(model.parameters(), 0.1)",
        "amp.unscale_(opt)\nnn.utils.clip_grad_value_(model.parameters(), 0.1)",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            amp = torch.amp.GradScaler("cpu", init_scale=2.0**10)
            for epoch in range(5):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=4):
                    opt.zero_grad()
                    loss = F.mse_loss(model(xb), yb)
                    amp.scale(loss).backward()
                    nn.utils.clip_grad_value_(model.parameters(), 0.1)
                    amp.step(opt)
                    amp.update()
        """),
    ),
    "the optimizer steps past the scaler, at the end of two batches": Mistake(
        "steps-past-scaler",
        "opt.step()",
        "scaler.step(opt)\nscaler.update()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.Adam(model.parameters(), lr=0.05)
            scaler = torch.amp.GradScaler("cpu")
            for epoch in range(5):
                for number, (xb, yb) in enumerate(DataLoader(TensorDataset(x, y), batch_size=2)):
                    loss = F.mse_loss(model(xb), yb) / 2
                    scaler.scale(loss).backward()
                    if number % 2:
                        opt.step()
                        opt.zero_grad()
        """),
        ("65,536",),
    ),
    "the optimizer steps past the scaler, which is never updated": Mistake(
        "steps-past-scaler",
        "opt.step()",
        "scaler.step(opt)\nscaler.update()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.AdamW(model.parameters(), lr=0.05)
            scaler = torch.amp.GradScaler("cpu", init_scale=512.0)
            for step in range(10):
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    loss = F.mse_loss(model(x).float(), y)
                opt.zero_grad()
                scaler.scale(loss).backward()
                opt.step()
        """),
        ("multiplied by 512",),
    ),
    "a scaled loss under another name": Mistake(
        "steps-past-scaler",
        "self.opt.step()",
        "self.scaler.step(self.opt)\nself.scaler.update()",
        program("""
            class Trainer:
                def __init__(self):
                    self.model = nn.Linear(1, 1)
                    self.opt = torch.optim.RMSprop(self.model.parameters(), lr=0.01)
                    self.scaler = torch.amp.GradScaler("cpu")

                def step(self):
                    self.opt.zero_grad()
                    scaled = self.scaler.scale(F.mse_loss(self.model(x), y))
                    scaled.backward()
                    self.opt.step()

            trainer = Trainer()
            for _ in range(8):
                trainer.step()
        """),
    ),
    "the scaled loss is dropped": Mistake(
        "loss-not-scaled",
        "loss.backward()",
        "scaler.scale(loss).backward()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            scaler = torch.amp.GradScaler("cpu")
            for step in range(60):
                opt.zero_grad()
                loss = F.mse_loss(model(x), y)
                scaler.scale(loss)
                loss.backward()
                scaler.step(opt)
                scaler.update()
        """),
        ("65,536",),
    ),
    "the loss goes backward instead of the scaled one": Mistake(
        "loss-not-scaled",
        "loss.backward()",
        "grad_scaler.scale(loss).backward()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            grad_scaler = torch.amp.GradScaler("cpu", init_scale=4096.0)
            for epoch in range(5):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=4):
                    opt.zero_grad()
                    loss = F.mse_loss(model(xb), yb)
                    scaled_loss = grad_scaler.scale(loss)
                    loss.backward()
                    grad_scaler.unscale_(opt)
                    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                    grad_scaler.step(opt)
                    grad_scaler.update()
        """),
        ("4,096",),
    ),
    "only the first loss was scaled": Mistake(
        "loss-not-scaled",
        "(F.mse_loss(model(x), y) + 0.1 * model.weight.pow(2).sum()).backward()",
        "(scaler.scale(F.mse_loss(model(x), y) + 0.1 * model.weight.pow(2).sum())).backward()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            scaler = torch.amp.GradScaler("cpu")
            scaler.scale(torch.ones(()))
            for step in range(20):
                opt.zero_grad()
                (F.mse_loss(model(x), y) + 0.1 * model.weight.pow(2).sum()).backward()
                scaler.step(opt)
                scaler.update()
        """),
    ),
}
