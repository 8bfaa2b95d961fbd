from .agent import Agent, AgentStateChange, QueueMembership
from .call import Call, CallEvent, CallLeg, CallNote, ConferenceEvent
from .hours import BusinessHours
from .ivr import IvrMenu
from .prompt import Prompt
from .queue import Queue, QueueEntry
from .recording import Recording
from .transcript import Mood, Segment, Transcript, TranscriptStep, VectorRemoval
from .voicemail import Voicemail
from .wrap_up import WrapUpCode

__all__ = [
    "Agent",
    "AgentStateChange",
    "BusinessHours",
    "Call",
    "CallEvent",
    "CallLeg",
    "CallNote",
    "ConferenceEvent",
    "IvrMenu",
    "Mood",
    "Prompt",
    "Queue",
    "QueueEntry",
    "QueueMembership",
    "Recording",
    "Segment",
    "Transcript",
    "TranscriptStep",
    "VectorRemoval",
    "Voicemail",
    "WrapUpCode",
]
