"""Numbers at the carrier."""

from collections.abc import Iterable
from typing import Any

from twilio.base import values

from zerovoice.carrier.gateway_base import AccountClient, gone_is_done, known, listed
from zerovoice.carrier.results import CarrierNumber


class Numbers(AccountClient):
    def buy_number(
        self,
        *,
        phone_number: str,
        friendly_name: str,
        voice_url: str,
        voice_fallback_url: str,
        status_callback: str,
        sms_url: str = "",
    ) -> CarrierNumber:
        """Spends money. Never repeat it after Ambiguous without looking into `list_numbers`."""
        return _number(
            self._client.incoming_phone_numbers.create(
                phone_number=phone_number,
                **_number_fields(friendly_name, voice_url, voice_fallback_url, status_callback, sms_url or None),
            )
        )

    def list_numbers(self) -> list[CarrierNumber]:
        return [_number(instance) for instance in listed(self._client.incoming_phone_numbers, page_size=100)]

    def update_number(
        self,
        *,
        sid: str,
        friendly_name: str | None = None,
        voice_url: str | None = None,
        voice_fallback_url: str | None = None,
        status_callback: str | None = None,
        sms_url: str | None = None,
    ) -> CarrierNumber:
        """Changes what is given."""
        fields = _number_fields(friendly_name, voice_url, voice_fallback_url, status_callback, sms_url)
        return _number(self._client.incoming_phone_numbers(sid).update(**fields))

    def release_number(self, *, sid: str) -> None:
        gone_is_done(self._client.incoming_phone_numbers(sid).delete)


def _number_fields(
    friendly_name: str | None,
    voice_url: str | None,
    voice_fallback_url: str | None,
    status_callback: str | None,
    sms_url: str | None,
) -> dict[str, Any]:
    fields = {
        "friendly_name": friendly_name,
        "voice_url": voice_url,
        "voice_fallback_url": voice_fallback_url,
        "status_callback": status_callback,
        "sms_url": sms_url,
    }
    methods = {
        name.replace("_url", "_method") if name.endswith("_url") else f"{name}_method": "POST"
        for name in _given(fields)
        if name != "friendly_name"
    }
    return {name: values.unset if value is None else value for name, value in fields.items()} | methods


def _given(fields: dict[str, str | None]) -> Iterable[str]:
    return [name for name, value in fields.items() if value is not None]


def _number(instance: Any) -> CarrierNumber:
    can = instance.capabilities or {}
    return CarrierNumber(
        sid=known(instance).sid,
        phone_number=instance.phone_number,
        friendly_name=instance.friendly_name or "",
        voice=bool(can.get("voice")),
        sms=bool(can.get("sms")),
        mms=bool(can.get("mms")),
    )
