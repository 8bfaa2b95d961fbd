"""Numbers at the carrier."""

from __future__ import annotations

from typing import Any

from twilio.base import values

from zerovoice.carrier.gateway_base import AccountClient, gone_is_done, known, listed
from zerovoice.carrier.results import AvailableNumber, CarrierNumber, NumberAddresses

_TYPES = {"local": "local", "tollfree": "toll_free", "toll-free": "toll_free", "mobile": "mobile"}


class Numbers(AccountClient):
    def search_numbers(
        self, *, country: str, number_type: str, area_code: str = "", contains: str = "", limit: int = 20
    ) -> list[AvailableNumber]:
        """Numbers for sale, at most `limit`. `number_type` is local, toll_free or mobile.

        `area_code` is for US and CA only; `contains` is a pattern of the carrier's. Raises Refused (`not_found`) where
        the carrier sells none of this type.
        """
        shelf = getattr(self._client.available_phone_numbers(country), number_type)
        found = listed(
            shelf,
            area_code=int(area_code) if area_code else values.unset,
            contains=contains or values.unset,
            limit=limit,
            page_size=limit,
        )
        return [_available(instance, number_type) for instance in found]

    def buy_number(
        self,
        *,
        phone_number: str,
        friendly_name: str,
        addresses: NumberAddresses,
        address_sid: str = "",
        bundle_sid: str = "",
    ) -> CarrierNumber:
        """Spends money. Never repeat it after Ambiguous without looking into `find_number`."""
        return _number(
            self._client.incoming_phone_numbers.create(
                phone_number=phone_number,
                friendly_name=friendly_name,
                address_sid=address_sid or values.unset,
                bundle_sid=bundle_sid or values.unset,
                **_address_fields(addresses),
            )
        )

    def find_number(self, *, phone_number: str) -> CarrierNumber | None:
        """This number, if it is on the account."""
        for instance in listed(self._client.incoming_phone_numbers, phone_number=phone_number, page_size=50):
            if instance.phone_number == phone_number:  # the carrier's filter matches parts of numbers
                return _number(instance)
        return None

    def list_numbers(self) -> list[CarrierNumber]:
        return [_number(instance) for instance in listed(self._client.incoming_phone_numbers, page_size=100)]

    def update_number(
        self, *, sid: str, friendly_name: str | None = None, addresses: NumberAddresses | None = None
    ) -> CarrierNumber:
        """Changes what is given."""
        fields = _address_fields(addresses) if addresses else {}
        if friendly_name is not None:
            fields["friendly_name"] = friendly_name
        return _number(self._client.incoming_phone_numbers(sid).update(**fields))

    def release_number(self, *, sid: str) -> None:
        """A number that is not on the account any more is released already."""
        gone_is_done(self._client.incoming_phone_numbers(sid).delete)


def _address_fields(addresses: NumberAddresses) -> dict[str, Any]:
    given = {name: url for name, url in vars(addresses).items() if url}
    return given | {_method(name): "POST" for name in given}


def _method(name: str) -> str:
    return name.replace("_url", "_method") if name.endswith("_url") else f"{name}_method"


def _available(instance: Any, number_type: str) -> AvailableNumber:
    can = {name.lower(): bool(able) for name, able in (instance.capabilities or {}).items()}
    return AvailableNumber(
        phone_number=instance.phone_number or "",
        number_type=number_type,
        country=instance.iso_country or "",
        region=instance.region or "",
        locality=instance.locality or "",
        voice=can.get("voice", False),
        sms=can.get("sms", False),
        mms=can.get("mms", False),
        address_requirements=instance.address_requirements or "none",
    )


def _number(instance: Any) -> CarrierNumber:
    can = {name.lower(): bool(able) for name, able in (instance.capabilities or {}).items()}
    return CarrierNumber(
        sid=known(instance).sid,
        phone_number=instance.phone_number or "",
        friendly_name=instance.friendly_name or "",
        number_type=_TYPES.get((instance.type or "").lower(), ""),
        voice=can.get("voice", False),
        sms=can.get("sms", False),
        mms=can.get("mms", False),
        addresses=NumberAddresses(
            voice_url=instance.voice_url or "",
            voice_fallback_url=instance.voice_fallback_url or "",
            status_callback=instance.status_callback or "",
            sms_url=instance.sms_url or "",
            sms_fallback_url=instance.sms_fallback_url or "",
        ),
    )
