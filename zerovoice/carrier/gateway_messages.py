"""Messages at the carrier."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from twilio.base import values

from zerovoice.carrier import parsing
from zerovoice.carrier.gateway_base import AccountClient, gone_is_done, known, listed
from zerovoice.carrier.results import CarrierMessage

_SEARCH_DEPTH = 200  # messages between one pair of numbers looked through, newest first


class Messages(AccountClient):
    def create_message(
        self, *, to: str, from_: str, body: str, media_urls: Sequence[str] = (), status_callback: str
    ) -> CarrierMessage:
        """Sends an SMS, or an MMS where there are media. Never repeat it after Ambiguous."""
        return _message(
            self._client.messages.create(
                to=to,
                from_=from_,
                body=body,
                media_url=list(media_urls) or values.unset,
                status_callback=status_callback,
            )
        )

    def fetch_message(self, *, sid: str) -> CarrierMessage:
        return _message(self._client.messages(sid).fetch())

    def find_messages(self, *, to: str, from_: str, created_after: datetime) -> list[CarrierMessage]:
        """Messages between two numbers made since `created_after`, newest first."""
        since = created_after.replace(microsecond=0)  # the carrier's times are whole seconds
        found = []
        for instance in listed(self._client.messages, to=to, from_=from_, limit=_SEARCH_DEPTH, page_size=50):
            message = _message(instance)
            if message.created_at is None or message.created_at < since:
                break
            found.append(message)
        return found

    def delete_message(self, *, sid: str) -> None:
        gone_is_done(self._client.messages(sid).delete)

    def delete_media(self, *, message_sid: str, sid: str) -> None:
        gone_is_done(self._client.messages(message_sid).media(sid).delete)

    def download_media(self, *, message_sid: str, sid: str, chunk: int = 65_536) -> Iterator[bytes]:
        """An attachment of a message that came, in pieces. Raises Refused (`not_found`) where there is none,
        Unavailable when it cannot be had now."""
        base = self._client.api.base_url
        url = f"{base}/2010-04-01/Accounts/{self.account_sid}/Messages/{message_sid}/Media/{sid}"
        return self._http.stream(self._client.get_hostname(url), auth=self._client.auth, chunk=chunk)


def _message(instance: Any) -> CarrierMessage:
    return CarrierMessage(
        sid=known(instance).sid,
        status=parsing.message_status(instance.status),
        to=instance.to or "",
        from_=instance.from_ or "",
        body=instance.body or "",
        created_at=instance.date_created,
        error_code=instance.error_code,
    )
