"""What a leg is to do, in the carrier's language. Only reads the rows: asked twice, it says the same."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.templatetags.static import static

from calls import callbacks, consent, ivr, prompts, routing
from calls.models import Agent, Call, CallLeg, IvrMenu, Prompt, Queue, QueueEntry, Voicemail
from zerovoice.carrier import twiml, webhooks

Farewell = CallLeg.Farewell
_FAREWELLS = {
    Farewell.TAKEN: "This call has been taken. Thank you.",
    Farewell.CUSTOMER_LEFT: "The caller has hung up. Goodbye.",
    Farewell.NOT_NOW: "Sorry, nobody can take your call at the moment. Please try again later. Goodbye.",
    Farewell.CALLBACK: "Thank you. You keep your place in line, and we will call you back at this number. Goodbye.",
    Farewell.MESSAGE: "Thank you for your message. Goodbye.",
    Farewell.GOODBYE: "Goodbye.",
}
_AGAIN = {"no_input": "Sorry, I did not hear anything.", "invalid": "Sorry, that is not one of the choices."}
_LEAVE_A_MESSAGE = "Nobody can take your call at the moment. Please leave a message after the tone."
_NO_MESSAGE = "We did not hear a message. Goodbye."
_SORRY = "We are sorry, something went wrong. Please stay on the line."
_APOLOGIES = 15  # together about three minutes
_CALL_BACK = "Press 1 to hang up and keep your place. We will call you back."
_OFFER_SECONDS = 8
_CONSENT_SECONDS = 5
_MESSAGE_SECONDS = 300
_FINISHED = 50  # calls that an expected wait is worked out from


def for_leg(leg: CallLeg) -> str:
    """TwiML for the leg as things are now."""
    call = leg.call
    if leg.farewell and not leg.is_over:
        return goodbye(leg.farewell)
    if call.is_over or leg.is_over or leg.released:
        return twiml.response(twiml.hangup())
    match leg.role:
        case CallLeg.Role.CUSTOMER:
            return _for_customer(call, leg)
        case CallLeg.Role.SUPERVISOR:
            return twiml.response(_listen(call, leg))
    if leg.accepted_at:
        joined = call.partner_id == leg.pk or (leg.transfer and call.phase == Call.Phase.CONSULTING)
        return twiml.response(_conference(call) if joined else twiml.hangup())
    if leg.role == CallLeg.Role.TARGET:
        return twiml.response(twiml.pause(1), twiml.redirect(_again(leg)))
    return _offer(call, leg)


def goodbye(why: str) -> str:
    return twiml.response(twiml.say(_FAREWELLS[Farewell(why)]), twiml.hangup())


def apology(*, again: int, tries: int, leg: str = "") -> str:
    """For whoever asks while something of ours fails. Reads nothing: the database may be what fails.

    `again`: how often they have heard it; `tries`: see `troubles.recover`; `leg`: whose address it was. They stay on
    the line and ask again; after some minutes they may leave a message, which is looked for when things work again.
    """
    if again < _APOLOGIES:
        query = {"again": again + 1, "tries": tries} | ({"leg": leg} if leg else {})
        ask_again = webhooks.public_url("calls-webhooks:fallback", query=query)
        return twiml.response(twiml.say(_SORRY), twiml.pause(3 if again < 3 else 10), twiml.redirect(ask_again))
    return twiml.response(
        twiml.say(_LEAVE_A_MESSAGE),
        twiml.record_message(
            action_url=webhooks.public_url("calls-webhooks:goodbye"),
            recording_status_callback=webhooks.notice_url("astray", uuid.UUID(int=0)),
            max_seconds=_MESSAGE_SECONDS,
        ),
        twiml.hangup(),
    )


def _for_customer(call: Call, leg: CallLeg) -> str:
    if call.asks_consent and call.phase not in _UNRECORDED:
        return _consent(call, leg)
    match call.phase:
        case Call.Phase.JOINED:
            return twiml.response(_conference(call))
        case Call.Phase.WAITING:
            return _waiting(call, leg)
        case Call.Phase.MENU if call.menu:
            return _menu(call, call.menu, leg)
        case Call.Phase.VOICEMAIL:
            return _voicemail(call, leg)
    if call.is_on_hold:
        return twiml.response(twiml.play(_music(call.queue)), twiml.redirect(_again(leg)))
    return twiml.response(twiml.pause(1), twiml.redirect(_again(leg)))


#: In which nothing is recorded but a message, and whoever leaves one knows that.
_UNRECORDED = (Call.Phase.VOICEMAIL, Call.Phase.LEAVING)


def _consent(call: Call, leg: CallLeg) -> str:
    """Before anything else: they are told that the call is recorded, or asked whether it may be."""
    answer = webhooks.public_url("calls-webhooks:consent", leg_id=leg.pk)
    text = twiml.say(call.consent_text)
    if call.consent_mode == Call.Consent.ANNOUNCE:
        return twiml.response(text, twiml.redirect(answer))
    return twiml.response(
        twiml.gather(
            text,
            action_url=answer,
            timeout_seconds=_CONSENT_SECONDS,
            digits=1,
            finish_on_key="",
            action_on_empty=True,
            inputs="dtmf speech",
            hints=consent.HINTS,
            language="en-US",
        ),
        twiml.redirect(answer),
    )


# --- waiting ---


def _waiting(call: Call, leg: CallLeg) -> str:
    entry = call.entries.open().select_related("queue__music").first()
    if entry is None:  # taken, since we read the call: it says what is next by now
        return twiml.response(twiml.pause(1), twiml.redirect(_again(leg)))
    words = _where_in_line(entry)
    music = twiml.play(_music(entry.queue))
    if not entry.queue.offers_callback or not callbacks.may_call_back(call).allowed:
        return twiml.response(*_said(words), music, twiml.redirect(_again(leg)))
    return twiml.response(
        twiml.gather(
            *_said(f"{words} {_CALL_BACK}".strip()),
            music,
            action_url=webhooks.public_url("calls-webhooks:waiting", leg_id=leg.pk, entry_id=entry.pk),
            timeout_seconds=1,
            digits=1,
            finish_on_key="",
        ),
        twiml.redirect(_again(leg)),
    )


def _where_in_line(entry: QueueEntry) -> str:
    queue = entry.queue
    if not (queue.announce_position or queue.announce_wait):
        return "Please hold."
    position = QueueEntry.objects.position(entry)
    words = f"You are number {position} in line." if queue.announce_position else ""
    if queue.announce_wait and (seconds := _expected_wait_seconds(queue, position)) is not None:
        minutes = max(1, round(seconds / 60))
        words += f" The expected wait is about {minutes} {'minute' if minutes == 1 else 'minutes'}."
    return f"{words} Please hold.".strip()


def _expected_wait_seconds(queue: Queue, position: int) -> int | None:
    """From what the queue's last calls took, and who is on duty for it."""
    last = queue.calls.over().order_by("-created_at")[:_FINISHED]
    took = last.values_list("talk_seconds", "hold_seconds", "wrap_up_seconds")
    seconds = [sum(row) for row in took if row[0]]
    if not seconds:
        return None
    away = (Agent.State.BREAK, Agent.State.OFFLINE)
    on_duty = queue.memberships.exclude(agent__state__in=away).count()
    return routing.expected_wait_seconds(position, on_duty, sum(seconds) / len(seconds))


# --- menus ---


def _menu(call: Call, menu: IvrMenu, leg: CallLeg) -> str:
    rules = menu.as_menu()
    because = call.menu_state.get("because", "")
    texts = {"no_input": menu.no_input_text, "invalid": menu.invalid_text}
    again = texts.get(because) or _AGAIN.get(because, "")
    digits = ivr.digits_expected(rules)
    answer = webhooks.public_url(
        "calls-webhooks:menu", leg_id=leg.pk, menu_id=menu.pk, query={"step": int(call.menu_state.get("step", 0))}
    )
    return twiml.response(
        twiml.gather(
            *_said(again, language=menu.language),
            *_said(menu.greeting, menu.prompt, language=menu.language),
            action_url=answer,
            timeout_seconds=menu.timeout_seconds,
            digits=digits,
            finish_on_key="" if digits else "#",
            action_on_empty=True,
            inputs=menu.input,
            hints=ivr.hints(rules) if rules.speech else "",
            language=menu.language if rules.speech else "",
        ),
        twiml.redirect(answer),  # should the carrier not ask: as if nothing had been said
    )


# --- voicemail ---


def _voicemail(call: Call, leg: CallLeg) -> str:
    box = Voicemail.objects.select_related("queue__voicemail_prompt", "agent__voicemail_prompt").get(call=call)
    owner = box.agent or box.queue
    greeting, prompt = (owner.voicemail_greeting, owner.voicemail_prompt) if owner else ("", None)
    return twiml.response(
        *_said(greeting or _LEAVE_A_MESSAGE, prompt),
        twiml.record_message(
            action_url=webhooks.public_url("calls-webhooks:recorded", leg_id=leg.pk),
            recording_status_callback=webhooks.notice_url("voicemail", leg.pk),
            max_seconds=_MESSAGE_SECONDS,
        ),
        twiml.say(_NO_MESSAGE),
        twiml.hangup(),
    )


# --- agents, targets, supervisors ---


def _offer(call: Call, leg: CallLeg) -> str:
    what = "Callback" if call.original_id else "Transfer" if leg.transfer else "Call"
    queue = f" from {call.queue}" if call.queue else ""
    offer = f"{what}{queue}." if leg.entry_id or leg.transfer else "Your call is ready."
    return twiml.response(
        twiml.gather(
            twiml.say(f"{offer} Press 1 to accept."),
            action_url=webhooks.public_url("calls-webhooks:digit", leg_id=leg.pk),
            timeout_seconds=_OFFER_SECONDS,
            digits=1,
            finish_on_key="",
        ),
        twiml.hangup(),
    )


def _listen(call: Call, leg: CallLeg) -> twiml.Verb:
    whispers = leg.mode == CallLeg.Mode.WHISPER
    # The carrier refuses to have somebody whispered to who is not there. Until they are, nobody hears the supervisor.
    partner = call.partner if call.partner and call.partner.role == CallLeg.Role.AGENT else None
    agent = partner.sid if whispers and partner and partner.is_in_conference() else ""
    return _conference(call, muted=leg.mode == CallLeg.Mode.LISTEN or (whispers and not agent), coach=agent or "")


def _conference(call: Call, *, muted: bool = False, coach: str = "") -> twiml.Verb:
    return twiml.join_conference(
        call.conference_name, status_callback=webhooks.notice_url("conference", call.pk), muted=muted, coach=coach
    )


# --- words and sounds ---


def _said(text: str, prompt: Prompt | None = None, *, language: str = "") -> list[twiml.Verb]:
    if prompt:
        return [twiml.play(prompts.url(prompt))]
    return [twiml.say(text, language=language)] if text else []


def _music(queue: Queue | None) -> str:
    if queue and queue.music:
        return prompts.url(queue.music)
    return f"{settings.PUBLIC_URL}{static('calls/hold.wav')}"


def _again(leg: CallLeg) -> str:
    return webhooks.public_url("calls-webhooks:leg", leg_id=leg.pk)
