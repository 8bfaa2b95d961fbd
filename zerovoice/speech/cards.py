"""What makes a row of digits a payment card's number: its check digit (ISO/IEC 7812-1, annex B) and its issuer."""

from __future__ import annotations

SHORTEST, LONGEST = 13, 19

_ANY = frozenset(range(SHORTEST, LONGEST + 1))
_LONG = frozenset(range(16, LONGEST + 1))
#: First digits, from and to, with the lengths issued: the ranges that the networks publish.
_ISSUERS: tuple[tuple[str, str, frozenset[int]], ...] = (
    ("1", "1", frozenset({15})),  # UATP
    ("2200", "2204", _LONG),  # Mir
    ("2221", "2720", frozenset({16})),  # Mastercard
    ("300", "305", _ANY - {13}),  # Diners Club
    ("3095", "3095", _ANY - {13}),
    ("34", "34", frozenset({15})),  # American Express
    ("3528", "3589", _LONG),  # JCB
    ("36", "36", _ANY - {13}),  # Diners Club
    ("37", "37", frozenset({15})),  # American Express
    ("38", "39", _ANY - {13}),  # Diners Club
    ("4", "4", frozenset({13, 16, 19})),  # Visa
    ("50", "50", _ANY),  # Maestro, RuPay, Verve
    ("51", "55", frozenset({16})),  # Mastercard
    ("56", "69", _ANY),  # Maestro, Discover, UnionPay, RuPay
    ("81", "82", _LONG),  # UnionPay, RuPay
    ("9792", "9792", frozenset({16})),  # Troy
)


def lengths(digits: str) -> frozenset[int]:
    """How long the numbers are that begin with these digits (at least four); none when nobody issues them."""
    for low, high, issued in _ISSUERS:
        if low <= digits[: len(low)] <= high:
            return issued
    return frozenset()


def luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0
