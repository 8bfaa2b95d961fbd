"""Recordings of calls at the carrier."""

from collections.abc import Iterator
from typing import Any

from zerovoice.carrier import parsing
from zerovoice.carrier.gateway_base import AccountClient, gone_is_done, known, listed, seconds
from zerovoice.carrier.results import CarrierRecording

_RECORDING_EVENTS = ["in-progress", "completed", "absent"]
_RUNNING = frozenset({"in_progress", "paused"})


class Recordings(AccountClient):
    def start_recording(self, *, call_sid: str, status_callback: str) -> CarrierRecording:
        """The call's running recording, two channels; one is started if none runs. Raises CallNotInProgress."""
        for recording in self.list_recordings(call_sid=call_sid):
            if recording.status in _RUNNING:
                return recording
        return _recording(
            self._client.calls(call_sid).recordings.create(
                recording_channels="dual",
                recording_status_callback=status_callback,
                recording_status_callback_method="POST",
                recording_status_callback_event=_RECORDING_EVENTS,
                trim="do-not-trim",  # the channels must keep the call's time
            )
        )

    def list_recordings(self, *, call_sid: str) -> list[CarrierRecording]:
        return [_recording(instance) for instance in listed(self._client.calls(call_sid).recordings)]

    def fetch_recording(self, *, sid: str) -> CarrierRecording:
        return _recording(self._client.recordings(sid).fetch())

    def pause_recording(self, *, call_sid: str, sid: str) -> CarrierRecording:
        """Silence is recorded meanwhile, so that times in the recording stay times in the call."""
        return self._set_recording(call_sid, sid, status="paused", pause_behavior="silence")

    def resume_recording(self, *, call_sid: str, sid: str) -> CarrierRecording:
        return self._set_recording(call_sid, sid, status="in-progress")

    def stop_recording(self, *, call_sid: str, sid: str) -> CarrierRecording:
        return self._set_recording(call_sid, sid, status="stopped")

    def _set_recording(self, call_sid: str, sid: str, **fields: Any) -> CarrierRecording:
        return _recording(self._client.calls(call_sid).recordings(sid).update(**fields))

    def download_recording(self, *, sid: str, channels: int, chunk: int = 65_536) -> Iterator[bytes]:
        """The WAV with so many channels (a voicemail has one), in pieces. Raises Refused (`not_found`) where there is
        none, Unavailable when it breaks off."""
        base = self._client.api.base_url
        url = f"{base}/2010-04-01/Accounts/{self.account_sid}/Recordings/{sid}.wav?RequestedChannels={channels}"
        return self._http.stream(self._client.get_hostname(url), auth=self._client.auth, chunk=chunk)

    def delete_recording(self, *, sid: str) -> None:
        gone_is_done(self._client.recordings(sid).delete)


def _recording(instance: Any) -> CarrierRecording:
    return CarrierRecording(
        sid=known(instance).sid,
        call_sid=instance.call_sid or "",
        status=parsing.recording_status(instance.status),
        channels=seconds(instance.channels) or 1,
        started_at=instance.start_time,
        duration_seconds=seconds(instance.duration),
    )
