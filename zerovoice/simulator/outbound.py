"""What the network does with a leg that the API placed, once it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import audio
from .callbacks import NOBODY, Target
from .instructions import Source
from .interpreter import execute
from .people import GREETING
from .recordings import Recording

if TYPE_CHECKING:
    from .call import Call
    from .rest import Params

MODES = ("Enable", "DetectMessageEnd")
HUMAN_SECONDS = 3.0  # Twilio needs about four seconds to tell a person from a machine
MACHINE_SECONDS = 4.0


@dataclass(frozen=True)
class Detection:
    """Answering-machine detection. `asynchronous`: the TwiML does not wait for it."""

    mode: str = ""
    asynchronous: bool = False
    callback: Target = NOBODY

    @classmethod
    def from_params(cls, params: Params) -> Detection:
        mode = params.choice("MachineDetection", MODES)
        params.integer("MachineDetectionTimeout", 30, 3, 59)
        target = Target(
            params.url("AsyncAmdStatusCallback"), params.method("AsyncAmdStatusCallbackMethod"), frozenset({"amd"})
        )
        return cls(mode, params.flag("AsyncAmd"), target)


def begin(
    call: Call,
    source: Source,
    *,
    send_digits: str,
    detection: Detection,
    recording: tuple[str, str, Target] | None,
) -> None:
    async def answered(call: Call) -> None:
        if recording is not None:
            channels, track, target = recording
            Recording(
                call.net, call.account, source="OutboundAPI", channels=2 if channels == "dual" else 1,
                callback=target, call=call, track=track,
            ).start()  # fmt: skip
        if detection.mode and detection.asynchronous:
            call.net.spawn(_detect(call, detection), call)
        elif detection.mode:
            await _detect(call, detection)
        if send_digits:
            await call.play("tone", send_digits, audio.utterance_seconds("tone", send_digits))
        await execute(call, source)

    call.dial(answered)


async def _detect(call: Call, detection: Detection) -> None:
    net = call.net
    machine = net.people.of(call.party).outcome == "machine"
    seconds = HUMAN_SECONDS
    verdict = "human"
    if machine and detection.mode == "DetectMessageEnd":
        verdict = "machine_end_beep"
        seconds = audio.speech_seconds(GREETING) + audio.utterance_seconds("tone", "beep")
    elif machine:
        verdict, seconds = "machine_start", MACHINE_SECONDS
    await net.clock.sleep(seconds)
    if call.over:
        return
    call.answered_by = verdict
    if detection.asynchronous and detection.callback.url:
        params = {
            "CallSid": call.sid, "AnsweredBy": verdict, "MachineDetectionDuration": str(round(seconds * 1000)),
        }  # fmt: skip
        net.notices.send(call.account, call.stream, detection.callback, params)
