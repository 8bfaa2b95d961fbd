"""Who is served next, and by whom: plain functions over plain values.

Callers are served by priority, then in the order in which they came. A caller whom no free agent may serve (skills) is
passed over until one may. Which of several free agents is rung is the queue's strategy.
"""

from __future__ import annotations

from enum import StrEnum


class Strategy(StrEnum):
    LONGEST_IDLE = "longest_idle"
    ROUND_ROBIN = "round_robin"
    LEAST_CALLS = "least_calls"
    RING_ALL = "ring_all"
    SKILLS = "skills"
