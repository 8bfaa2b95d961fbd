"""What callers hear of the organisation's own: uploaded sounds, announcements."""

import io
import math
import struct
import wave
from collections.abc import Callable

from tests.flows.company import STAYS, Company


def tone(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        wanted = range(round(seconds * 8000))
        sound.writeframes(b"".join(struct.pack("<h", round(9000 * math.sin(at / 3))) for at in wanted))
    return file.getvalue()


def upload(office: Company, name: str) -> str:
    answer = office.api.post("/prompts", data={"name": name}, files={"file": (f"{name}.wav", tone(2), "audio/wav")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def played(office: Company, caller: str) -> set[str]:
    """Addresses of what the caller was played, without the tokens."""
    heard = [line for leg in office.network_legs(caller) for line in leg["heard"] if line["kind"] == "music"]
    return {line["text"] for line in heard if line["end"] - line["start"] >= 1}


def test_menu_music_and_voicemail_have_sounds_of_their_own(new_company: Callable[..., Company]) -> None:
    office = new_company(agents=1, presence="offline")
    welcome, music, greeting = (upload(office, name) for name in ("Welcome", "Music", "Greeting"))
    office.set_queue(music_id=music, voicemail_prompt_id=greeting)
    options = [
        {"digits": "1", "route": {"type": "queue", "target_id": office.queue_id}},
        {"digits": "2", "route": {"type": "voicemail", "target_id": None}},
    ]
    office.route("ivr", office.make("/ivr-menus", name="Front", prompt_id=welcome, timeout_seconds=20, options=options))
    waits, waiting = office.receive([{"wait": 6}, {"press": "1"}, *STAYS])
    leaves, leaving = office.receive([{"wait": 6}, {"press": "2"}, {"wait": 20}, {"hangup": True}])
    for caller in (waiting, leaving):
        office.until(lambda caller=caller: len(played(office, caller)) == 2, 90, "menu, then music or greeting")
    assert len(played(office, waiting) & played(office, leaving)) == 1, "the menu's is the same"
    office.hang_up(waits)
    office.until_over(leaves)


def test_the_expected_wait_is_announced(new_company: Callable[..., Company]) -> None:
    office = new_company(agents=1)
    office.set_queue(announce_wait=True, announce_position=False)
    talked, _ = office.receive([{"wait_for": "How can I help you?"}, {"wait": 60}, {"hangup": True}])
    assert office.in_the_books(talked, 200)["talk_seconds"] > 50
    busy, _ = office.receive(STAYS)
    office.until_talking(busy, office.agent())
    waits, caller = office.receive(STAYS)
    said = office.until(lambda: [text for who, text in office.heard(caller) if who == "network" and "wait" in text], 60)
    assert said[0] == "The expected wait is about 1 minute. Please hold."
    office.hang_up(waits)
