"""Who agrees to be recorded, and who only sounds as if."""

import pytest

from calls import consent


@pytest.mark.parametrize(
    "said",
    [
        "Yes.", "Yes, that is fine.", "Yeah", "OK", "Okay with me", "Sure, go ahead, thank you!", "I agree", "I do",
        "I agree to be recorded", "Yes please", "Oh, of course", "That's fine by me", "You may record this call",
    ],
)  # fmt: skip
def test_who_agrees(said: str) -> None:
    assert consent.answer(speech=said) == "yes"


@pytest.mark.parametrize(
    "said",
    [
        "No", "No, I do not agree", "I can't agree", "I cannot agree to that", "I won't agree", "I refuse to agree",
        "Do I have to?", "Are you sure?", "Yes but only for training", "Maybe", "Why?", "Record the call", "Yes, no",
        "Not okay", "I disagree", "Sure, if you must", "Agree I do not",
    ],
)  # fmt: skip
def test_in_doubt_nobody_has(said: str) -> None:
    assert consent.answer(speech=said) == "no"


def test_silence_is_no_answer() -> None:
    assert consent.answer(speech=" … ") == "silence"
