"""The one place that talks to the carrier.

Every method takes and returns values of ours and raises errors of ours (`errors.py`); the SDK's do not leave this
module. A gateway belongs to one account: its client, its breaker, its connections.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from twilio.base import values
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from zerovoice.carrier import breaker, parsing
from zerovoice.carrier.errors import Ambiguous, CallNotInProgress, NotConfigured, RefusalMeaning, Refused, Unavailable
from zerovoice.carrier.http import GatewayHttpClient
from zerovoice.carrier.models import CarrierAccount
from zerovoice.carrier.results import CarrierCall, CarrierNumber, CarrierRecording

_CALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
_RECORDING_EVENTS = ["in-progress", "completed", "absent"]
_RUNNING = frozenset({"in_progress", "paused"})
_NOT_YET_ANSWERED = frozenset({"queued", "initiated", "ringing"})
_SEARCH_DEPTH = 200  # calls between one pair of numbers looked through, newest first


@dataclass(frozen=True)
class Credentials:
    """An account's, and how to reach it. The API key is preferred for REST; the token signs webhooks."""

    account_sid: str
    auth_token: str = field(repr=False)
    api_key_sid: str = ""
    api_key_secret: str = field(default="", repr=False)


class Gateway:
    """One carrier account."""

    def __init__(self, credentials: Credentials, http_client: GatewayHttpClient) -> None:
        self.account_sid = credentials.account_sid
        self._http = http_client
        with_key = bool(credentials.api_key_sid and credentials.api_key_secret)
        self._client = _client(
            credentials.account_sid,
            credentials.api_key_sid if with_key else credentials.account_sid,
            credentials.api_key_secret if with_key else credentials.auth_token,
            http_client,
        )
        # A standard API key may not read the account itself (20003); the token may.
        self._owner = _client(credentials.account_sid, credentials.account_sid, credentials.auth_token, http_client)

    # --- Calls -------------------------------------------------------------------------------------------------------

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
    ) -> CarrierCall:
        """Places a call that runs the TwiML of `url` when answered. Never repeat it after Ambiguous."""
        options: dict[str, Any] = {}
        if fallback_url:
            options |= {"fallback_url": fallback_url, "fallback_method": "POST"}
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
        for instance in _listed(self._client.calls, to=to, from_=from_, limit=_SEARCH_DEPTH, page_size=50):
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

    def redirect_call(self, *, sid: str, url: str) -> CarrierCall:
        """Makes a call in progress run the TwiML of `url`. Raises CallNotInProgress."""
        return _call(self._client.calls(sid).update(url=url, method="POST"))

    # --- Recordings --------------------------------------------------------------------------------------------------

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
        return [_recording(instance) for instance in _listed(self._client.calls(call_sid).recordings)]

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

    def download_recording(self, *, sid: str, chunk: int = 65_536) -> Iterator[bytes]:
        """The WAV, in pieces. Raises Refused (`not_found`) where there is none, Unavailable when it breaks off."""
        base = self._client.api.base_url
        url = f"{base}/2010-04-01/Accounts/{self.account_sid}/Recordings/{sid}.wav?RequestedChannels=2"
        return self._http.stream(self._client.get_hostname(url), auth=self._client.auth, chunk=chunk)

    def delete_recording(self, *, sid: str) -> None:
        _gone_is_done(self._client.recordings(sid).delete)

    # --- Numbers -----------------------------------------------------------------------------------------------------

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
        return [_number(instance) for instance in _listed(self._client.incoming_phone_numbers, page_size=100)]

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
        _gone_is_done(self._client.incoming_phone_numbers(sid).delete)

    # --- The account -------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Raises Unavailable when a request now would be refused by the breaker. Asks the carrier nothing."""
        self._http.check()

    def ping(self) -> None:
        """Reads the account with its own credentials. Raises Refused when it is suspended or closed."""
        account = self._owner.api.v2010.accounts(self.account_sid).fetch()
        if account.status != "active":
            raise Refused(20005, f"the account is {account.status}")


def for_organization(organization_id: uuid.UUID) -> Gateway:
    """The gateway of the organisation's own account, else of the instance's. Raises NotConfigured."""
    account = CarrierAccount.objects.filter(organization_id=organization_id, active=True).first()
    return _gateway(_own(account) if account else _instance_credentials())


def for_account_sid(account_sid: str) -> Gateway:
    """The gateway of an account that we know. Raises NotConfigured."""
    if account_sid and account_sid == settings.TWILIO_ACCOUNT_SID:
        return _gateway(_instance_credentials())
    account = CarrierAccount.objects.filter(account_sid=account_sid, active=True).first()
    if account is None:
        raise NotConfigured("No such carrier account is configured")
    return _gateway(_own(account))


def serves(account_sid: str, organization_id: uuid.UUID) -> bool:
    """Whether this organisation's calls run over this account.

    A valid signature only proves which account speaks. An organisation that brings its own account holds its token
    and could sign callbacks about another organisation's calls; so whoever acts on one asks this first.
    """
    own = CarrierAccount.objects.filter(organization_id=organization_id, active=True).values_list("account_sid").first()
    return account_sid == (own[0] if own else settings.TWILIO_ACCOUNT_SID)


def _own(account: CarrierAccount) -> Credentials:
    return Credentials(account.account_sid, account.auth_token, account.api_key_sid, account.api_key_secret)


def _instance_credentials() -> Credentials:
    if not settings.TWILIO_ACCOUNT_SID:
        raise NotConfigured("No carrier account is configured")
    return Credentials(
        settings.TWILIO_ACCOUNT_SID,
        settings.TWILIO_AUTH_TOKEN,
        settings.TWILIO_API_KEY_SID,
        settings.TWILIO_API_KEY_SECRET,
    )


def _gateway(credentials: Credentials) -> Gateway:
    return _cached_gateway(
        credentials,
        breaker.for_account(credentials.account_sid),
        settings.TWILIO_API_URL,
        settings.CARRIER_CONNECT_TIMEOUT_SECONDS,
        settings.CARRIER_READ_TIMEOUT_SECONDS,
    )


@lru_cache(maxsize=256)
def _cached_gateway(
    credentials: Credentials, guard: breaker.Breaker, base_url: str, connect_timeout: float, read_timeout: float
) -> Gateway:
    """Kept, because it holds open connections; new credentials or settings make a new one."""
    http_client = GatewayHttpClient(
        breaker=guard, base_url=base_url, connect_timeout=connect_timeout, read_timeout=read_timeout
    )
    return Gateway(credentials, http_client)


def _client(account_sid: str, username: str, password: str, http_client: GatewayHttpClient) -> Client:
    return Client(
        username,
        password,
        account_sid,
        region=settings.TWILIO_REGION or None,
        edge=settings.TWILIO_EDGE or None,
        http_client=http_client,
    )


def _listed(resource: Any, **options: Any) -> Iterator[Any]:
    """Every record of a list, page by page as needed."""
    try:
        yield from resource.stream(**options)
    except TwilioException as error:
        raise Unavailable("The carrier's answer is no list") from error


def _known(instance: Any) -> Any:
    """A record of the carrier's; one without a SID is no answer to anything."""
    if not instance.sid:
        raise Ambiguous("The carrier's answer has no SID")
    return instance


def _gone_is_done(delete: Any) -> None:
    try:
        delete()
    except Refused as error:
        if error.meaning != RefusalMeaning.NOT_FOUND:
            raise


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


def _seconds(value: Any) -> int | None:
    """The carrier's durations come as text; -1 means that there is none yet."""
    number = parsing.whole_number(None if value is None else str(value))
    return None if number is None or number < 0 else number


def _call(instance: Any) -> CarrierCall:
    return CarrierCall(
        sid=_known(instance).sid,
        status=parsing.call_status(instance.status),
        to=instance.to or "",
        from_=instance._from or "",  # the SDK's own name for it
        direction=parsing.direction(instance.direction),
        created_at=instance.date_created,
        started_at=instance.start_time,
        ended_at=instance.end_time,
        duration_seconds=_seconds(instance.duration),
        parent_sid=instance.parent_call_sid or "",
        answered_by=parsing.answered_by(instance.answered_by),
    )


def _recording(instance: Any) -> CarrierRecording:
    return CarrierRecording(
        sid=_known(instance).sid,
        call_sid=instance.call_sid or "",
        status=parsing.recording_status(instance.status),
        channels=_seconds(instance.channels) or 1,
        started_at=instance.start_time,
        duration_seconds=_seconds(instance.duration),
    )


def _number(instance: Any) -> CarrierNumber:
    can = instance.capabilities or {}
    return CarrierNumber(
        sid=_known(instance).sid,
        phone_number=instance.phone_number,
        friendly_name=instance.friendly_name or "",
        voice=bool(can.get("voice")),
        sms=bool(can.get("sms")),
        mms=bool(can.get("mms")),
    )
