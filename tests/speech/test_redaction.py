"""Card numbers, as people say them and as Whisper writes them, are gone; other numbers stay."""

import pytest

from tests.speech.talk import talk, texts
from zerovoice.speech.engine import Segment, Word
from zerovoice.speech.redaction import CARD, redact


@pytest.mark.parametrize(
    "number",
    [
        "4242-4242-4242-4242",
        "4242 4242 4242 4242.",
        "4242, 4242, 4242, 4242",
        "4242.4242.4242.4242",
        "4242424242424242",
        "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
        "4-2-4-2-4-2-4-2-4-2-4-2-4-2-4-2",
        "42 42 42 42 42 42 42 42",
        "four two four two four two four two four two four two four two four two",
        "Forty-two, forty-two, forty two forty two 42 42 42 42",
        "four two four two, 4242, forty two forty two, 4 2 4 2",
        "forty-two hundred forty-two, four thousand two hundred forty-two, four two four two, 4242",
        "four two four two uh four two four two and then 4242 dash 4242",
        "4242, the next four are 4242, then 4242 and the last four are 4242",
        "double five double five triple five five double five double five double four double four",
        "5555 5555 5555 double 4 44",
        "three seven eight two, eight two two four six three, one double oh oh five",
        "3782 822463 1 triple zero 5",
        "3782 822463 10 oh oh 5",
        "six zero one one nought nought nought nought nought nought nought nought nought nought nought four",
        "for two four two four two four two for to for to four two four two",
        "٤٢٤٢ ٤٢٤٢ ４２４２ 4242",
        "2223 0031 2200 3222",
        "4917 6100 0000 0000 003",
        "4222 2222 2222 2",
    ],
)
def test_a_card_number_is_gone(number):
    (segment,) = redact(talk(("customer", f"it's {number} thank you")))
    assert segment.text.removeprefix("it's ").removesuffix(" thank you") in (CARD, f"for {CARD}")


@pytest.mark.parametrize(
    "text",
    [
        "My phone number is plus four nine one seven one two three four five six seven eight",
        "you can reach me on +491712345678901",
        "call me on 0171 2345678 or on 0172 3456789",
        "my mobile is 0044 7700 900 123",
        "it's 415 555 0100",
        "the order number is 4929 1234 5678 9012",
        "the order number is 8842 1234 5678 90",
        "your parcel has the tracking number 9400 1000 0000 0000 0000 00",
        "from 10 to 12 on the 4th of May 2024 for 2 people, and on 12/05/2024 at 10:30",
        "In 2019, 2020 and 2021 it was 1,250 and 1,300, now it's $1,499.99",
        "one moment, I have two of them, one for my mother and one for me",
        "one two three four five six seven eight nine ten",
        "4242 4242 4242 4243",
        "my customer number is 12345678",
        "IMEI 356938035643809",
    ],
)
def test_other_numbers_stay(text):
    segments = talk(("customer", text))
    assert redact(segments) == segments


def test_a_number_over_several_segments_while_the_other_one_nods():
    segments = talk(
        ("agent", "Can I take the long number across the front?"),
        ("customer", "Sure, it's four two four two"),
        ("agent", "Mm-hm."),
        ("customer", "four two four two"),
        ("agent", "go on"),
        ("customer", "4242 and"),
        ("agent", "Yes."),
        ("customer", "forty-two forty-two."),
        ("customer", "Did you get that?"),
    )
    redacted = redact(segments)
    assert texts(redacted) == [
        "Can I take the long number across the front?",
        f"Sure, it's {CARD}",
        "Mm-hm.",
        "go on",
        "Yes.",
        "Did you get that?",
    ]
    assert redacted[1].start == segments[1].start
    assert (redacted[1].words[-1].start, redacted[1].words[-1].end) == (segments[1].words[2].start, segments[7].end)
    assert redacted[1].end == segments[7].end


def test_the_placeholder_is_one_word_with_the_time_and_the_mean_of_what_it_stands_for():
    words = tuple(
        Word(text, at, at + 0.5, probability)
        for text, at, probability in (
            ("It's", 1.0, 1.0), ("4242", 1.5, 0.9), ("-4242", 2.0, 0.7), ("-4242", 2.5, 0.7), ("-4242.", 3.0, 0.5),
        )
    )  # fmt: skip
    (segment,) = redact([Segment("customer", 1.0, 3.5, "It's 4242-4242-4242-4242.", 0.76, words)])
    placeholder = Word(CARD, 1.5, 3.5, pytest.approx(0.7))
    assert segment == Segment("customer", 1.0, 3.5, f"It's {CARD}", 0.85, (words[0], placeholder))


def test_what_is_misheard_is_gone_where_a_card_was_asked_for():
    asked = ("agent", "What is the card number, please?")
    for number in ("4242 4242 4242 4243", "4242 4242 4242 424", "4242 4242 4242", "9242 4242 4242 4242 4"):
        assert texts(redact(talk(asked, ("customer", number)))) == [asked[1], CARD]


def test_another_question_in_between_ends_that():
    for question in ("Thank you. And your phone number?", "What was the order number?"):
        segments = talk(("agent", "I see a card here."), ("agent", question), ("customer", "4242 4242 4242 4243"))
        assert redact(segments) == segments


def test_a_card_that_was_spoken_of_long_ago_is_no_reason():
    segments = talk(("agent", "What is the card number?"), ("customer", "4242 4242 4242 4243"), rest=16)
    assert redact(segments) == segments


def test_what_comes_after_the_number_is_no_part_of_it():
    segments = talk(
        ("agent", "What is the card number?"),
        ("customer", "4242 4242 4242 4242"),
        ("agent", "Thank you. And your phone number?"),
        ("customer", "0171 2345678"),
        ("agent", "And how many would you like?"),
        ("customer", "Three."),
    )
    assert texts(redact(segments))[1::2] == [CARD, "0171 2345678", "Three."]


def test_the_expiry_date_behind_the_number_goes_with_it():
    (segment,) = redact(talk(("customer", "it's 4242 4242 4242 4242 12/27 123 thanks")))
    assert segment.text == f"it's {CARD} thanks"


def test_who_is_interrupted_goes_on():
    segments = talk(
        ("agent", "And the card number?"),
        ("customer", "it's 4242 4242, hang on, let me turn it over, 4242 4242"),
    )
    assert texts(redact(segments))[1] == f"it's {CARD} hang on, let me turn it over, {CARD}"


def test_what_is_read_back_is_gone_too():
    segments = talk(
        ("customer", "It's 4242 4242 4242 4242."),
        ("agent", "So that's four two four two four two and so on, ending in 4242, is that correct?"),
        ("agent", "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2, thank you."),
    )
    assert texts(redact(segments)) == [
        f"It's {CARD}",
        f"So that's {CARD} and so on, ending in 4242, is that correct?",
        f"{CARD} thank you.",
    ]


def test_both_at_once():
    said = talk(("agent", "4242 4242 4242 4242"), ("customer", "that is not what I meant at all"))
    mixed = sorted((*said, *talk(("customer", "one two three four"))), key=lambda segment: segment.start)
    assert texts(redact(mixed)) == [CARD, "one two three four", "that is not what I meant at all"]


def test_nothing_to_hear():
    assert redact([]) == []
