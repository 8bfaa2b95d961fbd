"""Reading CSV from any place: every row once, whatever its quotes, ends and blanks."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zerovoice.bulk.jobs import safe_cell
from zerovoice.bulk.rows import Unreadable, header, rows

TEXT = 'name,phone\r\n"Lopez, Maria",+1\n\n"two\nlines","say ""hi"""\r\nlast,row'


def read(data: bytes, start: int = 0, line: int = 0) -> list[tuple[int, list[str]]]:
    return [(row.line, row.values) for row in rows(io.BytesIO(data), delimiter=",", start=start, line=line)]


def test_quotes_line_ends_and_blank_lines() -> None:
    assert read(TEXT.encode()) == [
        (1, ["name", "phone"]),
        (2, ["Lopez, Maria", "+1"]),
        (3, []),
        (4, ["two\nlines", 'say "hi"']),
        (6, ["last", "row"]),
    ]


def test_it_goes_on_from_behind_any_row() -> None:
    everything = list(rows(io.BytesIO(TEXT.encode()), delimiter=","))
    for number, row in enumerate(everything):
        rest = read(TEXT.encode(), row.end, row.end_line)
        assert rest == [(later.line, later.values) for later in everything[number + 1 :]]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\x00")), min_size=2, max_size=4)))
def test_what_a_writer_wrote_is_read_from_every_row_on(written: list[list[str]]) -> None:
    import csv

    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(written)
    data = text.getvalue().encode()
    everything = list(rows(io.BytesIO(data), delimiter=","))
    assert [row.values for row in everything] == written
    for number, row in enumerate(everything):
        following = rows(io.BytesIO(data), delimiter=",", start=row.end, line=row.end_line)
        assert [later.values for later in following] == written[number + 1 :]


def test_a_byte_order_mark_is_no_letter() -> None:
    assert header(io.BytesIO(b"\xef\xbb\xbfName;Phone \r\nx;y"))[:2] == (["name", "phone"], ";")


def test_what_is_not_utf_8_is_a_bad_row_and_no_more() -> None:
    found = list(rows(io.BytesIO(b"a,b\nJos\xe9,1\nc,d\n"), delimiter=","))
    assert [(row.line, bool(row.problem)) for row in found] == [(1, False), (2, True), (3, False)]


@pytest.mark.parametrize(
    "data",
    [b"a,b\n" + b"x" * 70_000 + b"\n", b'a,b\n"' + b"x\n" * 200_000, b'a,b\n"c"d,e\n'],
    ids=["long", "open", "bad"],
)
def test_what_cannot_be_told_apart_is_refused_at_its_line(data: bytes) -> None:
    with pytest.raises(Unreadable, match="Line"):
        read(data)


def test_an_empty_file_has_no_header() -> None:
    with pytest.raises(Unreadable):
        header(io.BytesIO(b""))


@pytest.mark.parametrize(
    ("value", "cell"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("-x", "'-x"), ("+1 x", "'+1 x"), ("+14155550142", "+14155550142"),
     ("-5", "-5"), ("plain", "plain"), ("", "")],
)  # fmt: skip
def test_a_formula_is_made_text(value: str, cell: str) -> None:
    assert safe_cell(value) == cell
