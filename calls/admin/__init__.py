"""The floor in the admin site: calls, who waits, agents, queues, recordings."""

from calls.admin import agent, call, queue, recording
from calls.models import Agent, Queue
from numbers.admin import name_targets

__all__ = ["agent", "call", "queue", "recording"]

name_targets("queue", lambda ids: dict(Queue.objects.filter(pk__in=ids).values_list("pk", "name")))
name_targets("agent", lambda ids: dict(Agent.objects.filter(pk__in=ids).values_list("pk", "name")))
