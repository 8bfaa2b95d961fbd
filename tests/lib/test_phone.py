import pytest

from zerovoice.lib import phone


@pytest.mark.parametrize(
    "text",
    [
        "911", "+1911", "112", "+911", "+112", "sip:911@example.com", "SIP:911@example.com;transport=tls", "tel:911",
        "tel:+1-911", "9 1 1", "9-1-1", "(911)", " 911 ", "00112", "011911", "0112", "+44999", "+33112", "+61000",
        "+49110", "+81119", "٩١١", "１１２", "911@example.com", "sip:+1911@example.com", "9.1.1", "+1 (911)",
        "988", "+1988", "+49112", "000",
    ],
)  # fmt: skip
def test_an_emergency_number_is_known_in_every_spelling(text: str) -> None:
    assert phone.is_emergency(text)


@pytest.mark.parametrize(
    "text",
    [
        "116117",
        "+14155550100",
        "+12025550911",
        "+19115550100",
        "+442079460112",
        "+15005550001",
        "+911123456789",
        "",
        "sip:ann@x",
    ],
)
def test_ordinary_numbers_are_no_emergency(text: str) -> None:
    assert not phone.is_emergency(text)


@pytest.mark.parametrize("text", ["+14155550100", "+15551234567", "+442079460112", "+15005550001"])
def test_e164_is_taken_as_it_is(text: str) -> None:
    assert phone.parse_e164(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "14155550100", "+1", "+0123456789", "+1415555010O", "(415) 555-0100", " +14155550100", "+14155550100 ",
     "+1415-555-0100", "+99912345678", "+1234567890123456", "sip:x@y", "+14155550100\n", "+１4155550100", None, 1],
)  # fmt: skip
def test_anything_else_is_no_e164(text: str) -> None:
    with pytest.raises(phone.InvalidPhone):
        phone.parse_e164(text)


def test_the_country_of_a_number() -> None:
    assert phone.country_of("+14155550100") == "US"
    assert phone.country_of("+16135550100") == "CA"
    assert phone.country_of("+18765550100") == "JM"
    assert phone.country_of("+442079460112") == "GB"
    assert phone.country_of("+881612345678") == "ZZ"
    assert phone.country_of("+15551234567") == "US", "not assigned: the main country of its calling code"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("+14155550142", "+1 415-555-0142"),
        ("+442071838750", "+44 20 7183 8750"),
        ("+999123456", "+999123456"),  # of no country
        ("anonymous", "anonymous"),
        ("client:ada", "client:ada"),
    ],
)
def test_a_number_is_spelt_for_people(number: str, words: str) -> None:
    assert phone.spelt(number) == words
