"""What the network itself does when people write STOP, START or HELP.

It answers, and after a STOP lets nothing through from that sender to that person (21610) until they write START. The
application hears of the word like of any other message. Words: https://help.twilio.com/articles/223134027
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .messages import Message

if TYPE_CHECKING:
    from .network import Network

STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START = frozenset({"START", "YES", "UNSTOP"})
HELP = frozenset({"HELP", "INFO"})
_ANSWERS = {
    STOP: "You will get no more messages from this number. Write START to get them again.",
    START: "You will get messages from this number again. Write HELP for help, STOP to end them.",
    HELP: "Write STOP to get no more messages from this number. Your carrier's rates apply.",
}


class OptOuts:
    """Who wants nothing more from whom."""

    def __init__(self) -> None:
        self._blocks: set[tuple[str, str]] = set()

    def blocks(self, person: str, sender: str) -> bool:
        return (person, sender) in self._blocks

    def hear(self, net: Network, message: Message) -> None:
        """Act on a message that a person wrote; one without a keyword does nothing."""
        word = message.body.strip().upper()
        family = next((words for words in _ANSWERS if word in words), None)
        if family is None:
            return
        pair = (message.from_, message.to)
        if family is STOP:
            self._blocks.add(pair)
        elif family is START:
            self._blocks.discard(pair)
        Message(
            net, message.account, direction="outbound-reply", to=message.from_, from_=message.to,
            body=_ANSWERS[family], media=[],
        ).deliver()  # fmt: skip
