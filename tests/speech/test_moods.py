"""From the sentiment of lines to that of speakers, of the call and of its parts."""

import pytest

from zerovoice.speech.moods import Line, Sentiment, by_speaker, overall, timeline


def line(score: float, words: int = 4, speaker: str = "customer", start: float = 0) -> Line:
    label = "neutral" if abs(score) < 0.3 else "positive" if score > 0 else "negative"
    return Line(speaker, start, start + 2, "word " * words, Sentiment(label, score, "test"))


def test_nobody_spoke():
    assert overall([]) is None
    assert by_speaker([]) == {}


def test_a_longer_line_weighs_more():
    assert overall([line(-0.9, words=9), line(0.9, words=1)]) == Sentiment("negative", -0.72, "test")


def test_facts_weigh_a_quarter():
    assert overall([line(-0.8), *[line(0.0)] * 4]) == Sentiment("negative", -0.4, "test")


def test_near_zero_is_neutral():
    assert overall([line(-0.8), line(0.9)]) == Sentiment("neutral", 0.05, "test")


def test_a_line_without_words_still_counts():
    assert overall([line(0.0, words=0)]) == Sentiment("neutral", 0.0, "test")


def test_each_speaker_has_one():
    moods = by_speaker([line(0.0, speaker="agent"), line(-0.8), line(0.6, speaker="agent")])
    assert list(moods) == ["agent", "customer"]
    assert moods["customer"] == Sentiment("negative", -0.8, "test")
    assert moods["agent"].score == pytest.approx(0.48)


def test_the_timeline_shows_where_it_turned():
    parts = timeline([line(-0.8, start=1), line(-0.6, start=29.9), line(0.9, start=65)], duration=90, stretches=3)
    assert [(part.start, part.end) for part in parts] == [(0, 30), (30, 60), (60, 90)]
    assert [part.sentiment and part.sentiment.score for part in parts] == [-0.7, None, 0.9]


def test_a_line_at_the_very_end_is_in_the_last_stretch():
    parts = timeline([line(0.9, start=10), line(0.5, start=12)], duration=10, stretches=2)
    assert [part.sentiment and part.sentiment.score for part in parts] == [None, 0.7]


def test_a_call_of_no_length_has_a_timeline():
    assert timeline([line(0.9)], duration=0, stretches=2)[0].sentiment == Sentiment("positive", 0.9, "test")
