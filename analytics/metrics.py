"""What the figures of a call centre mean. Sources and reasons: docs/api/analytics.md.

Every ratio comes with what was divided by what, so that it can be added up again and checked.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """`value` is None where there is nothing to divide by: no calls are no bad service."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        return round(self.numerator / self.denominator, 4) if self.denominator else None


def service_level(*, answered_in_time: int, answered: int, abandoned: int, short_abandoned: int) -> Ratio:
    """Answered within the threshold ÷ (answered + abandoned - abandoned within the short-abandon limit).

    Of the usual formulas the one that neither rewards letting people wait until they give up nor blames a queue for
    who hung up before anybody could have answered.
    """
    return Ratio(answered_in_time, answered + abandoned - short_abandoned)


def abandonment(*, abandoned: int, short_abandoned: int, offered: int) -> Ratio:
    """Who gave up, of all who waited; those who hung up at once are neither."""
    return Ratio(abandoned - short_abandoned, offered - short_abandoned)


def average_speed_of_answer(*, wait_seconds: int, answered: int) -> Ratio:
    """ASA: seconds, over those alone who were answered."""
    return Ratio(wait_seconds, answered)


def average_handle_time(*, talk_and_hold_seconds: int, wrap_up_seconds: int, handled: int) -> Ratio:
    """AHT: (talk + hold + wrap-up) ÷ handled, in seconds."""
    return Ratio(talk_and_hold_seconds + wrap_up_seconds, handled)


def occupancy(*, handling_seconds: int, available_seconds: int) -> Ratio:
    """Handling ÷ (handling + available). Handling is ringing, talking and wrapping up; breaks count for nothing."""
    return Ratio(handling_seconds, handling_seconds + available_seconds)
