"""How upper apps take part in what happens here."""

from collections.abc import Callable

from zerovoice.accounts.models import Organization

Listener = Callable[[Organization], None]
_listeners: list[Listener] = []


def on_organization_created(listener: Listener) -> Listener:
    """Have `listener(organization)` called in the transaction that makes an organisation. Call it in `apps.py`."""
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


def announce_organization(organization: Organization) -> None:
    for listener in _listeners:
        listener(organization)
