"""Whether somebody has agreed to be recorded: from the key that they pressed, or from what they said.

In doubt they have not: whatever is said must be ways to agree and nothing else that means something.
"""

from calls.ivr import words

KEY = "1"
ANNOUNCEMENT = "This call is recorded."
QUESTION = "We would like to record this call. If you agree, press 1 or say yes. If not, please just wait."
#: Ways to agree, each a phrase of its own.
_YES = {
    ("yes",), ("yeah",), ("yep",), ("yup",), ("sure",), ("okay",), ("ok",), ("fine",), ("agreed",), ("absolutely",),
    ("certainly",), ("i", "agree"), ("i", "do"), ("i", "am"), ("go", "ahead"), ("of", "course"), ("thats", "fine"),
    ("that", "is", "fine"), ("thats", "okay"), ("that", "is", "okay"), ("thats", "ok"), ("that", "is", "ok"),
    ("you", "may"), ("you", "can"), ("please", "do"), ("i", "consent"), ("i", "am", "fine"), ("im", "fine"),
}  # fmt: skip
#: What may be said besides and means nothing.
_BESIDES = {
    "please", "thank", "thanks", "you", "oh", "ah", "um", "uh", "well", "and", "hello", "hi", "with", "by", "that",
    "this", "it", "me", "to", "be", "the", "a", "call", "conversation", "record", "recorded", "recording",
}  # fmt: skip
#: For the carrier's ears.
HINTS = "yes, no, I agree, I do not agree"


def answer(*, digits: str = "", speech: str = "") -> str:
    """`yes`, `no`, or `silence` when there was neither a key nor a word.

    >>> answer(speech="Yes, that is fine."), answer(speech="No, I do not agree"), answer(digits="2"), answer()
    ('yes', 'no', 'no', 'silence')
    """
    if digits:
        return "yes" if digits == KEY else "no"
    said = words(speech)
    if not said:
        return "silence"
    return "yes" if _agrees(said) else "no"


def _agrees(said: tuple[str, ...]) -> bool:
    """Whether the words are phrases of _YES, at least one, and _BESIDES."""
    longest = max(map(len, _YES))
    at, agreed = 0, False
    while at < len(said):
        length = next((n for n in range(longest, 0, -1) if said[at : at + n] in _YES), 0)
        if not length and said[at] not in _BESIDES:
            return False
        agreed |= bool(length)
        at += length or 1
    return agreed
