"""Any card number, said in any of the ways: never six digits of it in a row in what is kept."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.speech.talk import talk
from zerovoice.speech.cards import luhn
from zerovoice.speech.redaction import redact

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
READ = {
    **{name: str(value) for value, name in enumerate(NAMES)},
    **{name: str(value) for value, name in enumerate(TEENS, 10)},
    **{name: str(10 * value) for value, name in enumerate(TENS) if name},
    "oh": "0",
    "nought": "0",
}
FILLERS = ("uh", "then", "and", "dash", "um", "okay")


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    digits = draw(st.text("0123456789", min_size=12, max_size=18))
    return next(digits + check for check in "0123456789" if luhn(digits + check))


def ways(digits: str) -> st.SearchStrategy[str]:
    """How a part of a number may be said or written."""
    said = [digits, " ".join(digits), "-".join(digits), " ".join(NAMES[int(digit)] for digit in digits)]
    said.append(" ".join("oh" if digit == "0" else NAMES[int(digit)] for digit in digits))
    said.append(" ".join("nought" if digit == "0" else digit for digit in digits))
    if len(digits) == 2 and digits[0] == "1":
        said.append(TEENS[int(digits[1])])
    if len(digits) == 2 and digits[0] in "23456789":
        said += [f"{TENS[int(digits[0])]}{joint}{NAMES[int(digits[1])]}" for joint in " -" if digits[1] != "0"]
    if len(digits) == 3 and len(set(digits)) == 1:
        said.append(f"triple {NAMES[int(digits[0])]}")
    if len(digits) == 2 and len(set(digits)) == 1:
        said += [f"double {NAMES[int(digits[0])]}", f"double {digits[0]}"]
    return st.sampled_from(said)


@st.composite
def spoken(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    """A card number, and the turns in which it is said."""
    number = draw(card_numbers())
    turns, words, at = [], [draw(st.sampled_from(["it's", "my number is", "sure"]))], 0
    while at < len(number):
        part = number[at : at + draw(st.integers(1, 4))]
        at += len(part)
        words.append(draw(ways(part)) + draw(st.sampled_from(["", "", ",", "."])))
        if draw(st.integers(0, 4)) == 0:
            words += draw(st.lists(st.sampled_from(FILLERS), min_size=1, max_size=3))
        if draw(st.integers(0, 4)) == 0:
            turns += [("customer", " ".join(words)), ("agent", draw(st.sampled_from(["mm-hm", "go on", "yes"])))]
            words = []
    if words:
        turns.append(("customer", " ".join(words)))
    return number, [*turns, ("customer", "thank you")]


def readable(text: str) -> str:
    """What somebody would write down who reads it, words that are no digits left out."""
    text = re.sub(r"(double|triple) (\w+)", lambda found: (found[2] + " ") * (2 if found[1] == "double" else 3), text)
    return "".join(READ.get(word, word if word.isdigit() else "") for word in re.findall(r"[a-z]+|\d+", text.lower()))


@settings(max_examples=200)
@given(spoken())
@example(("4242424242000000", [("customer", "4242 4242 42 oh oh uh oh oh oh and oh")]))
def test_no_six_digits_of_a_card_number_remain(case):
    number, turns = case
    left = readable(" ".join(word.text for segment in redact(talk(*turns)) for word in segment.words))
    assert not any(number[at : at + 6] in left for at in range(len(number) - 5)), left
    assert readable(" ".join(segment.text for segment in redact(talk(*turns)))) == left


words_of_no_number = st.text("abcdefghijklmnopqrsuvwxyzé'-.,?", min_size=1, max_size=8).filter(
    lambda word: not re.findall(r"\w+", word) or all(part not in READ for part in re.findall(r"\w+", word))
)


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.sampled_from(["agent", "customer"]), st.lists(words_of_no_number, min_size=1)), max_size=8)
)
def test_without_digits_nothing_changes(turns):
    segments = talk(*((speaker, " ".join(words)) for speaker, words in turns))
    assert redact(segments) == segments


anything = st.text(min_size=1, max_size=6).map(lambda text: "".join(text.split()) or "4242") | st.sampled_from(
    [*READ, *FILLERS, "double", "triple", "hundred", "thousand", "4242", "card", "number", "security", "code", "12/27"]
)


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.sampled_from(["agent", "customer"]), st.lists(anything, min_size=1, max_size=12)), max_size=6)
)
def test_times_stay_in_order_and_nothing_is_invented(turns):
    segments = talk(*((speaker, " ".join(words)) for speaker, words in turns))
    redacted = redact(segments)
    known = {word.text for segment in segments for word in segment.words} | {"[card number]", "[security code]"}
    starts = [segment.start for segment in redacted]
    assert starts == sorted(starts)
    for segment in redacted:
        assert segment.start <= segment.words[0].start
        assert segment.end >= segment.words[-1].end
        assert all(one.end <= other.start for one, other in zip(segment.words, segment.words[1:], strict=False))
        assert {word.text for word in segment.words} <= known
        assert segment.text == " ".join(word.text for word in segment.words)
        assert 0 <= segment.confidence <= 1
