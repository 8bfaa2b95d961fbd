"""Encodings and parts, by the standard's own figures."""

import pytest

from messaging.segments import segments_of


@pytest.mark.parametrize(
    ("text", "encoding", "count"),
    [
        ("", "GSM-7", 1), ("a" * 160, "GSM-7", 1), ("a" * 161, "GSM-7", 2), ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3), ("€" * 80, "GSM-7", 1), ("€" * 81, "GSM-7", 2),
        ("aa" + "€" * 152, "GSM-7", 3),  # a euro sign is not split: 153 septets hold two a and 75 of them
        ("é" * 160, "GSM-7", 1), ("ê", "UCS-2", 1), ("я" * 70, "UCS-2", 1), ("я" * 71, "UCS-2", 2),
        ("я" * 134, "UCS-2", 2), ("я" * 135, "UCS-2", 3), ("😀" * 35, "UCS-2", 1), ("😀" * 36, "UCS-2", 2),
        ("😀" * 66, "UCS-2", 2), ("😀" * 67, "UCS-2", 3),  # 67 code units hold 33 of them
        ("a" * 1600, "GSM-7", 11), ("`", "UCS-2", 1),
    ],
)  # fmt: skip
def test_a_text_takes_so_many(text: str, encoding: str, count: int) -> None:
    assert (segments_of(text).encoding, segments_of(text).count) == (encoding, count)
