"""A prompt over the wire: where the carrier fetches it from, as the web server serves it."""

import httpx

from tests.api import factories

URL = "from calls import prompts; from calls.models import Prompt; result = prompts.url(Prompt.objects.get(pk=pk))"


def test_the_carrier_gets_the_sound_and_asks_for_its_length(company):
    sound = factories.wav(20)
    form = {"data": {"name": "Waiting music"}, "files": {"file": ("music.wav", sound)}}
    made = company.api.post("/prompts", **form)
    assert made.status_code == 201, made.text
    url = company.stack.django(URL, pk=made.json()["id"])
    head = httpx.head(url)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(len(sound)), b"")
    whole = httpx.get(url)
    assert (whole.content, whole.headers["Content-Type"]) == (sound, "audio/wav")
    part = httpx.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, sound[100:200])
    assert company.api.delete(f"/prompts/{made.json()['id']}").status_code == 204
    assert httpx.get(url).status_code == 404
