from .agent import Agent, AgentStateChange, QueueMembership
from .call import Call, CallEvent, CallLeg, CallNote, Participation
from .queue import Queue, QueueEntry
from .recording import Recording

__all__ = [
    "Agent",
    "AgentStateChange",
    "Call",
    "CallEvent",
    "CallLeg",
    "CallNote",
    "Participation",
    "Queue",
    "QueueEntry",
    "QueueMembership",
    "Recording",
]
