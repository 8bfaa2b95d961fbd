"""TwiML documents: parsed, checked against what Twilio allows, handed on as a tree of elements.

Malformed XML or a wrong root is fatal (12100, 12102), as at Twilio; an unknown verb, attribute or nesting is Twilio's
schema warning 12200: noted on the call, and the offending part is skipped. A value that cannot be is the verb's own
error. What Twilio knows and the simulator does not do is fatal as well, with a sentence saying so: a test must not pass
because an instruction was silently ignored.
"""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from .errors import InstructionError

_CALLBACK = {"statusCallback", "statusCallbackMethod", "statusCallbackEvent"}
_RECORDING = {
    "recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent", "trim",
}  # fmt: skip

ATTRIBUTES: dict[str, set[str]] = {
    "Say": {"voice", "language", "loop"},
    "Play": {"loop", "digits"},
    "Pause": {"length"},
    "Gather": {
        "input", "action", "method", "timeout", "numDigits", "finishOnKey", "actionOnEmptyResult", "language",
        "bargeIn", "hints", "speechTimeout", "speechModel", "enhanced", "profanityFilter",
    },
    "Record": {
        "action", "method", "timeout", "finishOnKey", "maxLength", "playBeep", "transcribe", "transcribeCallback",
        *_RECORDING,
    },
    "Dial": {
        "action", "method", "timeout", "hangupOnStar", "timeLimit", "callerId", "record", "answerOnBridge",
        "sequential", "ringTone", "recordingTrack", *_RECORDING,
    },
    "Number": {"url", "method", "sendDigits", *_CALLBACK},
    "Client": {"url", "method", *_CALLBACK},
    "Identity": set(),
    "Parameter": {"name", "value"},
    "Sip": {"url", "method", "username", "password", *_CALLBACK},
    "Conference": {
        "muted", "startConferenceOnEnter", "endConferenceOnExit", "participantLabel", "jitterBufferSize", "beep",
        "waitUrl", "waitMethod", "maxParticipants", "record", "region", "coach", "eventCallbackUrl",
        *_CALLBACK, *_RECORDING,
    },
    "Redirect": {"method"},
    "Hangup": set(),
    "Reject": {"reason"},
    "Message": {"to", "from", "action", "method", *_CALLBACK},
    "Body": set(),
    "Media": set(),
}  # fmt: skip
CHILDREN = {
    "Gather": {"Say", "Play", "Pause"},
    "Dial": {"Number", "Client", "Sip", "Conference"},
    "Client": {"Identity", "Parameter"},
    "Message": {"Body", "Media"},
}
VOICE_VERBS = {"Say", "Play", "Pause", "Gather", "Record", "Dial", "Redirect", "Hangup", "Reject"}
MESSAGE_VERBS = {"Message", "Redirect"}
WAIT_VERBS = {"Say", "Play", "Pause", "Redirect"}
# Known to Twilio, not simulated (yet): refused aloud.
NOT_SIMULATED = {
    "Queue", "Enqueue", "Leave", "Connect", "Start", "Stop", "Stream", "Refer", "Pay", "Prompt",
    "Sim", "Application", "Siprec", "Transcription", "Sms", "partialResultCallback",
}  # fmt: skip


@dataclass
class Element:
    """A verb or noun. `text` is stripped."""

    name: str
    attributes: dict[str, str]
    text: str
    children: list["Element"] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def flag(self, name: str, default: bool) -> bool:
        text = self.get(name).lower()
        if text in ("true", "false"):
            return text == "true"
        if text:
            raise InstructionError(12200, f"<{self.name}> {name} must be true or false, not {text!r}")
        return default

    def integer(self, name: str, default: int, *, lowest: int = 0, highest: int = 2**31) -> int:
        text = self.get(name)
        if not text:
            return default
        if not text.lstrip("-").isdigit() or not lowest <= int(text) <= highest:
            raise InstructionError(12200, f"<{self.name}> {name} must be {lowest} to {highest}, not {text!r}")
        return int(text)

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        text = self.get(name) or default
        for word in allowed:
            if word.lower() == text.lower():
                return word
        raise InstructionError(12200, f"<{self.name}> {name} must be one of {', '.join(allowed)}, not {text!r}")

    def method(self, name: str = "method") -> str:
        return self.choice(name, ("POST", "GET"), "POST")


@dataclass
class Document:
    verbs: list[Element]
    warnings: list[str]


def parse(text: bytes | str, verbs: set[str] = VOICE_VERBS) -> Document:
    """Raises InstructionError 12100 (no XML), 12102 (no <Response>), or one about what is not simulated."""
    try:
        root = ET.fromstring(text)  # noqa: S314 (the application under test is trusted; a bomb hurts nobody else)
    except (ET.ParseError, ValueError) as error:
        raise InstructionError(12100, f"Document parse failure: {error}") from error
    if root.tag != "Response":
        raise InstructionError(12102, f"Document parse failure: the root is <{root.tag}>, not <Response>")
    warnings: list[str] = []
    return Document(_children(root, "Response", verbs, warnings), warnings)


def _children(parent: ET.Element, name: str, allowed: set[str], warnings: list[str]) -> list[Element]:
    found = []
    for node in parent:
        if node.tag in NOT_SIMULATED:
            raise InstructionError(12200, f"<{node.tag}> is not simulated")
        if node.tag not in allowed:
            warnings.append(f"<{node.tag}> is not allowed in <{name}>")
            continue
        attributes = {}
        for key, value in node.attrib.items():
            if key in NOT_SIMULATED:
                raise InstructionError(12200, f"{key} of <{node.tag}> is not simulated")
            if key in ATTRIBUTES[node.tag]:
                attributes[key] = value
            else:
                warnings.append(f"<{node.tag}> has no attribute {key}")
        # SSML inside <Say> is spoken as its text.
        text = "".join(node.itertext()) if node.tag == "Say" else node.text or ""
        children = [] if node.tag == "Say" else _children(node, node.tag, CHILDREN.get(node.tag, set()), warnings)
        found.append(Element(node.tag, attributes, " ".join(text.split()), children))
    return found
