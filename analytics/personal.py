"""Totals are nobody's personal data. See zerovoice/lib/personal.py."""

from zerovoice.lib import personal


def register() -> None:
    personal.free("analytics.Tally", "direction", because="a word of ours")
    personal.free("analytics.Tally", "outcome", because="a status or a wrap-up code")
