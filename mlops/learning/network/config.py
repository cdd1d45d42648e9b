"""What shapes the network and its training; checked where it is made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """word: dimension of a word. cell: of a cell. buckets: rows of each of the two tables of embeddings."""

    word: int = 48
    cell: int = 96
    heads: int = 4
    layers: int = 2
    buckets: int = 4096
    hidden: int = 96  # of the layer that reads a word in the context of its cell
    dropout: float = 0.1
    # Hidden in training, since real documents are further from synthetic ones than these are from each other: the
    # identity of this share of the words on average, from none to twice as many of a document; and where on the page
    # the cells are, of this share of the documents.
    unknown_words: float = 0.25
    unknown_places: float = 0.3

    def __post_init__(self) -> None:
        sizes = (self.word, self.cell, self.heads, self.layers, self.buckets, self.hidden)
        if min(sizes) < 1 or self.cell % self.heads:
            raise ValueError(f"sizes must be positive, and cell a multiple of heads: {self}")
        if not (0 <= self.dropout < 1 and 0 <= self.unknown_words <= 0.5 and 0 <= self.unknown_places < 1):
            raise ValueError(f"dropout and unknown_places are shares below 1, unknown_words at most ½: {self}")


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Steps of `batch` documents each; the rate rises over `warmup` steps and falls along a cosine.

    It falls to a share of itself, `settled`, and stays there for the last steps, a share `averaged` of all: the network
    has the mean of their weights (Izmailov et al., "Averaging Weights Leads to Wider Optima", UAI 2018).
    members: encoders that are trained so, of other seeds, and averaged.
    """

    documents: int = 16000
    first: int = 1_000_000  # number of the first vendor: the small scorer learns from others
    steps: int = 8000
    batch: int = 8
    rate: float = 2e-3
    warmup: int = 100
    settled: float = 0.3
    averaged: float = 0.5
    weight_decay: float = 0.05
    absence: float = 0.05  # weight of the copy of each document from which the value is left out
    members: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        _check(self, min(self.documents, self.members))
        if not (0 <= self.settled <= 1 and 0 <= self.averaged < 1):
            raise ValueError(f"settled and averaged are shares, averaged below 1: {self}")


@dataclass(frozen=True, slots=True)
class PretrainingConfig:
    """Steps before the training, in which words that are hidden are guessed; on pages nobody labelled.

    archive: share of the documents of a step that are the customer's, the others are synthetic. cells, words: share
    that is hidden, of whole cells and of single words. most_cells: of a document, attention is quadratic in them.
    """

    steps: int = 600
    batch: int = 8
    archive: float = 0.5
    cells: float = 0.25
    words: float = 0.15
    most_cells: int = 150
    rate: float = 2e-3
    warmup: int = 100
    weight_decay: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        _check(self, self.most_cells)
        if not (0 < self.archive <= 1 and 0 <= self.cells < 1 and 0 <= self.words < 1 and self.cells + self.words):
            raise ValueError(f"archive, cells and words are shares, and something must be hidden: {self}")


def _check(config: TrainingConfig | PretrainingConfig, count: int) -> None:
    """Raise ValueError unless `count`, the other counts and the rate are positive; weights may also not decay."""
    if min(count, config.steps, config.batch, config.warmup) < 1 or config.rate <= 0 or config.weight_decay < 0:
        raise ValueError(f"counts and the rate must be positive, the decay of weights not negative: {config}")
