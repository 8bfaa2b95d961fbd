"""Reading a CSV file from any place in it, a few rows in memory at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

MOST_IN_A_LINE = 65_536
MOST_IN_A_ROW = 4 * MOST_IN_A_LINE
_BOM = b"\xef\xbb\xbf"


class Unreadable(ValueError):
    """The file is no CSV file from here on: what follows cannot be told apart into rows."""


@dataclass(frozen=True)
class Row:
    """`line` is where it begins, from 1. `end` and `end_line`: how many bytes and lines of the file it leaves behind.
    `problem`: why its text cannot be read, else empty."""

    line: int
    values: list[str]
    end: int
    end_line: int
    problem: str = ""

    @property
    def blank(self) -> bool:
        return not any(value.strip() for value in self.values)


def rows(file: IO[bytes], *, delimiter: str, start: int = 0, line: int = 0) -> Iterator[Row]:
    """The rows after the first `start` bytes, which hold `line` lines. Raises Unreadable."""
    file.seek(start)
    lines = _Lines(file, start, line)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        begin = lines.number + 1
        lines.begin_row()
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unreadable(f"Line {begin}: {error}") from error
        problem = "The text is not UTF-8" if any(_foreign(value) for value in values) else ""
        if any("\x00" in value for value in values):
            problem = "Null characters are not allowed"
        yield Row(begin, values, lines.offset, lines.number, problem)


def header(file: IO[bytes]) -> tuple[list[str], str, int, int]:
    """(names in small letters, delimiter, bytes of it, lines of it). Raises Unreadable for an empty file."""
    file.seek(0)
    first = file.readline(MOST_IN_A_LINE)
    delimiter = ";" if first.count(b";") > first.count(b",") else ","
    for row in rows(file, delimiter=delimiter):
        if row.problem:
            raise Unreadable(row.problem)
        return [name.strip().lower() for name in row.values], delimiter, row.end, row.end_line
    raise Unreadable("The file is empty")


def _foreign(value: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in value)


class _Lines:
    """The file's lines as text, and how far it is read. What is no UTF-8 stays visible as lone surrogates."""

    def __init__(self, file: IO[bytes], offset: int, number: int) -> None:
        self._file, self.offset, self.number = file, offset, number
        self._row_begins = offset

    def begin_row(self) -> None:
        self._row_begins = self.offset

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        raw = self._file.readline(MOST_IN_A_LINE + 1)
        if not raw:
            raise StopIteration
        if len(raw) > MOST_IN_A_LINE:
            raise Unreadable(f"Line {self.number + 1} is longer than {MOST_IN_A_LINE} bytes")
        first = self.offset == 0
        self.offset += len(raw)
        self.number += 1
        if self.offset - self._row_begins > MOST_IN_A_ROW:
            raise Unreadable(f"Line {self.number}: a quotation mark was opened long before and never closed")
        return (raw.removeprefix(_BOM) if first else raw).decode("utf-8", errors="surrogateescape")
