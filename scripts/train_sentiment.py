"""Trains the sentiment of lines and writes zerovoice/speech/sentiment.json. Says how well it does.

    python -m scripts.train_sentiment [path]

The lines are in scripts/sentiment: one file per label, where lines of one kind stand in a block. Those in HELD_OUT are
for the last figures only: neither a weight nor a setting is chosen by them. The same lines give the same weights.
"""

import json
import sys
from pathlib import Path

import numpy as np

from zerovoice.speech.cues import NAMES
from zerovoice.speech.embedding import MODEL
from zerovoice.speech.sentiment import LABELS, WEIGHTS, features

ENGINE = "minilm-cues-1"
LINES = Path(__file__).with_name("sentiment")
HELD_OUT = ("held_out", "held_out_later")
# The weight of the squared coefficients in the loss; chosen by `cross_validate` from 0.1, 0.3, 1 and 3.
PENALTY = 1.0
FOLDS = 10
# Written with so many decimals: more would be noise of the machine.
DECIMALS = 5


def training_lines() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Lines, the place of each one's label in LABELS, and the number of its block."""
    texts, labels, blocks = [], [], []
    block = 0
    for number, label in enumerate(LABELS):
        for part in (LINES / f"{label}.txt").read_text().split("\n\n"):
            block += 1
            for line in part.split("\n"):
                if line:
                    texts.append(line)
                    labels.append(number)
                    blocks.append(block)
    return texts, np.array(labels), np.array(blocks)


def held_out_lines(name: str) -> tuple[list[str], np.ndarray]:
    rows = [line.split("\t") for line in (LINES / f"{name}.txt").read_text().splitlines() if line[0] != "#"]
    return [text for _, text in rows], np.array([LABELS.index(label) for label, _ in rows])


def fit(rows: np.ndarray, labels: np.ndarray, penalty: float = PENALTY) -> np.ndarray:
    """Multinomial logistic regression by Newton's method: the loss has one minimum, and this ends at it.

    Returns one row of weights per label. The last column of `rows` is the constant, which is not penalised.
    """
    wanted = np.eye(len(LABELS))[labels]
    ridge = np.full(rows.shape[1], penalty)
    ridge[-1] = 0
    weights = np.zeros((len(LABELS), rows.shape[1]))
    while True:
        chances = softmax(rows @ weights.T)
        slope = (chances - wanted).T @ rows + ridge * weights
        if abs(slope).max() < 1e-8:
            return weights
        weights -= newton_step(rows, chances, ridge, slope)


def newton_step(rows: np.ndarray, chances: np.ndarray, ridge: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """The slope divided by the curvature, by conjugate gradients, to a thousandth."""
    step = np.zeros_like(slope)
    rest, direction = slope.copy(), slope.copy()
    while np.linalg.norm(rest) > 1e-3 * np.linalg.norm(slope):
        ahead = rows @ direction.T
        ahead = chances * (ahead - (chances * ahead).sum(axis=1, keepdims=True))
        bent = ahead.T @ rows + ridge * direction
        before = (rest * rest).sum()
        far = before / (direction * bent).sum()
        step += far * direction
        rest -= far * bent
        direction = rest + (rest * rest).sum() / before * direction
    return step


def softmax(values: np.ndarray) -> np.ndarray:
    chances = np.exp(values - values.max(axis=1, keepdims=True))
    return chances / chances.sum(axis=1, keepdims=True)


def cross_validate(rows: np.ndarray, labels: np.ndarray, groups: np.ndarray, penalty: float = PENALTY) -> np.ndarray:
    """What each line is taken for by weights that were trained without any line of its group."""
    guesses = np.zeros_like(labels)
    order = np.random.default_rng(0).permutation(np.unique(groups))
    for held in np.array_split(order, FOLDS):
        apart = np.isin(groups, held)
        guesses[apart] = (rows[apart] @ fit(rows[~apart], labels[~apart], penalty).T).argmax(axis=1)
    return guesses


def confusion(labels: np.ndarray, guesses: np.ndarray) -> np.ndarray:
    """How many lines of the label of the row were taken for the label of the column."""
    table = np.zeros((len(LABELS), len(LABELS)), int)
    np.add.at(table, (labels, guesses), 1)
    return table


def macro_f1(labels: np.ndarray, guesses: np.ndarray) -> float:
    table = confusion(labels, guesses)
    return float(np.mean(2 * np.diag(table) / (table.sum(axis=0) + table.sum(axis=1))))


def written(weights: np.ndarray) -> str:
    trained = {"engine": ENGINE, "model": MODEL, "cues": NAMES, "weights": weights.round(DECIMALS).tolist()}
    return json.dumps(trained) + "\n"


def main() -> None:
    texts, labels, blocks = training_lines()
    rows = features(texts)
    weights = fit(rows, labels)
    Path(sys.argv[1] if len(sys.argv) > 1 else WEIGHTS).write_text(written(weights))
    held_out = [(name, *held_out_lines(name)) for name in HELD_OUT]
    for name, truth, guesses in (
        ("training lines", labels, (rows @ weights.T).argmax(axis=1)),
        ("line by line", labels, cross_validate(rows, labels, np.arange(len(labels)))),
        ("block by block", labels, cross_validate(rows, labels, blocks)),
        *((name, truth, (features(lines) @ weights.T).argmax(axis=1)) for name, lines, truth in held_out),
    ):
        sys.stdout.write(
            f"{name}: macro-F1 {macro_f1(truth, guesses):.3f} of {len(truth)}\n{confusion(truth, guesses)}\n"
        )


if __name__ == "__main__":
    main()
