"""The encoder: words are read in their line, pooled into cells, cells attend to each other by what and where they are.

A transformer (Vaswani et al., 2017) over cells instead of words: a page has less than half as many, and a name or a
label is one. What a cell is to another (beside, above, aligned) enters as a bias of attention, as in LayoutLMv2 (Xu et
al., 2021), from the geometry of the pair instead of learned tables, so that it holds on other page sizes.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .config import NetworkConfig
from .inputs import CELL_FLOATS, WORD_FLOATS

PAIR_FLOATS = 10
PAIR_HIDDEN = 16
PARTS = 3  # logits of a word and field: a value starts here, ends here, goes through here


class Encoder(nn.Module):
    """B documents of at most n words and m cells -> (B, n, fields, PARTS) logits and (B, fields) logits of absence."""

    def __init__(self, config: NetworkConfig, fields: int) -> None:
        super().__init__()
        self.config, self.fields = config, fields
        self.grams = nn.Embedding(config.buckets + 1, config.word, padding_idx=0)
        self.words = nn.Embedding(config.buckets + 1, config.word, padding_idx=0)
        self.form = nn.Linear(WORD_FLOATS, config.word)
        self.norm = nn.LayerNorm(config.word)
        self.neighbours = nn.Conv1d(config.word, config.word, 3, padding=1)
        self.pool = nn.Linear(3 * config.word, config.cell)
        self.place = nn.Linear(CELL_FLOATS, config.cell)
        self.pair = nn.Sequential(
            nn.Linear(PAIR_FLOATS, PAIR_HIDDEN), nn.ReLU(), nn.Linear(PAIR_HIDDEN, config.heads * config.layers)
        )
        self.layers = nn.ModuleList([Layer(config) for _ in range(config.layers)])
        self.last = nn.LayerNorm(config.cell)
        self.read = nn.Sequential(
            nn.Linear(config.word + config.cell, config.hidden), nn.ReLU(), nn.Linear(config.hidden, fields * PARTS)
        )
        self.absent = nn.Linear(config.cell, fields)
        self.drop = nn.Dropout(config.dropout)
        with torch.no_grad():
            for table in (self.grams, self.words):
                table.weight.normal_(std=0.1)
                table.weight[0] = 0  # nothing

    def forward(
        self,
        grams: Tensor,  # (B, n, TRIGRAMS) rows of the table, 0 = none
        word: Tensor,  # (B, n)
        form: Tensor,  # (B, n, WORD_FLOATS)
        cell: Tensor,  # (B, n)
        start: Tensor,  # (B, m) first word of each cell
        stop: Tensor,  # (B, m) the word after its last; start == stop: padding
        place: Tensor,  # (B, m, CELL_FLOATS)
        box: Tensor,  # (B, m, 4)
    ) -> tuple[Tensor, Tensor]:
        b, n = word.shape
        words, x, real = self.contexts(grams, word, form, cell, start, stop, place, box)
        logits = self.read(self.drop(words)).reshape(b, n, self.fields, PARTS)
        count = torch.clamp(real.to(x.dtype).sum(dim=1), min=1.0)
        absent = self.absent((x * real.to(x.dtype)).sum(dim=1) / count)
        return logits, absent

    def contexts(
        self,
        grams: Tensor,
        word: Tensor,
        form: Tensor,
        cell: Tensor,
        start: Tensor,
        stop: Tensor,
        place: Tensor,
        box: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Arguments of forward -> (B, n, word + cell) of words in context, (B, m, cell), (B, m, 1) which cells are."""
        n = word.shape[1]
        identity = self.grams(grams).sum(dim=2) + self.words(word)
        h = self.drop(self.norm(identity + self.form(form)))
        # Beyond the last word there is nothing, as at the end of a document that was not padded.
        h = h * (torch.arange(n, device=h.device) < stop.amax(dim=1, keepdim=True)).unsqueeze(-1).to(h.dtype)
        h = h + F.relu(self.neighbours(h.transpose(1, 2)).transpose(1, 2))
        real = (stop > start).unsqueeze(-1)  # (B, m, 1)
        total = F.pad(torch.cumsum(h, dim=1), (0, 0, 1, 0))
        length = torch.clamp(stop - start, min=1).unsqueeze(-1).to(h.dtype)
        mean = (_rows(total, stop) - _rows(total, start)) / length
        ends = torch.cat([mean, _rows(h, start), _rows(h, torch.clamp(stop - 1, min=0))], dim=-1)
        x = self.pool(ends) + self.place(place)  # (B, m, cell)
        bias = self.pair(pairs(box))  # (B, m, m, heads * layers)
        bias = bias.masked_fill(~real.transpose(1, 2).unsqueeze(-1), -1e4).permute(0, 3, 1, 2)
        for i, layer in enumerate(self.layers):
            x = layer(x, bias[:, i * self.config.heads : (i + 1) * self.config.heads])
        x = self.last(x)
        return torch.cat([h, _rows(x, cell)], dim=-1), x, real


class Ensemble(nn.Module):
    """Encoders that were trained from other beginnings; their logits are averaged.

    Lakshminarayanan et al., "Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles", 2017.
    """

    def __init__(self, members: Sequence[Encoder]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, *words: Tensor) -> tuple[Tensor, Tensor]:
        """As of an encoder."""
        logits, absent = zip(*(member(*words) for member in self.members))
        return sum(logits[1:], logits[0]) / len(logits), sum(absent[1:], absent[0]) / len(absent)


class Layer(nn.Module):
    """Attention and a feed-forward net, each behind a norm (pre-LN, Xiong et al., 2020)."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        d = config.cell
        self.heads = config.heads
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.up, self.down = nn.Linear(d, 2 * d), nn.Linear(2 * d, d)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """x: (B, m, d). bias: (B, heads, m, m), of attention from the row to the column."""
        b, m, d = x.shape
        qkv = self.qkv(self.norm1(x)).reshape(b, m, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        weight = torch.softmax(q @ k.transpose(2, 3) * (d // self.heads) ** -0.5 + bias, dim=-1)
        x = x + self.drop(self.out((weight @ v).transpose(1, 2).reshape(b, m, d)))
        out: Tensor = x + self.drop(self.down(F.relu(self.up(self.norm2(x)))))
        return out


def _rows(x: Tensor, at: Tensor) -> Tensor:
    """x: (B, n, d), at: (B, m) -> (B, m, d)"""
    return torch.gather(x, 1, at.unsqueeze(-1).expand(-1, -1, x.shape[-1]))


def pairs(box: Tensor) -> Tensor:
    """(B, m, 4) -> (B, m, m, PAIR_FLOATS): where the cell of the column lies, seen from the cell of the row."""
    here, there = box.unsqueeze(2), box.unsqueeze(1)
    d = there - here
    left, right, down = d[..., 0], d[..., 1], d[..., 2]
    overlap = torch.minimum(here[..., 1], there[..., 1]) - torch.maximum(here[..., 0], there[..., 0])
    level = torch.exp(-(down**2))
    return torch.stack(
        [
            left,
            right,
            torch.exp(-100 * torch.abs(left)),
            torch.exp(-100 * torch.abs(right)),
            torch.tanh(down / 2),
            torch.tanh(down / 10),
            level,
            level * torch.tanh(10 * left),
            torch.tanh(10 * overlap),
            (torch.abs(d[..., 3]) < 0.5).to(box.dtype),
        ],
        dim=-1,
    )
