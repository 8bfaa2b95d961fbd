"""What the words of a line say about the mood of its speaker, beside the line's meaning.

A sentence vector knows what a line is about, but sees little of "not", "again" and "the third time". These few numbers
do. What each is worth is learned by scripts/train_sentiment.py.
"""

import math
import re

PRAISE_WORDS = """
admire adore amazed amazing angel appreciate appreciated appreciates attentive awesome bargain beautiful beautifully
best better blessing bravo bright brilliant brilliantly calm caring charming cheaper cheerful clean clear clearly
comfortable competent compliment congrats congratulations cool cosy courteous delicious delight delighted delightful
dream easier easily easy efficient enjoy enjoyable enjoyed enjoying excellent excited fab fabulous fair fantastic fast
favourite favorite fixed flawless flawlessly fortunate fresh friendly fun funny gem generous gentle glad gorgeous
grateful great handy happier happily happy heaven heavenly helpful hero hooray hurrah hurray ideal impressed
impressive improved improving incredible kind kindly knowledgeable legend lifesaver like love loved lovely loves
loving lucky magic marvellous marvelous neat nice nicely outstanding painless patience patient patiently perfect
perfectly phew pleasant pleasantly pleased pleasing pleasure polite praise professional prompt promptly proud quick
quickly reassured reassuring recommend recommended reliable relief relieved resolved respect safe satisfied saved
saves seamless seamlessly secure sharp simple skilled smooth smoothly solved sorted special splendid spoiled spotless
star stunning success successful super superb superbly sweet tasty terrific thankful thoughtful thrilled tidy top
treat trust understanding useful warm warmly welcome win won wonderful wonderfully working works worth wow yay yippee
"""
PRAISE = frozenset(PRAISE_WORDS.split())
BLAME_WORDS = """
abandoned absurd abysmal afraid angry annoyed annoying annoys anxious appalled appalling arrogant ashamed atrocious
awful bad badly barely blame break breaking breaks broke broken careless catastrophe chaos cheat cheated cold
compensation competitor complain complained complaint complicated confused confusing cracked crap crappy crash crashed
crashes crashing cried crushed cry crying cut damage damaged dangerous dead defective delay delayed delays dented
desperate difficult dirty disappointed disappointing disappointment disaster disgrace disgraceful disgust disgusted
disgusting disrespectful dissatisfied down dreadful dropped dropping drops embarrassed embarrassing error errors
excuse excuses expensive fail failed failing fails failure fault faulty filthy flimsy flooded forgot forgotten fraud
freezes froze frozen frustrated frustrating frustration furious garbage hangs harassed hassle hate hated hates hell
hopeless horrendous horrible hung hurt hurts idiot idiots ignore ignored ignores ignoring ill impolite impossible
incompetent incorrect inferior insult insulted insulting issue issues joke junk late lawyer lazy leak leaking leaks
leaving liar liars lie lied lies loses losing lost loud lousy lying mad mess misled missed missing mistake mistakes
mouldy neglected nightmare noisy nonsense nuisance ombudsman outage outrageous overcharged overpriced pain painful
pathetic pity pointless poor poorly pricey problem problems refuse refused refuses regret regrets rejected ridiculous
ripoff robbery rubbish rude ruined runaround sad sadly scam scammed scared scratched shambles shame shameful shocked
shocking shoddy shouted sick slow slowly sloppy smashed smelly solicitor spoilt steal stinks stole stolen stop
stranded stressed stressful stuck stupid sucks sue suffering terrible terribly threat threatened threatening threats
tired torn trash trouble troubles unacceptable unbelievable unfair unfortunately unfriendly unhappy unhelpful
unprofessional unreasonable unreliable unsafe unsatisfied unwell upset useless waste wasted wasting worried worry
worrying worse worst worthless wrong wrongly yelled
"""
BLAME = frozenset(BLAME_WORDS.split())
NEGATION_WORDS = "barely cannot hardly neither never no nobody none nor not nothing nowhere without"
NEGATION = frozenset(NEGATION_WORDS.split())
# How many words before a word of praise or blame turn it round: "not very good", "never had a problem".
REACH = 3

WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
TURN = re.compile(r"\b(?:but|however)\b", re.IGNORECASE)

PATTERNS = {
    "thanks": r"\b(thank|thanks|cheers)\b",
    "again": r"\b(again|still|yet another|once more|over and over)\b",
    "nth time": (
        r"\b(second|third|fourth|fifth|sixth|tenth|umpteenth|three|four|five|six|ten|how many|every|each)"
        r" (single )?(times?|day|night|week|month|morning|evening|person|calls?|people|attempt)\b"
    ),
    "always": r"\b(keep|keeps|kept|always|constantly|forever|all the time|whenever|every time)\b",
    "nobody": r"\b(nobody|no one|nothing|none|never|nowhere)\b",
    "not": r"n't\b|\bnot\b|\bcannot\b",
    "duration": r"\b(weeks?|months?|days?|hours?|minutes?|years?)\b",
    "promised": (
        r"\b(promised|supposed to|was told|were told|you said|you told|they said|they told|he said|she said|told me"
        r"|meant to|should have)\b"
    ),
    "waiting": r"\b(waiting|waited|wait|on hold|queue)\b",
    "money": r"\b(my money|refund|money back|charged|paid|paying|pay for)\b",
    "question mark": r"\?",
    "exclamation mark": r"!",
    "question": r"^(what|when|where|which|who|how|do|does|is|are|can|could|may|will|would|should|did|was|have)\b",
    "reproach": r"^(why|how can|how hard|what kind of)\b|\b(on earth|the hell|the heck|for (god|heaven)'s sake)\b",
    "request": (
        r"\b(i'd like|i would like|i want to|i need|please|can i|could i|may i|could you|can you|would you"
        r"|i'm calling|i am calling)\b"
    ),
    "number": r"\d|\b(zero|one|two|three|four|five|six|seven|eight|nine|double)\b",
    "at work": r"\b(let me|one moment|hold the line|i'll|i will|i can see|i see|i'm going to|transfer|put you)\b",
    "but": r"\b(but|however|although|though)\b",
    "emphasis": r"\b(too|so|very|really|absolutely|completely|extremely|totally)\b",
    "sorry": r"\b(sorry|apologi[sz]e)\b",
    "you": r"\byour?\b",
    "at once": r"\b(finally|at last|at once|straight away|right away|in no time|immediately|already|now)\b",
    "does not": (
        r"\b(doesn't|don't|didn't|won't|isn't|hasn't|can't|couldn't|not) (work|working|worked|start|load|arrived?|come"
        r"|help|helped|answer|know|care|solve|fix|fixed|changed|received|listen|understand|reach|get|believe)\b"
    ),
    "no trouble": (
        r"(\b(no|not|never|nothing|without)\b|n't\b).{0,20}\b(complaints?|complain|problems?|trouble|bad|fuss|hassle"
        r"|faults?|worse|regrets?|disappointed|wait)\b"
    ),
    "no good": (
        r"(\b(not|never|no|neither|anything but|nor)\b|n't\b)((?!\bsuch\b).){0,25}"
        r"\b(happy|good|satisfied|helpful|pleased|impressed|worth|recommend|right|use|useful|enjoy|convinced|fair"
        r"|acceptable|great|nice|like|reliable|clean|safe)\b"
    ),
    "never better": (
        r"(\b(never|nothing|nobody|no)\b|n't\b).{0,25}\b(better|nicer|easier|happier|kinder|quicker|faster|so well"
        r"|such good|such a)\b"
    ),
    "farewell": r"\b(you too|take care|have a|all the best|goodbye|bye)\b",
    "irony": r"\b(great|oh|nice|well|good|right|wonderful|fantastic|brilliant|perfect)\b,? (another|again|it's|so)\b",
}
COMPILED = [re.compile(pattern) for pattern in PATTERNS.values()]

MOODS = ("praise", "blame", "praise denied", "blame denied")
NAMES = (*MOODS, *(f"{mood} after but" for mood in MOODS), *PATTERNS, "length", "few words")


def cues(line: str) -> list[float]:
    """One number for each of NAMES; most are 0 or 1."""
    line = line.lower().replace("’", "'")
    words = WORD.findall(line)
    conclusion = after_but(line)
    turned = moods(WORD.findall(conclusion)) if conclusion != line else [0] * len(MOODS)
    return [
        *(min(count, 2) for count in moods(words)),
        *(min(count, 1) for count in turned),
        *(float(bool(pattern.search(line))) for pattern in COMPILED),
        math.log1p(len(words)) - 2,
        float(len(words) < 4),
    ]


def after_but(line: str) -> str:
    """What a line comes to: "it took a while but now it works". The whole line, where there is no "but"."""
    *_, conclusion = TURN.split(line)
    return conclusion.strip() or line


def moods(words: list[str]) -> list[int]:
    """How often each of MOODS occurs."""
    praise = blame = praise_denied = blame_denied = 0
    for place, word in enumerate(words):
        before = set(words[max(0, place - REACH) : place])
        denied = any(other in NEGATION or other.endswith("n't") for other in before)
        if before & {"never", "nobody"} and before & {"so", "such"}:
            denied = False  # "never had such good service"
        if word in PRAISE:
            praise, praise_denied = praise + (not denied), praise_denied + denied
        elif word in BLAME:
            blame, blame_denied = blame + (not denied), blame_denied + denied
    return [praise, blame, praise_denied, blame_denied]
