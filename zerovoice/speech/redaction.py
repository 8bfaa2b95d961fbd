"""Payment card numbers and security codes are taken out of a transcript before anything keeps it.

A number is found in the running words of one speaker, over as many segments as it takes. What decides: whether it
passes Luhn's check, whether an issuer's numbers begin so, and what was last talked about. A transcript mishears: after
"card number" even what fails the check goes. Rather a telephone number too many than a card number too few.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from operator import attrgetter

from zerovoice.speech.cards import LONGEST, SHORTEST, lengths
from zerovoice.speech.engine import Segment, Word
from zerovoice.speech.spoken_digits import MOST_FILLERS, Kind, Token, checked, likely, tokens
from zerovoice.speech.topics import MENTION_SECONDS, Mention, Topic, mentions

CARD, CODE = "[card number]", "[security code]"

#: Who reads out a number rests no longer; and so many other words may come between, if a card was the topic.
REST_SECONDS, MOST_INTERRUPTION = 20.0, 10
#: A number that is read back: at least so much of it, and so near to it.
ECHO_DIGITS, ECHO_SECONDS = 5, 60.0
#: After "security code". Longer ones have the expiry date before them, or are something else.
SHORTEST_CODE, LONGEST_CODE = 3, 8
#: After "card number" a group of four may have got lost.
FEWEST_HEARD = 12
#: E.164. With a plus before it, it is nothing else.
LONGEST_PHONE = 15
#: From the question to the last digit.
LONGEST_READING_SECONDS = 180.0
#: Two people who speak at once: a question's last word may end after the answer began.
OVERLAP_SECONDS = 0.5
#: What a code is not followed by.
MEASURE_WORDS = """
dollar dollars buck bucks pound pounds quid euro euros cent cents pence percent am pm clock minute minutes hour hours
day days week weeks month months year years times people items pieces miles street road avenue lane
"""
MEASURES = frozenset(MEASURE_WORDS.split())


@dataclass(frozen=True, slots=True)
class _Said:
    """A word, and where it stands: its segment, and its place there."""

    word: Word
    segment: int
    place: int


class _Line:
    """All that one speaker says."""

    def __init__(self, said: list[_Said]) -> None:
        self.said = said
        self.tokens = tokens([one.word.text for one in said])
        self.labels: dict[int, str] = {}

    def word(self, token: Token) -> Word:
        return self.said[token.word].word

    def runs(self, questions: Sequence[float]) -> Iterator[_Run]:
        """Numbers as far as they go: through fillers, over segments, till something else is said.

        `questions` are the times when another number became the topic, in order.
        """
        begin, end = -1, -1
        for at, token in enumerate(self.tokens):
            if token.kind is Kind.FILLER:
                continue
            if begin >= 0 and (
                at - end > MOST_FILLERS or token.kind is Kind.OTHER or self._parted(end - 1, at, questions)
            ):
                yield from self._run(begin, end)
                begin = -1
            if token.kind is not Kind.OTHER:
                begin, end = at if begin < 0 else begin, at + 1
        if begin >= 0:
            yield from self._run(begin, end)

    def _run(self, begin: int, end: int) -> Iterator[_Run]:
        if any(token.kind is Kind.NUMBER for token in self.tokens[begin:end]):
            yield _Run(self, begin, end)

    def _parted(self, before: int, after: int, questions: Sequence[float]) -> bool:
        stop, start = self.word(self.tokens[before]).end, self.word(self.tokens[after]).start
        return start - stop > REST_SECONDS or bisect(questions, stop) < bisect(questions, start)

    def mark(self, begin: int, end: int, label: str) -> None:
        for place in range(self.tokens[begin].word, self.tokens[end - 1].word + 1):
            self.labels.setdefault(place, label)


class _Run:
    """From one token to another of a line. What only sounds like a digit at either end may belong to it or not."""

    def __init__(self, line: _Line, begin: int, end: int) -> None:
        numbers = [at for at in range(begin, end) if line.tokens[at].kind is Kind.NUMBER]
        self.line, self.widest = line, (begin, end)
        # One "for" is a word. Two in a row are none.
        self.begin = begin if _sounds(line.tokens[begin : numbers[0]]) > 1 else numbers[0]
        self.end = end if _sounds(line.tokens[numbers[-1] + 1 : end]) > 1 else numbers[-1] + 1

    @cached_property
    def tokens(self) -> Sequence[Token]:
        return self.line.tokens[self.begin : self.end]

    @cached_property
    def digits(self) -> str:
        return likely(self.tokens)

    @property
    def start(self) -> float:
        return self.line.word(self.tokens[0]).start

    @property
    def stop(self) -> float:
        return self.line.word(self.tokens[-1]).end

    @property
    def has_plus(self) -> bool:
        before = self.line.tokens[self.begin - 1].text if self.begin else ""
        return self.tokens[0].plus or before == "plus"

    @property
    def followed_by(self) -> str:
        return self.line.tokens[self.end].text if self.end < len(self.line.tokens) else ""

    def whole(self) -> Iterator[tuple[int, int, int, str]]:
        """(begin, end, number of digits, the first four) of each reading of all of it that passes Luhn's check."""
        for begin in sorted({self.begin, self.widest[0]}, reverse=True):
            for end in sorted({self.end, self.widest[1]}):
                for after, count, first in checked(self.line.tokens[begin:end]):
                    if begin + after == end:
                        yield begin, end, count, first

    def part(self) -> tuple[int, int] | None:
        """Where an issuer's number stands at the beginning, a date behind it, or at the end, a word's digit before it.

        With the rest of the run, unless that is too little to be a code or a date.
        """
        line = self.line.tokens
        ends = [after for after, count, first in checked(self.tokens) if _issued(count, first)]
        if ends:
            end = self.begin + max(ends)
            return self.begin, (end if len(likely(line[end : self.end])) < SHORTEST_CODE else self.end)
        for at in range(max(self.begin, self.end - 4 * LONGEST), self.end):
            for after, count, first in checked(line[at : self.end]):
                if at + after == self.end and _issued(count, first):
                    return (at if len(likely(line[self.begin : at])) < SHORTEST_CODE else self.begin), self.end
        return None

    def mark(self, label: str) -> None:
        self.line.mark(self.begin, self.end, label)


def redact(segments: Sequence[Segment]) -> list[Segment]:
    """The same conversation without card numbers and security codes; where there is none, the same segments.

    `segments` are in order of time, their words' texts joined give theirs. Instead of the words of a number stands one
    word, "[card number]" or "[security code]", with their time and their mean probability. A segment that was nothing
    but the rest of a number is gone, and the one before it ends when that did.
    """
    speakers = list(dict.fromkeys(segment.speaker for segment in segments))
    lines = [_Line(list(_running(segments, speaker))) for speaker in speakers]
    topics = mentions([[(token.text, line.word(token).end) for token in line.tokens] for line in lines])
    questions = [mention.at for mention in topics if mention.topic not in (Topic.CARD, Topic.CARD_NUMBER)]
    runs = sorted((run for line in lines for run in line.runs(questions)), key=lambda run: run.start)
    left = _cards(runs, topics)
    _codes(left, topics)
    return _rebuilt(segments, lines)


def _sounds(part: Sequence[Token]) -> int:
    return sum(token.kind is Kind.MAYBE for token in part)


def _running(segments: Sequence[Segment], speaker: str) -> Iterator[_Said]:
    for number, segment in enumerate(segments):
        if segment.speaker == speaker:
            yield from (_Said(word, number, place) for place, word in enumerate(segment.words))


def _cards(runs: list[_Run], topics: list[Mention]) -> list[_Run]:
    """Marks card numbers; the runs that are none, in order."""
    found: list[_Run] = []
    for run in runs:
        near = _near(topics, run)
        span = _card(run, _topic(near, run))
        if span:
            run.line.mark(*span, CARD)
            found.append(run)
            for mention in near:
                mention.until = max(mention.until, run.stop + MENTION_SECONDS)
    found += _interrupted([run for run in runs if run not in found], topics)
    left = []
    for run in runs:
        if run in found:
            continue
        if len(run.digits) >= ECHO_DIGITS and any(_echoes(run, card) for card in found):
            run.mark(CARD)
        else:
            left.append(run)
    return left


def _card(run: _Run, topic: Topic | None) -> tuple[int, int] | None:
    """The tokens to take out when a run is a card number."""
    heard = len(run.digits)
    if run.has_plus and heard <= LONGEST_PHONE:
        return None
    for begin, end, count, first in run.whole():
        if _issued(count, first) or topic is not Topic.OTHER:
            return begin, end
    if topic is Topic.OTHER:
        return None
    known = bool(lengths(run.digits))
    likely_one = {
        Topic.CARD_NUMBER: heard >= (FEWEST_HEARD if known else SHORTEST),
        Topic.CODE: heard >= SHORTEST,
        Topic.CARD: heard >= SHORTEST and known,
        Topic.EXPIRY: heard >= SHORTEST and known,
    }
    return run.part() or ((run.begin, run.end) if topic and likely_one[topic] else None)


def _interrupted(runs: list[_Run], topics: list[Mention]) -> Iterator[_Run]:
    """Marks card numbers with other words between, where a card is the topic: "4242 4242, hang on, 4242 4242"."""
    for line in {id(run.line): run.line for run in runs}.values():
        own = [run for run in runs if run.line is line]
        for first, run in enumerate(own):
            if _topic(_near(topics, run), run) in (None, Topic.OTHER):
                continue
            last = first
            while last + 1 < len(own) and _goes_on(own[last], own[last + 1]):
                last += 1
                pieces = own[first : last + 1]
                together = [token for piece in pieces for token in piece.tokens]
                if any(after == len(together) and _issued(count, start) for after, count, start in checked(together)):
                    for piece in pieces:
                        piece.mark(CARD)
                        yield piece
                    break


def _goes_on(run: _Run, following: _Run) -> bool:
    return following.begin - run.end <= MOST_INTERRUPTION and following.start - run.stop <= REST_SECONDS


def _echoes(run: _Run, card: _Run) -> bool:
    near = run.start - card.stop <= ECHO_SECONDS and card.start - run.stop <= ECHO_SECONDS
    return near and run.digits in card.digits


def _codes(runs: list[_Run], topics: list[Mention]) -> None:
    """Marks security codes: the first number after they were asked for, and whoever reads it back."""
    told: list[_Run] = []
    for run in runs:
        if not SHORTEST_CODE <= len(run.digits) <= LONGEST_CODE or run.has_plus or run.followed_by in MEASURES:
            continue
        near = _near(topics, run)
        repeated = any(run.digits == code.digits and run.start - code.stop <= ECHO_SECONDS for code in told)
        if repeated or (_topic(near, run) is Topic.CODE and _use(near, Topic.CODE)):
            run.mark(CODE)
            told.append(run)
        elif _topic(near, run) is Topic.EXPIRY:
            _use(near, Topic.EXPIRY)


def _near(topics: list[Mention], run: _Run) -> list[Mention]:
    first = bisect(topics, run.start - LONGEST_READING_SECONDS, key=attrgetter("at"))
    last = bisect(topics, run.start + OVERLAP_SECONDS, key=attrgetter("at"))
    return [mention for mention in topics[first:last] if mention.until >= run.start]


def _topic(near: list[Mention], run: _Run) -> Topic | None:
    """What was spoken of last, and can have such a number: an expiry date has four digits or six, and comes once."""
    for mention in reversed(near):
        if mention.numbers and (mention.topic is not Topic.EXPIRY or SHORTEST_CODE < len(run.digits) <= LONGEST_CODE):
            return mention.topic
    return None


def _use(near: list[Mention], topic: Topic) -> bool:
    for mention in reversed(near):
        if mention.topic is topic and mention.numbers:
            mention.numbers -= 1
            return True
    return False


def _issued(count: int, first: str) -> bool:
    return count in lengths(first)


def _rebuilt(segments: Sequence[Segment], lines: list[_Line]) -> list[Segment]:
    labels: dict[int, dict[int, str]] = {}
    for line in lines:
        for place, label in line.labels.items():
            labels.setdefault(line.said[place].segment, {})[line.said[place].place] = label
    rebuilt: list[Segment | None] = list(segments)
    # Of each speaker: the segment that ends with a placeholder, and the words that this one stands for.
    open_ends: dict[str, tuple[int, str, list[Word]]] = {}
    for number, segment in enumerate(segments):
        before = open_ends.pop(segment.speaker, None)
        own = labels.get(number)
        if not own:
            continue
        if before and _goes_on_in(segment, own, *before[1:]):
            place, label, words = before
            words += segment.words
            rebuilt[place] = _ending(rebuilt[place] or segment, label, words)
            rebuilt[number] = None
            open_ends[segment.speaker] = before
            continue
        rebuilt[number], last = _without(segment, own)
        if len(segment.words) - 1 in own:
            open_ends[segment.speaker] = number, own[len(segment.words) - 1], last
    return [segment for segment in rebuilt if segment is not None]


def _goes_on_in(segment: Segment, labels: dict[int, str], label: str, words: list[Word]) -> bool:
    """Whether a segment is nothing but more of what the placeholder before it stands for."""
    nothing_else = len(labels) == len(segment.words) and set(labels.values()) == {label}
    return nothing_else and segment.start - words[-1].end <= REST_SECONDS


def _without(segment: Segment, labels: dict[int, str]) -> tuple[Segment, list[Word]]:
    """The segment with its placeholders, and the words that the last of them stands for."""
    gaps, text = _gaps(segment), ""
    words: list[Word] = []
    replaced: list[Word] = []
    for label, group in groupby(range(len(segment.words)), key=labels.get):
        places = list(group)
        if label:
            replaced = [segment.words[place] for place in places]
            text += (gaps[places[0]] or " ") + label
            words.append(_placeholder(label, replaced))
        else:
            text += "".join(gaps[place] + segment.words[place].text for place in places)
            words += (segment.words[place] for place in places)
    return _with(segment, words, text.strip()), replaced


def _gaps(segment: Segment) -> list[str]:
    """What stands before each word in the text: a blank, or nothing before the second half of "4242-4242"."""
    gaps, at = [], 0
    for word in segment.words:
        begin = segment.text.find(word.text, at)
        if begin < 0 or segment.text[at:begin].strip():
            return [" "] * len(segment.words)
        gaps.append(segment.text[at:begin])
        at = begin + len(word.text)
    return gaps


def _ending(segment: Segment, label: str, replaced: list[Word]) -> Segment:
    """The segment, whose last placeholder now stands for more."""
    return _with(segment, [*segment.words[:-1], _placeholder(label, replaced)], segment.text)


def _placeholder(label: str, replaced: list[Word]) -> Word:
    probability = sum(word.probability for word in replaced) / len(replaced)
    return Word(label, replaced[0].start, max(word.end for word in replaced), probability)


def _with(segment: Segment, words: list[Word], text: str) -> Segment:
    confidence = round(sum(word.probability for word in words) / len(words), 4)
    end = max(segment.end, words[-1].end)
    return replace(segment, end=end, text=text, confidence=confidence, words=tuple(words))
