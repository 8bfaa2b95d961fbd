"""What an agent orders at their desk: each is checked by the API's serializer and done by the API's action."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.serializers import BaseSerializer

from calls.actions import agents, calls, hangup, place, recordings, transfer, voicemail
from calls.admin.desk import DeskData
from calls.models import Call
from calls.serializers.agent import PresenceSerializer
from calls.serializers.call import DispositionSerializer, PlaceCallSerializer, WriteNoteSerializer
from calls.serializers.transfer import TransferSerializer
from calls.serializers.voicemail import CallBackSerializer, WriteVoicemailSerializer
from contacts import actions as contacts
from contacts.serializers import WriteContactSerializer
from zerovoice.api.errors import NotFound
from zerovoice.backoffice import pages

COMMANDS: dict[str, Callable[..., Call]] = {
    "hold": transfer.hold,
    "resume": transfer.resume,
    "complete": transfer.complete,
    "cancel": transfer.cancel,
    "hangup": hangup.hang_up,
    "pause_recording": recordings.pause,
    "resume_recording": recordings.resume,
}


class DeskOrder(DeskData):
    verb = "write"
    http_method_names = ["post"]

    def asked(self, serializer: type[BaseSerializer[Any]]) -> dict[str, Any]:
        return self.checked(serializer, principal=self.me)


def _done(**told: Any) -> JsonResponse:
    return JsonResponse({"done": True, **told})


@pages.register
class SetPresence(DeskOrder):
    route = "desk/presence"
    name = "desk_presence"

    def post(self, request: HttpRequest) -> HttpResponse:
        after = agents.set_presence(principal=self.me, agent=self.agent, **self.asked(PresenceSerializer))
        return _done(state=after.state)


@pages.register
class Command(DeskOrder):
    """What needs nothing but the call."""

    route = "desk/calls/<uuid:pk>/order/<slug:command>"
    name = "desk_command"

    def post(self, request: HttpRequest, pk: uuid.UUID, command: str) -> HttpResponse:
        if command not in COMMANDS:
            raise NotFound
        COMMANDS[command](principal=self.me, call=self.call_at_hand(pk))
        return _done()


@pages.register
class Transfer(DeskOrder):
    route = "desk/calls/<uuid:pk>/transfer"
    name = "desk_transfer"

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        call = self.call_at_hand(pk)
        data = self.asked(TransferSerializer)
        how = data.pop("transfer_type")
        target = transfer.Target(**{name.removeprefix("target_"): value for name, value in data.items()})
        transfer.transfer(principal=self.me, call=call, target=target, how=how)
        return _done()


@pages.register
class AddNote(DeskOrder):
    route = "desk/calls/<uuid:pk>/notes"
    name = "desk_note"

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        note = calls.add_note(principal=self.me, call=self.own_call(pk), **self.asked(WriteNoteSerializer))
        return _done(id=str(note.pk))


@pages.register
class SetDisposition(DeskOrder):
    route = "desk/calls/<uuid:pk>/disposition"
    name = "desk_disposition"

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        calls.set_disposition(principal=self.me, call=self.own_call(pk), **self.asked(DispositionSerializer))
        return _done()


@pages.register
class PlaceCall(DeskOrder):
    route = "desk/outbound"
    name = "desk_outbound"

    def post(self, request: HttpRequest) -> HttpResponse:
        call = place.place_call(principal=self.me, **self.asked(PlaceCallSerializer))
        return _done(id=str(call.pk))


@pages.register
class MakeContact(DeskOrder):
    route = "desk/contacts"
    name = "desk_contact"

    def post(self, request: HttpRequest) -> HttpResponse:
        self.need("contacts:write")
        made = contacts.create_contact(principal=self.me, **self.asked(WriteContactSerializer))
        return _done(id=str(made.pk))


@pages.register
class MarkVoicemail(DeskOrder):
    route = "desk/voicemails/<uuid:pk>/status"
    name = "desk_voicemail_status"

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        self.need("voicemails:write")
        row = self.own_voicemail(pk)
        voicemail.set_status(principal=self.me, voicemail=row, **self.asked(WriteVoicemailSerializer))
        return _done()


@pages.register
class CallBack(DeskOrder):
    """Who left a voicemail. Their own phone rings first."""

    route = "desk/voicemails/<uuid:pk>/call-back"
    name = "desk_call_back"

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        self.need("voicemails:read")
        row = self.own_voicemail(pk)
        call = voicemail.call_back(principal=self.me, voicemail=row, **self.asked(CallBackSerializer))
        return _done(id=str(call.pk))
