"""Programs whose learning rate schedule does something else than is meant."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import Mistake, program

SCHEDULES = {
    "an epoch's decay at each batch": Mistake(
        "scheduler-each-batch",
        "scheduler.step()",
        "for xb, yb in loader:\nscheduler.step()  # moved from line 15",
        program("""
            loader = DataLoader(TensorDataset(x, y), batch_size=2)
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            scheduler = torch.optim.lr_scheduler.StepLR(opt, step_size=2, gamma=0.1)
            for epoch in range(10):
                for xb, yb in loader:
                    opt.zero_grad()
                    loss = F.mse_loss(model(xb), yb)
                    loss.backward()
                    opt.step()
                    scheduler.step()
        """),
        ("from 0.1 to 1e-4 by step 7 of 40", "4 batches"),
    ),
    "an epoch's decay at each batch, in a function": Mistake(
        "scheduler-each-batch",
        "sched.step()",
        "for xb, yb in loader:\nsched.step()  # moved from line 14",
        program("""
            from torch.optim.lr_scheduler import ExponentialLR

            def train_epoch(model, loader, opt, sched):
                model.train()
                for xb, yb in loader:
                    loss = F.mse_loss(model(xb), yb)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
                    sched.step()

            model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
            optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
            decay = ExponentialLR(optimizer, gamma=0.3)
            for epoch in range(10):
                train_epoch(model, DataLoader(TensorDataset(x, y), batch_size=2, shuffle=True), optimizer, decay)
        """),
    ),
    "an epoch's decay at each batch, by a trainer that is gone by the end": Mistake(
        "scheduler-each-batch",
        "self.scheduler.step()",
        "for xb, yb in self.loader:\nself.scheduler.step()  # moved from line 20",
        program("""
            from torch.optim.lr_scheduler import StepLR

            class Trainer:
                def __init__(self, model, loader):
                    self.model = model
                    self.loader = loader
                    self.optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
                    self.scheduler = StepLR(self.optimizer, step_size=4, gamma=0.5)

                def fit(self, epochs):
                    for epoch in range(epochs):
                        for xb, yb in self.loader:
                            self.optimizer.zero_grad()
                            F.mse_loss(self.model(xb), yb).backward()
                            self.optimizer.step()
                            self.scheduler.step()

            model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
            rows = TensorDataset(x.repeat(32, 1), y.repeat(32, 1))
            Trainer(model, DataLoader(rows, batch_size=8, shuffle=True)).fit(8)
        """),
    ),
    "cosine over the epochs at each batch": Mistake(
        "scheduler-each-batch",
        "sched.step()",
        "for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2, shuffle=True):\n"
        "sched.step()  # moved from line 14",
        program("""
            epochs = 6
            model = nn.Linear(1, 1)
            opt = torch.optim.AdamW(model.parameters(), lr=0.05)
            sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=epochs)
            for epoch in range(epochs):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2, shuffle=True):
                    opt.zero_grad()
                    F.mse_loss(model(xb), yb).backward()
                    opt.step()
                    sched.step()
        """),
        ("`T_max=6`", "2 times"),
    ),
    "a plateau asked for at each batch": Mistake(
        "scheduler-each-batch",
        "plateau.step(loss)",
        "for xb, yb in loader:\nplateau.step(loss)  # moved from line 15",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, patience=1)
            loader = DataLoader(TensorDataset(x.repeat(8, 1), (y + torch.randn(8, 1)).repeat(8, 1)), batch_size=1)
            for epoch in range(4):
                for xb, yb in loader:
                    loss = F.mse_loss(model(xb), yb)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
                    plateau.step(loss)
        """),
    ),
    "a scheduler that never steps": Mistake(
        "scheduler-never-steps",
        "scheduler = torch.optim.lr_scheduler.StepLR(opt, step_size=10)",
        "opt.step()\nscheduler.step()",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            scheduler = torch.optim.lr_scheduler.StepLR(opt, step_size=10)
            for step in range(30):
                opt.zero_grad()
                F.mse_loss(model(x), y).backward()
                opt.step()
        """),
        ("stayed at 0.1 for all 30 steps",),
    ),
    "a cosine that never steps": Mistake(
        "scheduler-never-steps",
        "cosine = CosineAnnealingLR(optimizer, T_max=8)",
        "for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2):\ncosine.step()",
        program("""
            from torch.optim.lr_scheduler import CosineAnnealingLR
            model = nn.Linear(1, 1)
            optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
            cosine = CosineAnnealingLR(optimizer, T_max=8)
            for epoch in range(8):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2):
                    optimizer.zero_grad()
                    loss = F.mse_loss(model(xb), yb)
                    loss.backward()
                    optimizer.step()
        """),
    ),
    "one cycle that never begins": Mistake(
        "scheduler-never-steps",
        "self.cycle = torch.optim.lr_scheduler.OneCycleLR(self.opt, max_lr=0.1, total_steps=40)",
        "self.opt.step()\nself.cycle.step()",
        program("""
            class Trainer:
                def __init__(self, model):
                    self.model = model
                    self.opt = torch.optim.SGD(model.parameters(), lr=0.01)
                    self.cycle = torch.optim.lr_scheduler.OneCycleLR(self.opt, max_lr=0.1, total_steps=40)

                def fit(self):
                    for step in range(40):
                        self.opt.zero_grad()
                        F.mse_loss(self.model(x), y).backward()
                        self.opt.step()

            Trainer(nn.Linear(1, 1)).fit()
        """),
    ),
    "the schedule before the step": Mistake(
        "scheduler-first",
        "schedule.step()",
        "opt.step()\nschedule.step()  # moved from line 9",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            schedule = torch.optim.lr_scheduler.ExponentialLR(opt, gamma=0.9)
            for step in range(10):
                schedule.step()
                opt.zero_grad()
                F.mse_loss(model(x), y).backward()
                opt.step()
        """),
        ("the first of 10 steps", "0.09"),
    ),
    "the schedule before the epoch": Mistake(
        "scheduler-first",
        "lr_schedule.step()",
        "for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2):\nlr_schedule.step()  # moved from line 9",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            lr_schedule = torch.optim.lr_scheduler.StepLR(opt, 1, gamma=0.5)
            for epoch in range(5):
                lr_schedule.step()
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2):
                    opt.zero_grad()
                    F.mse_loss(model(xb), yb).backward()
                    opt.step()
        """),
        ("0.05",),
    ),
    "the schedule before a function that trains": Mistake(
        "scheduler-first",
        "sched.step()",
        "train(model, opt)\nsched.step()  # moved from line 15",
        program("""
            def train(model, opt):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=4):
                    opt.zero_grad()
                    F.mse_loss(model(xb), yb).backward()
                    opt.step()

            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            sched = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.1, total_iters=6)
            for epoch in range(6):
                sched.step()
                train(model, opt)
        """),
    ),
    "the schedule of an optimizer that was replaced": Mistake(
        "schedules-another",
        "scheduler = torch.optim.lr_scheduler.StepLR(opt, 5)",
        "opt = torch.optim.Adam(model.parameters(), lr=0.01)\n"
        "scheduler = torch.optim.lr_scheduler.StepLR(opt, 5)  # moved from line 7",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            scheduler = torch.optim.lr_scheduler.StepLR(opt, 5)
            opt = torch.optim.Adam(model.parameters(), lr=0.01)
            for step in range(20):
                opt.zero_grad()
                F.mse_loss(model(x), y).backward()
                opt.step()
                scheduler.step()
        """),
        ("20 times", "line 8"),
    ),
    "the schedule of another optimizer": Mistake(
        "schedules-another",
        "sched = torch.optim.lr_scheduler.CosineAnnealingLR(old, T_max=15)",
        "sched = torch.optim.lr_scheduler.CosineAnnealingLR(new, T_max=15)",
        program("""
            model = nn.Linear(1, 1)
            old = torch.optim.SGD(model.parameters(), lr=0.1)
            new = torch.optim.AdamW(model.parameters(), lr=0.01)
            sched = torch.optim.lr_scheduler.CosineAnnealingLR(old, T_max=15)
            for step in range(15):
                loss = F.mse_loss(model(x), y)
                new.zero_grad()
                loss.backward()
                new.step()
                sched.step()
        """),
    ),
    "a schedule made for a copy": Mistake(
        "schedules-another",
        "schedule = torch.optim.lr_scheduler.ExponentialLR(make(model), gamma=0.9)",
        "schedule = torch.optim.lr_scheduler.ExponentialLR(opt, gamma=0.9)",
        program("""
            def make(model):
                return torch.optim.SGD(model.parameters(), lr=0.1)

            model = nn.Linear(1, 1)
            opt = make(model)
            schedule = torch.optim.lr_scheduler.ExponentialLR(make(model), gamma=0.9)
            for epoch in range(10):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=4):
                    opt.zero_grad()
                    F.mse_loss(model(xb), yb).backward()
                    opt.step()
                schedule.step()
        """),
    ),
    "a warm-up that divides whole numbers": Mistake(
        "rate-is-zero",
        "warmup = torch.optim.lr_scheduler.LambdaLR(opt, lambda step: step // 100)",
        "warmup = torch.optim.lr_scheduler.LambdaLR(opt, lambda step: step / 100)",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            warmup = torch.optim.lr_scheduler.LambdaLR(opt, lambda step: step // 100)
            for step in range(60):
                opt.zero_grad()
                F.mse_loss(model(x), y).backward()
                opt.step()
                warmup.step()
        """),
        ("each of 60 steps",),
    ),
    "a rate that came out as 0": Mistake(
        "rate-is-zero",
        "opt = torch.optim.Adam(model.parameters(), lr=1 // 1000)",
        "opt = torch.optim.Adam(model.parameters(), lr=1 / 1000)",
        program("""
            model = nn.Linear(1, 1)
            opt = torch.optim.Adam(model.parameters(), lr=1 // 1000)
            for step in range(60):
                opt.zero_grad()
                F.mse_loss(model(x), y).backward()
                opt.step()
        """),
    ),
    "a schedule that multiplies by 0": Mistake(
        "rate-is-zero",
        "sched = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0 ** (epoch + 1))",
        None,
        program("""
            model = nn.Linear(1, 1)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            sched = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0 ** (epoch + 1))
            for epoch in range(15):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=4):
                    optimizer.zero_grad()
                    F.mse_loss(model(xb), yb).backward()
                    optimizer.step()
                sched.step()
        """),
    ),
    "a schedule that returns a rate, with warm-up": Mistake(
        "rate-for-a-factor",
        "return LR * scale",
        "return scale",
        program("""
            LR = 0.01

            def schedule(step):
                scale = (step + 1) / 5 if step < 5 else 1 - step / 40
                return LR * scale

            model = nn.Linear(1, 1)
            opt = torch.optim.Adam(model.parameters(), lr=LR)
            scheduler = torch.optim.lr_scheduler.LambdaLR(opt, lr_lambda=schedule)
            for step in range(30):
                opt.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
                scheduler.step()
        """),
        ("never above 1e-4", "`opt`'s rate, 0.01", "at most 0.01"),
    ),
    "a schedule that returns a rate for each epoch": Mistake(
        "rate-for-a-factor",
        "sched = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.05 * 0.9**epoch)",
        "sched = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.9**epoch)",
        program("""
            model = nn.Linear(1, 1)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
            sched = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.05 * 0.9**epoch)
            for epoch in range(6):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2):
                    loss = F.mse_loss(model(xb), yb)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                sched.step()
        """),
    ),
    "a table of rates": Mistake(
        "rate-for-a-factor",
        "decay = LambdaLR(opt, lambda epoch: 0.01 if epoch < 10 else 0.001)",
        "opt = torch.optim.Adam(net.parameters(), lr=1.0)",
        program("""
            from torch.optim.lr_scheduler import LambdaLR

            net = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
            opt = torch.optim.Adam(net.parameters(), lr=0.01)
            decay = LambdaLR(opt, lambda epoch: 0.01 if epoch < 10 else 0.001)
            for epoch in range(25):
                loss = F.mse_loss(net(x), y)
                opt.zero_grad()
                loss.backward()
                opt.step()
                decay.step()
        """),
        ("at most 0.01",),
    ),
}
