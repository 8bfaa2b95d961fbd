"""Security codes are gone after they were asked for; what only looks like one stays."""

import pytest

from tests.speech.talk import talk, texts
from zerovoice.speech.redaction import CARD, CODE, redact


@pytest.mark.parametrize(
    "question",
    [
        "And the security code?",
        "What's the CVV?",
        "the C V C please",
        "Can I have the CV2?",
        "and the three digits on the back",
        "the last 3 digits on the back please",
        "What is the number on the back of the card?",
        "the card verification number?",
    ],
)
@pytest.mark.parametrize("code", ["123", "one two three", "1-2-3", "one double three", "1 2 3 4."])
def test_a_security_code_is_gone(question, code):
    assert texts(redact(talk(("agent", question), ("customer", code)))) == [question, CODE]


def test_said_in_one_breath():
    said = talk(("customer", "The security code is 123 and that's all."))
    assert texts(redact(said)) == [f"The security code is {CODE} and that's all."]


def test_read_back():
    said = talk(("agent", "The security code?"), ("customer", "one two three"), ("agent", "123, thank you."))
    assert texts(redact(said)) == ["The security code?", CODE, f"{CODE} thank you."]


def test_card_date_and_code_in_a_row():
    said = talk(
        ("agent", "Card number, expiry date and security code, please."),
        ("customer", "4242 4242 4242 4242, expires 12/27, and it's 123."),
    )
    assert texts(redact(said))[1] == f"{CARD} expires 12/27, and it's {CODE}"


def test_the_code_of_a_card():
    said = talk(("customer", "It's 4242 4242 4242 4242, expiry is 12 27, code 123."), ("agent", "Thank you."))
    assert "123" not in texts(redact(said))[0]


@pytest.mark.parametrize(
    "answer",
    [
        "It's 149 dollars.",
        "My house number is 123.",
        "415 555 0100",
        "Expiry is 12 27",
        "in 20 minutes",
        "The total is $123",
        "one second",
    ],
)
def test_other_numbers_stay(answer):
    said = talk(("agent", "And the security code?"), ("customer", answer))
    assert redact(said) == said


@pytest.mark.parametrize(
    "text", ["My post code is 1234", "the promo code 4711", "I was told 123", "the area code is 415"]
)
def test_other_codes_stay(text):
    said = talk(("customer", text))
    assert redact(said) == said


def test_only_the_first_number_is_the_code():
    said = talk(("agent", "The security code?"), ("customer", "123"), ("agent", "It is flight 481."))
    assert texts(redact(said)) == ["The security code?", CODE, "It is flight 481."]
