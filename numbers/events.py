"""What organisations' own systems are told of their numbers."""

from __future__ import annotations

from numbers.models import PhoneNumber
from zerovoice.webhooks import catalogue, outbox
from zerovoice.webhooks.catalogue import Kind

_KINDS = {
    "purchased": "A number was bought, and is yours.",
    "not_purchased": "A number that was ordered was not bought.",
    "adopted": "A number of your carrier account was taken over.",
    "configured": "Its name, or where its calls go, was changed.",
    "released": "A number was given back.",
}


def register() -> None:
    catalogue.register(
        Kind(
            f"number.{name}",
            words,
            "number",
            "/api/v1/numbers/{id}",
            {"status": {"released": "released", "not_purchased": "failed"}.get(name, "active"), "country": "US"},
            lasting=True,
        )
        for name, words in _KINDS.items()
    )


def tell(number: PhoneNumber, what: str, *, status: str) -> None:
    outbox.record(
        organization_id=number.organization_id,
        kind=f"number.{what}",
        subject=number,
        data={"status": str(status), "country": number.country},
    )
