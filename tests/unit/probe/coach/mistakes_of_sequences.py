"""Programs in which a batch of sequences is read across its examples."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import Mistake, program

# As many steps as the test of the fixes wants.
SERIES = """\
torch.manual_seed(0)
series = torch.randn(42, 10, 3)
signs = (series.sum((1, 2)) > 0).float()
"""

SEQUENCES = {
    "an LSTM over the batch": Mistake(
        "batch-as-time",
        "self.lstm = nn.LSTM(3, 6)",
        "self.lstm = nn.LSTM(3, 6, batch_first=True)",
        program(
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.lstm = nn.LSTM(3, 6)
                    self.out = nn.Linear(6, 1)

                def forward(self, x):
                    states, _ = self.lstm(x)
                    return self.out(states[:, -1, :]).squeeze(1)

            model = Net()
            opt = torch.optim.Adam(model.parameters(), lr=0.01)
            for epoch in range(3):
                for xb, yb in DataLoader(TensorDataset(series, signs), batch_size=16, shuffle=True):
                    opt.zero_grad()
                    loss = F.binary_cross_entropy_with_logits(model(xb), yb)
                    loss.backward()
                    opt.step()
            """,
            SERIES,
        ),
        ("`model.lstm`", "[16, 10, …] as 10 sequences of 16 steps"),
    ),
    "a GRU both ways over the batch of an index": Mistake(
        "batch-as-time",
        "gru = nn.GRU(input_size=3, hidden_size=4, bidirectional=True)",
        "gru = nn.GRU(input_size=3, hidden_size=4, bidirectional=True, batch_first=True)",
        program(
            """
            gru = nn.GRU(input_size=3, hidden_size=4, bidirectional=True)
            head = nn.Sequential(nn.Dropout(0.1), nn.Linear(8, 1))
            opt = torch.optim.SGD([*gru.parameters(), *head.parameters()], lr=0.1)
            for epoch in range(3):
                for idx in torch.randperm(42).split(14):
                    hidden = gru(series[idx])[0]
                    loss = F.mse_loss(head(hidden[:, -1]), signs[idx].unsqueeze(1))
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
            """,
            SERIES,
        ),
    ),
    "an RNN over the batch, scored before its last step": Mistake(
        "batch-as-time",
        "rnn = nn.RNN(3, 6, num_layers=2)",
        "rnn = nn.RNN(3, 6, num_layers=2, batch_first=True)",
        program(
            """
            rnn = nn.RNN(3, 6, num_layers=2)
            head = nn.Linear(6, 2)
            opt = torch.optim.Adam([*rnn.parameters(), *head.parameters()])
            for epoch in range(3):
                for start in range(0, 42, 16):
                    some, wanted = series[start : start + 16], signs[start : start + 16].long()
                    states, _ = rnn(some)
                    loss = F.cross_entropy(head(F.dropout(states, 0.1))[:, -1], wanted)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
            """,
            SERIES,
        ),
    ),
    "a transformer over the batch": Mistake(
        "batch-as-time",
        "layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16)",
        "layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16, batch_first=True)",
        program("""
            torch.manual_seed(0)
            tokens = torch.randint(0, 9, (36, 10))
            kinds = tokens[:, 0] % 3

            class Classifier(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.embedding = nn.Embedding(9, 8)
                    layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16)
                    self.encoder = nn.TransformerEncoder(layer, num_layers=2)
                    self.out = nn.Linear(8, 3)

                def forward(self, x):
                    return self.out(self.encoder(self.embedding(x)).mean(dim=1))

            def train():
                net = Classifier()
                opt = torch.optim.Adam(net.parameters(), lr=1e-3)
                loader = DataLoader(TensorDataset(tokens, kinds), batch_size=12, shuffle=True)
                for epoch in range(3):
                    for batch, target in loader:
                        opt.zero_grad()
                        F.cross_entropy(net(batch), target).backward()
                        opt.step()

            train()
        """),
        ("`net.encoder",),
    ),
}
