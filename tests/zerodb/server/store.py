"""The vectors, in memory: one of each id in the whole project, one length of embedding in each namespace."""

from __future__ import annotations

import math
from typing import Any

from .contract import invalid


class Store:
    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    def check_dimensions(self, batch: list[dict[str, Any]]) -> None:
        known = {row["namespace"]: len(row["vector_embedding"]) for row in self.rows.values()}
        for place, item in enumerate(batch):
            length = len(item["vector_embedding"])
            if known.setdefault(item["namespace"], length) != length:
                where = f"body[{place}].vector_embedding"
                raise invalid(where, f"must have {known[item['namespace']]} dimensions, not {length}")

    def put(self, item: dict[str, Any]) -> None:
        self.rows[item["vector_id"]] = item

    def search(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        """All that match, best first; `limit` is the caller's to apply."""
        conditions = wanted.get("metadata_filter", {}).items()
        found = []
        for row in self.rows.values():
            if row["namespace"] != wanted["namespace"] or not conditions <= row["vector_metadata"].items():
                continue
            if len(row["vector_embedding"]) != len(wanted["query_vector"]):
                raise invalid("body.query_vector", f"must have {len(row['vector_embedding'])} dimensions")
            similarity = cosine(row["vector_embedding"], wanted["query_vector"])
            if similarity >= wanted["threshold"]:
                found.append({**shown(row), "similarity": similarity})
        return sorted(found, key=lambda match: -match["similarity"])

    def delete(self, vector_id: str) -> bool:
        return self.rows.pop(vector_id, None) is not None


def shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("vector_id", "namespace", "vector_metadata", "document")}


def cosine(one: list[float], other: list[float]) -> float:
    """0 where either is all zeros."""
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / lengths if lengths else 0.0
