"""How lines sound: against lines that were never trained on, against VADER, and the kinds that are easily missed."""

import json
import re

import numpy as np
import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from scripts import train_sentiment
from zerovoice.speech.sentiment import LABELS, WEIGHTS, features, score


def places(labels: list[str]) -> np.ndarray:
    return np.array([LABELS.index(label) for label in labels])


def vader(texts: list[str]) -> list[str]:
    """With the thresholds that its authors give."""
    analyzer = SentimentIntensityAnalyzer()
    compounds = [analyzer.polarity_scores(text)["compound"] for text in texts]
    return ["positive" if value >= 0.05 else "negative" if value <= -0.05 else "neutral" for value in compounds]


@pytest.mark.parametrize(("name", "each", "least"), [("held_out", 50, 0.85), ("held_out_later", 20, 0.75)])
def test_fifteen_points_better_than_vader_on_lines_never_seen(name, each, least):
    texts, labels = train_sentiment.held_out_lines(name)
    assert np.bincount(labels).min() >= each
    ours = train_sentiment.macro_f1(labels, places([sentiment.label for sentiment in score(texts)]))
    theirs = train_sentiment.macro_f1(labels, places(vader(texts)))
    assert ours >= least
    assert ours - theirs >= 0.15


def test_held_out_lines_are_not_like_those_trained_on():
    def words(line: str) -> set[str]:
        return set(re.findall(r"[a-z]+", line.lower().replace("'", "")))

    trained = [words(line) for line in train_sentiment.training_lines()[0]]
    for line in (line for name in train_sentiment.HELD_OUT for line in train_sentiment.held_out_lines(name)[0]):
        own = words(line)
        assert max(len(own & other) / len(own | other) for other in trained) < 0.6, line


def test_the_script_makes_the_weights_that_are_shipped():
    """Equal on one machine; on another, a vector's last bit may turn the last digit."""
    texts, labels, _ = train_sentiment.training_lines()
    trained = json.loads(train_sentiment.written(train_sentiment.fit(features(texts), labels)))
    shipped = json.loads(WEIGHTS.read_text())
    assert np.array(trained.pop("weights")) == pytest.approx(np.array(shipped.pop("weights")), abs=2.1e-5)
    assert trained == shipped


@pytest.mark.parametrize(
    "line",
    [
        "Nobody has called me back.",
        "nobody ever rang me",
        "It still does not work.",
        "it's still not working",
        "This is the third time I am calling.",
        "I have called you four times this week.",
        "You said somebody would come on Monday.",
        "I've been on hold for fifty minutes.",
        "Where on earth is my order?",
        "My internet is down again.",
        "I was charged twice.",
    ],
)
def test_complaints_without_negative_words(line):
    assert score([line])[0].label == "negative"


@pytest.mark.parametrize(
    "line",
    [
        "My order number is 48213.",
        "It's fourteen Oak Street, second floor.",
        "Thank you for calling Acme Support, this is Maria, how can I help you today?",
        "Please hold while I transfer your call.",
        "I'm sorry to hear that, let me check that for you.",
        "I'd like to cancel my subscription at the end of the month.",
        "How do I change my PIN?",
        "The technician will come on Thursday between eight and ten.",
        "Okay.",
    ],
)
def test_facts_questions_and_phrases_are_neutral(line):
    assert score([line])[0].label == "neutral"


@pytest.mark.parametrize(
    "line",
    [
        "Thank you so much, you have been very helpful.",
        "That was faster than I expected.",
        "It works again, wonderful.",
        "Not bad at all.",
        "I have no complaints.",
        "I've never had such good service.",
        "It took a while, but your colleague was brilliant.",
        "Have a wonderful day!",
    ],
)
def test_praise_and_thanks_denied_words_among_them(line):
    assert score([line])[0].label == "positive"


@pytest.mark.parametrize(
    "line",
    ["I'm not happy with it.", "That's not good enough.", "Your colleague was friendly but nothing has changed."],
)
def test_denied_praise_is_negative(line):
    assert score([line])[0].label == "negative"


def test_the_score_has_the_sign_of_the_mood():
    good, fact, bad = score(["That is wonderful, thank you!", "The code is four seven one.", "This is outrageous."])
    assert -1 <= bad.score < -0.5 < abs(fact.score) < 0.5 < good.score <= 1
    assert {good.engine, fact.engine, bad.engine} == {train_sentiment.ENGINE}


@pytest.mark.parametrize("line", ["", "   ", "...", "?!"])
def test_a_line_without_a_word_is_neutral(line):
    sentiment = score([line])[0]
    assert (sentiment.label, sentiment.score) == ("neutral", 0)


def test_no_lines_no_scores():
    assert score([]) == []


def test_case_and_neighbours_change_nothing():
    alone = score(["nobody has called me back"])
    assert score(["hello", "NOBODY HAS CALLED ME BACK", "thank you"])[1] == alone[0]
