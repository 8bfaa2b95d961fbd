"""Calls at the carrier."""

from datetime import datetime
from typing import Any

from zerovoice.carrier import parsing
from zerovoice.carrier.errors import CallNotInProgress
from zerovoice.carrier.gateway_base import AccountClient, known, listed, seconds
from zerovoice.carrier.results import CarrierCall

_CALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
_NOT_YET_ANSWERED = frozenset({"queued", "initiated", "ringing"})
_SEARCH_DEPTH = 200  # calls between one pair of numbers looked through, newest first


class Calls(AccountClient):
    def create_call(
        self,
        *,
        to: str,
        from_: str,
        url: str,
        status_callback: str,
        timeout_seconds: int,
        machine_detection: bool = False,
        machine_detection_callback: str = "",
        fallback_url: str = "",
        time_limit_seconds: int | None = None,
    ) -> CarrierCall:
        """Places a call that runs the TwiML of `url` when answered. Never repeat it after Ambiguous."""
        options: dict[str, Any] = {}
        if fallback_url:
            options |= {"fallback_url": fallback_url, "fallback_method": "POST"}
        if time_limit_seconds is not None:
            options["time_limit"] = time_limit_seconds
        if machine_detection:
            options |= {
                "machine_detection": "Enable",
                "async_amd": "true",
                "async_amd_status_callback": machine_detection_callback or status_callback,
                "async_amd_status_callback_method": "POST",
            }
        call = self._client.calls.create(
            to=to,
            from_=from_,
            url=url,
            method="POST",
            status_callback=status_callback,
            status_callback_method="POST",
            status_callback_event=_CALL_EVENTS,
            timeout=timeout_seconds,
            **options,
        )
        return _call(call)

    def fetch_call(self, *, sid: str) -> CarrierCall:
        return _call(self._client.calls(sid).fetch())

    def find_calls(self, *, to: str, from_: str, started_after: datetime) -> list[CarrierCall]:
        """Calls between two numbers made since `started_after`, newest first.

        The carrier can filter by start time, but a call that still waits has none; its list is ordered by creation.
        """
        since = started_after.replace(microsecond=0)  # the carrier's times are whole seconds
        found = []
        for instance in listed(self._client.calls, to=to, from_=from_, limit=_SEARCH_DEPTH, page_size=50):
            call = _call(instance)
            if call.created_at is None or call.created_at < since:
                break
            found.append(call)
        return found

    def end_call(self, *, sid: str) -> CarrierCall:
        """Cancels a call that still rings, completes one in progress; one already over is a success."""
        call = self.fetch_call(sid=sid)
        if call.status in _NOT_YET_ANSWERED:
            call = self._end(sid, "canceled")
        if call.status in _NOT_YET_ANSWERED or call.status == "in_progress":  # answered in that very moment
            call = self._end(sid, "completed")
        return call

    def _end(self, sid: str, status: str) -> CarrierCall:
        try:
            return _call(self._client.calls(sid).update(status=status))
        except CallNotInProgress:
            return self.fetch_call(sid=sid)

    def limit_call(self, *, sid: str, seconds: int) -> CarrierCall:
        """Has the call end so long after its answer. Raises CallNotInProgress."""
        return _call(self._client.calls(sid).update(time_limit=seconds))

    def redirect_call(self, *, sid: str, url: str) -> CarrierCall:
        """Makes a call in progress run the TwiML of `url`. Raises CallNotInProgress."""
        return _call(self._client.calls(sid).update(url=url, method="POST"))


def _call(instance: Any) -> CarrierCall:
    return CarrierCall(
        sid=known(instance).sid,
        status=parsing.call_status(instance.status),
        to=instance.to or "",
        from_=instance._from or "",  # the SDK's own name for it
        direction=parsing.direction(instance.direction),
        created_at=instance.date_created,
        started_at=instance.start_time,
        ended_at=instance.end_time,
        duration_seconds=seconds(instance.duration),
        parent_sid=instance.parent_call_sid or "",
        answered_by=parsing.answered_by(instance.answered_by),
    )
