"""Correct loops beside the mistakes of `mistakes_of_sequences`."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import program
from tests.unit.probe.coach.mistakes_of_sequences import SERIES


def _trained(layer: str, scores: str, loss: str = "F.mse_loss(predicted.squeeze(1), yb)") -> str:
    """Training of a layer and a head; `scores` are computed from a batch `xb` of shape [16, 10, 3]."""
    return program(
        f"""
        layer = {layer}
        head = nn.Linear(6, 1)
        opt = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.001)
        for epoch in range(3):
            for xb, yb in DataLoader(TensorDataset(series, signs), batch_size=16):
                predicted = head({scores})
                loss = {loss}
                opt.zero_grad()
                loss.backward()
                opt.step()
        """,
        SERIES,
    )


WITH_SEQUENCES = {
    "an LSTM with the batch first": _trained("nn.LSTM(3, 6, batch_first=True)", "layer(xb)[0][:, -1]"),
    "an LSTM with the time first": _trained("nn.LSTM(3, 6)", "layer(xb.transpose(0, 1))[0][-1]"),
    "a GRU with the time first, and its states back": _trained(
        "nn.GRU(3, 6)", "layer(xb.permute(1, 0, 2))[0].transpose(0, 1)[:, -1]"
    ),
    "the mean over the time of an RNN": _trained("nn.RNN(3, 6)", "layer(xb.transpose(0, 1))[0].mean(0)"),
    "scores of each step, the time first, of which the last is taken": _trained(
        "nn.LSTM(3, 6)", "F.dropout(layer(xb.transpose(0, 1))[0])[-1]"
    ),
    "packed sequences": _trained(
        "nn.GRU(3, 6)",
        "layer(nn.utils.rnn.pack_padded_sequence(xb.transpose(0, 1), [10] * len(xb)))[1][-1]",
    ),
    "a recurrent layer over one long series": program("""
        torch.manual_seed(0)
        series = torch.randn(40).cumsum(0).view(40, 1, 1)
        layer, head = nn.LSTM(1, 6), nn.Linear(6, 1)
        opt = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.001)
        for step in range(10):
            loss = F.mse_loss(head(layer(series[:-1])[0][:, -1]), series[1:, 0])
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a language model of letters": program("""
        torch.manual_seed(0)
        letters = torch.randint(0, 5, (12, 33))
        embedding, layer, head = nn.Embedding(5, 6), nn.GRU(6, 6), nn.Linear(6, 5)
        opt = torch.optim.Adam([*embedding.parameters(), *layer.parameters(), *head.parameters()], lr=0.001)
        for step in range(10):
            scores = head(layer(embedding(letters[:-1]))[0])
            loss = F.cross_entropy(scores.flatten(0, 1), letters[1:].flatten())
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a transformer with the batch first": program(
        """
        layer = nn.TransformerEncoderLayer(3, 1, 8, batch_first=True)
        head = nn.Linear(3, 1)
        opt = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.001)
        for step in range(10):
            loss = F.mse_loss(head(layer(series).mean(1)).squeeze(1), signs)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        SERIES,
    ),
    "a transformer with the time first": program(
        """
        layer, head = nn.TransformerEncoderLayer(3, 1, 8), nn.Linear(3, 1)
        opt = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.001)
        for step in range(10):
            loss = F.mse_loss(head(layer(series.transpose(0, 1))[-1]).squeeze(1), signs)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        SERIES,
    ),
}
