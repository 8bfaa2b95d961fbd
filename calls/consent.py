"""Whether somebody has agreed to be recorded: from the key that they pressed, or from what they said.

In doubt they have not. A word of refusal or doubt anywhere undoes a yes.
"""

from calls.ivr import words

KEY = "1"
ANNOUNCEMENT = "This call is recorded."
QUESTION = "We would like to record this call. If you agree, press 1 or say yes. If not, please just wait."
_YES = (
    {"yes"},
    {"yeah"},
    {"yep"},
    {"sure"},
    {"okay"},
    {"ok"},
    {"agreed"},
    {"i", "agree"},
    {"go", "ahead"},
    {"i", "do"},
)
_NO = {"no", "not", "dont", "never", "nope", "maybe", "why", "what", "stop", "without"}
#: For the carrier's ears.
HINTS = "yes, no, I agree, I do not agree"


def answer(*, digits: str = "", speech: str = "") -> str:
    """`yes`, `no`, or `silence` when there was neither a key nor a word.

    >>> answer(speech="Yes, that is fine."), answer(speech="No, I do not agree"), answer(digits="2"), answer()
    ('yes', 'no', 'no', 'silence')
    """
    if digits:
        return "yes" if digits == KEY else "no"
    said = set(words(speech))
    if not said:
        return "silence"
    return "yes" if any(some <= said for some in _YES) and not said & _NO else "no"
