"""What a sound file is, read from its content."""

import contextlib
import math
import struct

import lameenc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.sound import BadSound, read
from tests.api.factories import wav


def riff(coding: int = 1, channels: int = 1, bits: int = 16, rate: int = 8000, seconds: float = 1.0, **chunks: bytes):
    """A WAV file as the fields say. `chunks`: more of them, before the sound."""
    block = channels * bits // 8
    described = struct.pack("<HHIIHH", coding, channels, rate, rate * block, block, bits)
    sound = bytes(round(seconds * rate) * block)
    parts = [(b"fmt ", described), *((name.encode(), data) for name, data in chunks.items()), (b"data", sound)]
    body = b"".join(name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in parts)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body


def mp3(seconds: float = 2.0, rate: int = 16_000, channels: int = 1, kilobits: int = 64) -> bytes:
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(kilobits)
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(channels)
    encoder.silence()
    wave = (round(8000 * math.sin(n / 5)) for n in range(round(seconds * rate)))
    pcm = b"".join(struct.pack("<h", level) * channels for level in wave)
    return bytes(encoder.encode(pcm) + encoder.flush())


@pytest.mark.parametrize(
    "described",
    [
        {"bits": 8}, {"bits": 16}, {"channels": 2}, {"rate": 44_100, "channels": 2}, {"coding": 6, "bits": 8},
        {"coding": 7, "bits": 8}, {"LIST": b"INFOISFT\x01\x00\x00\x00x"},
    ],
)  # fmt: skip
def test_every_wav_that_phones_play(described):
    heard = read(riff(seconds=2.5, **described))
    assert (heard.content_type, heard.extension, heard.seconds) == ("audio/wav", "wav", 2.5)


def test_an_extensible_wav_says_its_coding_further_on():
    plain = riff()
    extension = struct.pack("<HHI", 22, 16, 4) + struct.pack("<H", 1) + bytes(14)
    body = b"WAVEfmt " + struct.pack("<I", 40) + b"\xfe\xff" + plain[22:36] + extension + plain[36:]
    assert read(b"RIFF" + struct.pack("<I", len(body)) + body).seconds == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "neither WAV nor MP3"),
        (b"\x89PNG\r\n\x1a\n" + bytes(5000), "neither WAV nor MP3"),
        (b"RIFF\x04\x00\x00\x00AVI ", "neither WAV nor MP3"),
        (riff()[:-1], "cut off"),
        (riff()[:30], "cut off"),
        (b"RIFF\xff\xff\xff\xff" + riff()[8:], "cut off"),
        (riff(seconds=0), "no sound"),
        (b"RIFF\x04\x00\x00\x00WAVE", "no sound"),
        (riff(bits=24), "PCM of 8 or 16 bits"),
        (riff(coding=3, bits=32), "PCM of 8 or 16 bits"),
        (riff(coding=85), "PCM of 8 or 16 bits"),
        (riff(channels=6), "mono or stereo"),
        (riff(rate=96_000), "samples a second"),
    ],
)
def test_a_wav_that_no_phone_plays(data, said):
    with pytest.raises(BadSound, match=said):
        read(data)


@pytest.mark.parametrize(("rate", "channels", "kilobits"), [(8000, 1, 16), (16_000, 1, 64), (44_100, 2, 128)])
def test_an_mp3_is_as_long_as_its_frames(rate, channels, kilobits):
    heard = read(mp3(3, rate, channels, kilobits))
    assert (heard.content_type, heard.extension) == ("audio/mpeg", "mp3")
    assert 3 <= heard.seconds < 3.4  # the encoder adds a frame or two


def test_tags_around_an_mp3_are_no_sound():
    sound = mp3()
    tagged = b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128) + sound + b"TAG" + bytes(125)
    assert read(tagged).seconds == read(sound).seconds


def test_a_hole_in_an_mp3_is_found():
    sound = mp3()
    with pytest.raises(BadSound, match="damaged at byte"):
        read(sound[:2000] + b"hello" * 50 + sound[2000:])
    with pytest.raises(BadSound, match="no sound"):
        read(sound[:100])


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"RIFF", b"ID3\x04\x00\x10", b"\xff\xfb", riff()[:40], mp3()[:700]])
)
def test_whatever_comes_is_a_sound_or_a_clear_refusal(rest, start):
    with contextlib.suppress(BadSound):
        assert read(start + rest).seconds > 0


def test_a_file_of_the_factories_is_one():
    assert read(wav(0.5)).seconds == 0.5
