"""SMS and MMS, both ways."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from . import twiml
from .callbacks import NOBODY, Stream, Target
from .errors import InstructionError
from .identity import country_of, new_sid, normalise
from .instructions import Source, fetch, note
from .outgoing import absolute, is_url

if TYPE_CHECKING:
    from .network import Account, Network, Number

SENDING_SECONDS = 0.5
DELIVERY_SECONDS = 1.0
EVENTS = ("queued", "sent", "delivered", "undelivered", "failed", "canceled")
# GSM 03.38, basic set and extension; anything else makes the message UCS-2.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("^{}\\[~]|€\f")


def segments_of(body: str) -> int:
    """How many SMS a text takes: 160 or 153 GSM characters, 70 or 67 UCS-2 code units."""
    if all(c in _GSM or c in _GSM_EXTENDED for c in body):
        length, one, many = sum(2 if c in _GSM_EXTENDED else 1 for c in body), 160, 153
    else:
        length, one, many = len(body.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= one else -(-length // many)


class Medium:
    """One attachment: where its sender said it is."""

    def __init__(self, url: str, now: float) -> None:
        self.sid = new_sid("ME")
        self.url = url
        self.created = now
        self.content_type = mimetypes.guess_type(urlsplit(url).path)[0] or "application/octet-stream"


class Message:
    """queued → sent → delivered | undelivered outbound; received inbound."""

    def __init__(
        self, net: Network, account: Account, *, direction: str, to: str, from_: str, body: str, media: list[str],
        callback: Target = NOBODY,
    ) -> None:  # fmt: skip
        self.net, self.account, self.direction = net, account, direction
        self.to, self.from_, self.body, self.callback = to, from_, body, callback
        self.created = self.updated = net.clock.now()
        self.media = [Medium(url, self.created) for url in media]
        self.sid = new_sid("MM" if media else "SM")
        self.status = "received" if direction == "inbound" else "queued"
        self.sent: float | None = self.created if direction == "inbound" else None
        self.arrived: float | None = None
        self.error_code: int | None = None
        self.error_message: str | None = None
        self.segments = segments_of(body) if body else 1
        self.stream = Stream()
        self.base_url = ""
        self.errors: list[dict[str, Any]] = []
        net.messages[self.sid] = self

    # --- outbound ---------------------------------------------------------------------------------------------------
    def deliver(self) -> None:
        """Send it on its way: handed to the other network, and then on the phone, unless that cannot be reached."""
        self._tell("queued")
        self.net.clock.call_later(SENDING_SECONDS, self._sent)

    def _sent(self) -> None:
        if self.status != "queued":
            return
        self.sent = self.net.clock.now()
        self._become("sent")
        self.net.clock.call_later(DELIVERY_SECONDS, self._delivered)

    def _delivered(self) -> None:
        if self.net.people.of(self.to).outcome == "unreachable":
            self.error_code, self.error_message = 30003, "Unreachable destination handset"
            self._become("undelivered")
        else:
            self.arrived = self.net.clock.now()
            self._become("delivered")

    def cancel(self) -> None:
        self._become("canceled")

    def _become(self, status: str) -> None:
        self.status, self.updated = status, self.net.clock.now()
        self._tell(status)

    def _tell(self, status: str) -> None:
        if not self.callback.url:
            return
        params = {
            "MessageSid": self.sid, "SmsSid": self.sid, "MessageStatus": status, "SmsStatus": status,
            "To": self.to, "From": self.from_, "ApiVersion": "2010-04-01",
        }  # fmt: skip
        if self.error_code:
            params |= {"ErrorCode": str(self.error_code), "ErrorMessage": self.error_message or ""}
        self.net.notices.send(self.account, self.stream, self.callback, params)

    # --- inbound ----------------------------------------------------------------------------------------------------
    def media_url(self, medium: Medium) -> str:
        base = f"{self.net.config.base_url}/2010-04-01/Accounts/{self.account.sid}"
        return f"{base}/Messages/{self.sid}/Media/{medium.sid}"

    def parameters(self) -> dict[str, str]:
        params = {
            "MessageSid": self.sid, "SmsSid": self.sid, "SmsMessageSid": self.sid, "AccountSid": self.account.sid,
            "From": self.from_, "To": self.to, "Body": self.body, "SmsStatus": self.status,
            "NumMedia": str(len(self.media)), "NumSegments": str(self.segments), "ApiVersion": "2010-04-01",
        }  # fmt: skip
        for name, number in (("From", self.from_), ("To", self.to)):
            params |= {f"{name}City": "", f"{name}State": "", f"{name}Zip": "", f"{name}Country": country_of(number)}
        for index, medium in enumerate(self.media):
            params |= {f"MediaUrl{index}": self.media_url(medium), f"MediaContentType{index}": medium.content_type}
        return params

    async def answer(self, number: Number) -> None:
        """Ask the number's SmsUrl what to do, and do it: <Message> replies, <Redirect>."""
        voice, fallback = number.target("Sms"), number.target("SmsFallback")
        following = Source(voice.url, voice.method) if voice.url else None
        while following is not None:
            source = following
            try:
                document = await fetch(self, source, verbs=twiml.MESSAGE_VERBS)
                following = self._run(document.verbs)
            except InstructionError as error:
                note(self, error.code, str(error))
                if not fallback.url or source.url == fallback.url:
                    return
                params = {"ErrorCode": str(error.code), "ErrorUrl": source.url}
                following = Source(fallback.url, fallback.method, params)

    def _run(self, verbs: list[twiml.Element]) -> Source | None:
        for verb in verbs:
            if verb.name == "Redirect":
                return Source(absolute(verb.text, self.base_url), verb.method())
            body = verb.text or "".join(child.text for child in verb.children if child.name == "Body")
            media = [child.text for child in verb.children if child.name == "Media"]
            if not body and not media:
                raise InstructionError(14103, "<Message> has neither body nor media")
            to, from_ = normalise(verb.get("to", self.from_)), normalise(verb.get("from", self.to))
            if to is None or from_ is None:
                raise InstructionError(14101, f"<Message> cannot go to {verb.get('to')!r}")
            if self.net.opt_outs.blocks(to, from_):
                raise InstructionError(21610, f"{to} wants nothing more from {from_}")
            url = absolute(verb.get("statusCallback"), self.base_url) if verb.get("statusCallback") else ""
            target = Target(url, "POST", frozenset(EVENTS)) if is_url(url) else NOBODY
            Message(
                self.net, self.account, direction="outbound-reply", to=to, from_=from_, body=body,
                media=[absolute(url, self.base_url) for url in media], callback=target,
            ).deliver()  # fmt: skip
        return None
