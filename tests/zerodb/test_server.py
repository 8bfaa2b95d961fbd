"""The contract server is as strict as it says: what it takes is what the contract has, and nothing else."""

import ast
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.zerodb import server
from tests.zerodb.control import API_KEY, PROJECT_ID

P = f"/api/v1/projects/{PROJECT_ID}/database/vectors"


def item(**changed):
    vector = {
        "vector_id": str(uuid4()),
        "vector_embedding": [1.0, 0.0],
        "namespace": "acme",
        "vector_metadata": {"speaker": "agent"},
        "document": "How may I help you?",
        "source": "zerovoice",
    }
    return {name: value for name, value in (vector | changed).items() if value is not None}


def query(**changed):
    search = {"query_vector": [1.0, 0.0], "namespace": "acme", "limit": 10, "threshold": 0.0}
    return {name: value for name, value in (search | changed).items() if value is not None}


@pytest.fixture
def http(zerodb):
    with httpx.Client(base_url=zerodb.url, headers={"X-API-Key": API_KEY}, timeout=10) as client:
        yield client


def refused(answer, place):
    assert answer.status_code == 422
    assert set(answer.json()) == {"detail", "error_code"}
    assert answer.json()["error_code"] == "VALIDATION_ERROR"
    assert answer.json()["detail"].startswith(f"{place}:")


def test_it_imports_nothing_of_the_project():
    for path in Path(server.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names.append(node.module)
            assert not {name.split(".")[0] for name in names} & {"tests", "zerovoice", "calls", "django"}


def test_what_is_stored_is_found_and_kept_as_it_was_sent(zerodb, http):
    near, far = item(), item(vector_embedding=[1.0, 1.0])
    answer = http.post(f"{P}/upsert-batch", json=[far, near])
    assert answer.status_code == 200
    assert {**answer.json(), "total_time_ms": 0} == {
        "success_count": 2, "error_count": 0, "errors": [], "total_time_ms": 0,
    }  # fmt: skip
    answer = http.post(f"{P}/search", json=query()).json()
    assert set(answer) == {"vectors", "total_count", "search_time_ms"}
    assert set(answer["vectors"][0]) == {"vector_id", "similarity", "document", "vector_metadata", "namespace"}
    assert [found["vector_id"] for found in answer["vectors"]] == [near["vector_id"], far["vector_id"]]
    assert [round(found["similarity"], 4) for found in answer["vectors"]] == [1.0, 0.7071]
    assert zerodb.vectors() == [far, near]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"vectors": [item()]}, "body"),
        ([], "body"),
        ([item() for _ in range(101)], "body"),
        (["text"], "body[0]"),
        ([item(), item(document=None)], "body[1].document"),
        ([item(colour="red")], "body[0].colour"),
        ([item(vector_id="segment 1")], "body[0].vector_id"),
        ([item(vector_id=str(uuid4()).upper())], "body[0].vector_id"),
        ([item(vector_embedding=[])], "body[0].vector_embedding"),
        ([item(vector_embedding=["1.0"])], "body[0].vector_embedding"),
        ([item(vector_embedding=[True])], "body[0].vector_embedding"),
        ([item(vector_metadata={"position": 1})], "body[0].vector_metadata"),
        ([item(namespace="")], "body[0].namespace"),
        ([item(document=7)], "body[0].document"),
        ([item(), item(vector_embedding=[1.0])], "body[1].vector_embedding"),
    ],
)
def test_a_batch_that_is_not_as_described_is_refused_whole(zerodb, http, body, place):
    refused(http.post(f"{P}/upsert-batch", json=body), place)
    assert zerodb.vectors() == []


def test_a_namespace_has_one_length_of_vector_and_another_may_have_another(zerodb, http):
    assert http.post(f"{P}/upsert-batch", json=[item()]).is_success
    refused(http.post(f"{P}/upsert-batch", json=[item(vector_embedding=[1.0])]), "body[0].vector_embedding")
    refused(http.post(f"{P}/search", json=query(query_vector=[1.0])), "body.query_vector")
    assert http.post(f"{P}/upsert-batch", json=[item(vector_embedding=[1.0], namespace="other")]).is_success
    assert len(zerodb.vectors()) == 2


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ([], "body"),
        (query(namespace=None), "body.namespace"),
        (query(top_k=5), "body.top_k"),
        (query(limit=0), "body.limit"),
        (query(limit=101), "body.limit"),
        (query(limit=5.0), "body.limit"),
        (query(threshold=1.5), "body.threshold"),
        (query(threshold="0.5"), "body.threshold"),
        (query(metadata_filter={}), "body.metadata_filter"),
        (query(metadata_filter={"started_at": {"$gte": "2026-01-01"}}), "body.metadata_filter"),
    ],
)
def test_a_search_that_is_not_as_described_is_refused(http, body, place):
    refused(http.post(f"{P}/search", json=body), place)


@pytest.mark.parametrize("body", [b"{", b"[NaN]", b"\xff"])
def test_what_is_no_json_is_refused(http, body):
    headers = {"Content-Type": "application/json"}
    refused(http.post(f"{P}/search", content=body, headers=headers), "body")
    refused(http.post(f"{P}/search", data={"limit": "1"}), "Content-Type")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", P + "?limit=1"), ("POST", P + "/upsert-batch"), ("DELETE", f"{P}/{uuid4()}")]
)
def test_nobody_gets_in_without_the_key_or_into_another_project(http, method, path):
    for headers in ({"X-API-Key": "another"}, {"X-API-Key": "", "Authorization": f"Bearer {API_KEY}"}):
        answer = http.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["error_code"]) == (401, "INVALID_API_KEY")
    answer = http.request(method, path.replace(PROJECT_ID, str(uuid4())))
    assert (answer.status_code, answer.json()["error_code"]) == (404, "PROJECT_NOT_FOUND")


def test_a_vector_is_deleted_once(zerodb, http):
    vector = item()
    http.post(f"{P}/upsert-batch", json=[vector])
    assert http.delete(f"{P}/{vector['vector_id']}").status_code == 204
    assert http.delete(f"{P}/{vector['vector_id']}").status_code == 404
    assert zerodb.vectors() == []


def test_the_list_takes_a_limit_and_nothing_else(http):
    http.post(f"{P}/upsert-batch", json=[item(), item()])
    answer = http.get(P, params={"limit": 1}).json()
    assert (len(answer["vectors"]), answer["total_count"]) == (1, 2)
    refused(http.get(P), "query.limit")
    refused(http.get(P, params={"limit": 1, "namespace": "acme"}), "query.namespace")


@pytest.mark.parametrize("path", [f"{P}/upsert", "/v1/public/vectors", f"{P}/search/"])
def test_other_paths_are_not_there(http, path):
    answer = http.post(path, json=[item()])
    assert answer.status_code in (404, 405)
    assert "error_code" not in answer.json()


def test_a_fault_that_nobody_knows_is_no_fault(zerodb):
    with pytest.raises(AssertionError, match="faults are an object of"):
        zerodb.faults(dwon=True)
    with pytest.raises(AssertionError, match="slow_seconds"):
        zerodb.faults(slow_seconds="long")
