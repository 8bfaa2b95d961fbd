"""How people sound in what they say: positive, neutral or negative.

A linear model over the line's vector and its cues, trained by scripts/train_sentiment.py on call-centre lines. Facts,
questions and an agent's phrases are neutral. See docs/decisions/0041-sentiment.md.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zerovoice.speech.cues import NAMES, after_but, cues
from zerovoice.speech.embedding import DIMENSIONS, MODEL, embed
from zerovoice.speech.moods import Sentiment

LABELS = ("negative", "neutral", "positive")
WEIGHTS = Path(__file__).with_name("sentiment.json")
# A cue is 0 or 1, a number of the vector about 0.05: without this the cues would be all that is learned from.
CUE_SCALE = 0.35


def score(texts: Sequence[str]) -> list[Sentiment]:
    """One for each text, in their order. The score is P(positive) - P(negative); a line without a word is neutral."""
    weights, engine = _weights()
    values = features(texts) @ weights.T
    chances = np.exp(values - values.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    return [
        Sentiment(LABELS[chance.argmax()], round(float(chance[2] - chance[0]), 3), engine)
        if any(letter.isalnum() for letter in text)
        else Sentiment("neutral", 0.0, engine)
        for text, chance in zip(texts, chances, strict=True)
    ]


def features(texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """One row per text: the vector of what it comes to, its cues, and a 1 that the constant is multiplied by."""
    vectors = embed([after_but(text) for text in texts]).astype(np.float64)
    cue_rows = np.array([cues(text) for text in texts], np.float64).reshape(len(texts), len(NAMES))
    return np.hstack([vectors, CUE_SCALE * cue_rows, np.ones((len(texts), 1))])


@cache
def _weights() -> tuple[npt.NDArray[np.float64], str]:
    """One row per label, one column per feature."""
    trained = json.loads(WEIGHTS.read_text())
    if trained["model"] != MODEL or trained["cues"] != list(NAMES):
        raise RuntimeError(f"{WEIGHTS.name} was trained on other features. Run: python -m scripts.train_sentiment")
    return np.array(trained["weights"]).reshape(len(LABELS), DIMENSIONS + len(NAMES) + 1), trained["engine"]
