"""The words with which people stop and start messages.

One word alone is a message of its own kind; inside a sentence it is just a word. The families are the carrier's
default ones: https://help.twilio.com/articles/223134027
"""

from typing import Literal

Keyword = Literal["stop", "start", "help", ""]

_STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
_START = frozenset({"start", "yes", "unstop"})
_HELP = frozenset({"help", "info"})


def keyword_of(body: str) -> Keyword:
    """Which family the whole message belongs to; empty for anything else. Case and surrounding blanks do not count."""
    word = body.strip().casefold()
    if word in _STOP:
        return "stop"
    if word in _START:
        return "start"
    return "help" if word in _HELP else ""
