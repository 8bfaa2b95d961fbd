"""Words become segments: at the ends of sentences, at pauses, and before they get too long."""

from zerovoice.speech.engine import Word
from zerovoice.speech.sentences import segments


def spoken(*texts: str, rests: dict[int, float] | None = None, seconds: float = 0.4) -> list[Word]:
    """One after the other; `rests` are the seconds of silence before the words of those places."""
    words, at = [], 0.0
    for place, text in enumerate(texts):
        at += (rests or {}).get(place, 0.0)
        words.append(Word(text, at, at + seconds, 0.5 + 0.5 * (place % 2)))
        at += seconds
    return words


def texts(words: list[Word]) -> list[str]:
    return [segment.text for segment in segments("agent", words)]


def test_a_sentence_is_a_segment():
    (first, second) = segments("agent", spoken(" Hello.", " How", " are", " you?"))
    assert (first.text, second.text) == ("Hello.", "How are you?")
    assert (second.start, second.end, second.speaker) == (second.words[0].start, second.words[-1].end, "agent")
    assert second.confidence == 0.8333
    assert [word.text for word in second.words] == ["How", "are", "you?"]


def test_titles_and_figures_end_no_sentence():
    assert texts(spoken(" Mr.", " Miller", " pays", " 3", ".50", " e.g.", " today")) == [
        "Mr. Miller pays 3.50 e.g. today"
    ]


def test_a_pause_ends_one_too():
    assert texts(spoken(" well", " yes", rests={1: 0.8})) == ["well", "yes"]
    assert texts(spoken(" well", " yes", rests={1: 0.7})) == ["well yes"]


def test_who_never_ends_is_cut_where_they_breathe():
    words = spoken(*[f" word{number}" for number in range(60)], rests={28: 0.6})
    parts = segments("agent", words)
    assert parts[0].words[-1].text == "word27"
    assert all(part.end - part.start <= 15 for part in parts)
    assert [word.text for part in parts for word in part.words] == [word.text.strip() for word in words]


def test_nothing_said():
    assert segments("agent", []) == []
