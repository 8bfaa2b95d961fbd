"""The floor in the admin site: calls, who waits, agents, queues, recordings, and what they are set up with."""

from calls.admin import agent, call, prompt, queue, recording, wrap_up
from calls.models import Agent, Queue
from numbers.admin import name_targets

__all__ = ["agent", "call", "prompt", "queue", "recording", "wrap_up"]

name_targets("queue", lambda ids: dict(Queue.objects.filter(pk__in=ids).values_list("pk", "name")))
name_targets("agent", lambda ids: dict(Agent.objects.filter(pk__in=ids).values_list("pk", "name")))
