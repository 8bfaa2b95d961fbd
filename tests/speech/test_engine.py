"""What the engine hears: conversations whose words, speakers and times are known."""

import itertools

import numpy as np
import pytest

from tests.speech.recordings import CONVERSATION, HOLD_MUSIC, Line, errors, recorded, said, words
from zerovoice.simulator.audio import Utterance
from zerovoice.speech.engine import LanguageUnknown, Segment
from zerovoice.speech.redaction import CARD, redact


def heard_by(segments: list[Segment], speaker: str) -> list[str]:
    return words(" ".join(segment.text for segment in segments if segment.speaker == speaker))


def error_rate(lines: list[Line], segments: list[Segment]) -> float:
    """Over both speakers: words under the wrong one count twice, as missing and as added."""
    told = {
        name: words(" ".join(line.text for line in lines if line.speaker == name)) for name in ("agent", "customer")
    }
    wrong = sum(errors(truth, heard_by(segments, name)) for name, truth in told.items())
    return wrong / sum(map(len, told.values()))


def test_a_conversation_is_heard_word_for_word(hear):
    lines = said()
    segments = hear(recorded(lines))
    assert error_rate(lines, segments) < 0.05
    for line in lines:
        started = [one.start for one in segments if one.speaker == line.speaker and abs(one.start - line.start) <= 0.5]
        assert started, line
    assert [segment.start for segment in segments] == sorted(segment.start for segment in segments)
    for segment in segments:
        assert 0.4 < segment.confidence <= 1
        assert segment.end - segment.start <= 15
        assert segment.text.split() == [part for word in segment.words for part in word.text.split()]
        assert segment.start == segment.words[0].start
        assert all(one.start <= one.end <= other.end for one, other in itertools.pairwise(segment.words))
        assert any(line.start - 0.5 <= segment.start <= segment.end <= line.end + 0.5 for line in lines), segment


def test_the_same_file_has_the_same_transcript(hear):
    wav = recorded(said(CONVERSATION[3:4]))
    assert hear(wav) == hear(wav)


def test_both_speak_at_once(hear):
    lines = [*said((CONVERSATION[0], CONVERSATION[2])), *said((CONVERSATION[1], CONVERSATION[7]))]
    assert error_rate(lines, hear(recorded(lines))) < 0.05


def test_long_pauses_and_a_hold_of_five_minutes(hear):
    lines = [*said(CONVERSATION[1:3], rest=9.0), *said(CONVERSATION[5:6], begin=340.0, rest=3.0)]
    segments = hear(recorded(lines))
    assert error_rate(lines, segments) < 0.05
    assert all(any(abs(one.start - line.start) <= 0.5 for one in segments) for line in lines)


def test_music_while_on_hold(hear):
    lines = [*said(CONVERSATION[:1]), *said(CONVERSATION[5:6], begin=340.0)]
    music = Utterance(20.0, "music", HOLD_MUSIC, cut_at=320.0, loop=True)
    segments = hear(recorded(lines, ("customer", music)))
    assert error_rate(lines, segments) < 0.05
    assert not [segment.text for segment in segments if 20 < segment.start < 320]


def test_what_is_no_speech_has_no_words(hear):
    noise = np.random.default_rng(5).normal(0, 1, (20 * 8000, 2)) * (300, 3000)
    wav = bytearray(recorded([], duration=20.0))
    wav[44:] = noise.astype("<i2").tobytes()
    assert hear(bytes(wav)) == []


def test_tones_are_no_words(hear):
    tones = [
        ("agent", Utterance(1.0, "tone", "ring")),
        ("agent", Utterance(8.0, "tone", "beep")),
        ("agent", Utterance(10.0, "tone", "busy", loop=True)),
        ("customer", Utterance(2.0, "tone", "1234567890*#")),
        ("customer", Utterance(9.0, "tone", "5w5w5w5w5w5w5")),
    ]
    assert hear(recorded([], *tones, duration=20.0)) == []


def test_a_card_number_is_heard_and_taken_out(hear):
    lines = said(
        (
            ("agent", "What is the number of your card, please?"),
            ("customer", "It is four two four two, four two four two, four two four two, four two four two."),
        )
    )
    text = " ".join(segment.text for segment in redact(hear(recorded(lines))))
    assert CARD in text
    assert not any(letter.isdigit() for letter in text)


def test_progress_goes_up_and_may_end_the_work(engine, tmp_path):
    path = tmp_path / "call.wav"
    path.write_bytes(recorded(said(CONVERSATION[3:4])))
    parts: list[float] = []
    engine.transcribe(path, channels=("agent", "customer"), language="en", progress=parts.append)
    assert parts == sorted(parts)
    assert parts[-1] == 1.0

    def stop(part: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        engine.transcribe(path, channels=("agent", "customer"), language="en", progress=stop)


def test_an_english_model_refuses_other_languages(engine, tmp_path):
    with pytest.raises(LanguageUnknown, match=r"tiny\.en int8 does not know the language 'de'"):
        engine.transcribe(tmp_path / "none.wav", channels=("agent",), language="de", progress=lambda part: None)
