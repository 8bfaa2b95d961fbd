"""What we say to ZeroDB, what we believe of its answers, and what each of its failures means to us."""

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import uuid4

import pytest

from tests.waiting import wait_until
from zerovoice.zerodb import client
from zerovoice.zerodb.client import BATCH_SIZE, MAX_MATCHES, Vector, ZeroDBError, namespace_of

ACME = namespace_of("0198c0de-0000-7000-8000-000000000001", "mini-v1")
OTHER = namespace_of("0198c0de-0000-7000-8000-000000000002", "mini-v1")


def vector(embedding=(1.0, 0.0), *, namespace=ACME, document="I want to end the subscription", **metadata):
    return Vector(str(uuid4()), namespace, embedding, document, metadata)


def search(embedding=(1.0, 0.0), **options):
    return client.search(ACME, embedding, **{"limit": 10, **options})


def stored(zerodb):
    return {row["vector_id"] for row in zerodb.vectors()}


def statuses(zerodb):
    return [request["status"] for request in zerodb.requests()]


def error_of(ask):
    with pytest.raises(ZeroDBError) as caught:
        ask()
    return caught.value


# --- What works -------------------------------------------------------------------------------------------------------


def test_what_is_stored_is_found_best_first(zerodb):
    near, far = vector((1.0, 0.1), speaker="customer"), vector((0.5, 1.0), document="Good morning", speaker="agent")
    assert client.upsert([far, near]) == {}
    first, second = search()
    assert (first.id, first.namespace, first.document, first.metadata) == (
        near.id, ACME, "I want to end the subscription", {"speaker": "customer"},
    )  # fmt: skip
    assert second.id == far.id
    assert 0.99 < first.similarity <= 1 > second.similarity > 0.4


def test_limit_threshold_and_filter_narrow_a_search(zerodb):
    near, far = vector((1.0, 0.1), speaker="customer"), vector((0.5, 1.0), speaker="agent")
    client.upsert([far, near])
    assert [match.id for match in search(limit=1)] == [near.id]
    assert [match.id for match in search(threshold=0.9)] == [near.id]
    assert [match.id for match in search(metadata_filter={"speaker": "agent"})] == [far.id]
    assert search(metadata_filter={"speaker": "agent", "direction": "inbound"}) == []


def test_one_namespace_never_sees_anothers(zerodb):
    ours, theirs = vector(), vector(namespace=OTHER)
    client.upsert([ours, theirs])
    assert [match.id for match in search()] == [ours.id]
    assert [match.id for match in client.search(OTHER, (1.0, 0.0), limit=10)] == [theirs.id]
    assert client.search(namespace_of(uuid4(), "mini-v1"), (1.0, 0.0), limit=10) == []


def test_many_go_in_batches(zerodb):
    vectors = [vector() for _ in range(2 * BATCH_SIZE + 1)]
    assert client.upsert(vectors) == {}
    assert len(zerodb.requests()) == 3
    assert stored(zerodb) == {each.id for each in vectors}
    assert len(search(limit=MAX_MATCHES)) == MAX_MATCHES


def test_nothing_to_store_asks_nothing(zerodb):
    assert client.upsert([]) == {}
    assert zerodb.requests() == []


def test_the_same_id_again_replaces(zerodb):
    old = vector(document="Old words")
    client.upsert([old])
    client.upsert([Vector(old.id, ACME, (1.0, 0.0), "New words", {})])
    assert [row["document"] for row in zerodb.vectors()] == ["New words"]


def test_what_is_deleted_is_gone_and_may_be_deleted_again(zerodb):
    one, another = vector(), vector()
    client.upsert([one, another])
    client.delete(one.id)
    client.delete(one.id)
    assert stored(zerodb) == {another.id}


def test_a_namespace_is_of_one_organisation_and_one_model():
    organization, another = uuid4(), uuid4()
    names = {namespace_of(of, model) for of in (organization, another) for model in ("mini-v1", "mini-v2")}
    assert len(names) == 4
    for model in ("", "made/mini", "mini v1"):
        with pytest.raises(ValueError, match="namespace"):
            namespace_of(organization, model)


# --- Batches that fail in part ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("naming", ["sentence", "vector_id", "index"])
def test_of_a_half_failed_batch_those_are_told_that_failed(zerodb, naming):
    zerodb.faults(fail_every=3, naming=naming)
    vectors = [vector() for _ in range(10)]
    failed = client.upsert(vectors)
    assert set(failed) == {vectors[place].id for place in (2, 5, 8)}
    assert not any(error.permanent or error.retry_after for error in failed.values())
    assert stored(zerodb) == {each.id for each in vectors} - set(failed)
    zerodb.clear_faults()
    assert client.upsert([each for each in vectors if each.id in failed]) == {}
    assert stored(zerodb) == {each.id for each in vectors}


def test_when_nobody_says_which_failed_all_are_to_be_repeated(zerodb):
    zerodb.faults(fail_every=3, naming="nobody")
    vectors = [vector() for _ in range(10)]
    assert set(client.upsert(vectors)) == {each.id for each in vectors}
    assert len(stored(zerodb)) == 7
    zerodb.clear_faults()
    assert client.upsert(vectors) == {}
    assert stored(zerodb) == {each.id for each in vectors}


@pytest.mark.parametrize(
    "said",
    [
        {},
        [],
        {"success_count": 2, "error_count": 0, "errors": []},
        {"success_count": 3, "error_count": 1, "errors": []},
        {"success_count": 2, "error_count": 1, "errors": None},
        {"success_count": 2, "error_count": 1, "errors": 1},
        {"success_count": 2, "error_count": 1, "errors": [{"index": 9}]},
        {"success_count": 2, "error_count": 1, "errors": [str(uuid4())]},
        {"success_count": None, "error_count": None, "errors": []},
    ],
)
def test_counts_that_do_not_add_up_prove_nothing(zerodb, said):
    zerodb.faults(says=[200, json.dumps(said), {}])
    vectors = [vector() for _ in range(3)]
    failed = client.upsert(vectors)
    assert set(failed) == {each.id for each in vectors}
    assert not any(error.permanent for error in failed.values())


def test_a_vector_that_cannot_be_stored_takes_no_other_with_it(zerodb):
    vectors = [vector() for _ in range(30)]
    poison = vector((1.0, 0.0, 0.0))
    client.upsert(vectors[:1])  # which settles the namespace's dimensions
    failed = client.upsert([*vectors[:17], poison, *vectors[17:]])
    assert set(failed) == {poison.id}
    assert failed[poison.id].permanent
    assert failed[poison.id].status == 422
    assert stored(zerodb) == {each.id for each in vectors}
    assert len(zerodb.requests()) < 15


# --- Failures ---------------------------------------------------------------------------------------------------------


def test_down_is_no_answer_and_worth_another_try(zerodb):
    zerodb.faults(down=True)
    vectors = [vector() for _ in range(BATCH_SIZE + 1)]
    failed = client.upsert(vectors)
    assert set(failed) == {each.id for each in vectors}
    assert {(error.status, error.permanent) for error in failed.values()} == {(0, False)}
    assert all(error.retry_after > 0 for error in failed.values())
    assert len(zerodb.requests()) == 1  # the second batch was not even tried


@pytest.mark.parametrize("ask", [search, lambda: client.delete(str(uuid4()))])
def test_a_search_and_a_deletion_say_that_it_is_down(zerodb, ask):
    zerodb.faults(down=True)
    error = error_of(ask)
    assert (error.status, error.permanent) == (0, False)
    assert "no answer" in str(error)


def test_nobody_listens(zerodb, settings):
    settings.ZERODB_API_URL = "http://127.0.0.1:1"
    assert "no answer (ConnectError)" in str(error_of(search))
    settings.ZERODB_API_URL = "http://zerodb:port"
    assert error_of(lambda: client.get("vectors", limit=1)).status == 0


def test_what_was_stored_without_an_answer_may_be_repeated(zerodb):
    zerodb.faults(down=True, after=True)
    vectors = [vector() for _ in range(3)]
    assert len(client.upsert(vectors)) == 3
    assert len(stored(zerodb)) == 3
    zerodb.clear_faults()
    assert wait_until(lambda: client.upsert(vectors) == {}, timeout=10, every=0.5)
    assert len(stored(zerodb)) == 3


def test_a_slow_one_is_waited_for_once_and_then_left_alone(zerodb):
    zerodb.faults(slow_seconds=20)
    began = time.monotonic()
    assert "no answer (ReadTimeout)" in str(error_of(search))
    assert 4.5 < time.monotonic() - began < 7
    began = time.monotonic()
    error = error_of(search)
    assert time.monotonic() - began < 0.5
    assert "left alone" in str(error)
    assert 0 < error.retry_after <= 5
    assert not error.permanent


def test_too_many_requests_are_answered_with_patience(zerodb):
    zerodb.faults(retry_after="2")
    vectors = [vector() for _ in range(BATCH_SIZE + 1)]
    errors = client.upsert(vectors)
    assert (errors[vectors[0].id].status, errors[vectors[0].id].retry_after) == (429, 2)
    assert not errors[vectors[0].id].permanent
    assert len(errors) == BATCH_SIZE + 1
    zerodb.clear_faults()
    assert "left alone" in str(error_of(search))
    assert statuses(zerodb) == [429]
    assert wait_until(lambda: client.upsert(vectors) == {}, timeout=5, every=0.2)
    assert statuses(zerodb) == [429, 200, 200]


def in_seconds(seconds: int) -> str:
    """A date as the header writes it. Made when the test runs: the cases are made long before."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("header", "shortest", "longest"),
    [
        (lambda: in_seconds(600), 300, 600),
        (lambda: "soon", 5, 5),
        (lambda: "99999999", 3600, 3600),
        (lambda: in_seconds(-3600), 0, 0),
    ],
    ids=["a date", "no number", "for ever", "a date that has passed"],
)
def test_how_long_to_wait_is_read_with_care(zerodb, header, shortest, longest):
    zerodb.faults(retry_after=header())
    assert shortest <= error_of(search).retry_after <= longest


def test_its_own_errors_are_worth_another_try_at_once(zerodb):
    zerodb.faults(error=True)
    error = error_of(search)
    assert (error.status, error.code, error.detail) == (500, "INTERNAL_ERROR", "Internal server error")
    assert (error.permanent, error.retry_after) == (False, 0)
    zerodb.clear_faults()
    assert search() == []


@pytest.mark.parametrize("setting", ["ZERODB_API_KEY", "ZERODB_PROJECT_ID"])
def test_a_wrong_key_or_project_is_to_be_mended_and_loses_nothing(zerodb, settings, setting):
    vectors = [vector(), vector()]
    right = getattr(settings, setting)
    setattr(settings, setting, "another")
    assert {error.permanent for error in client.upsert(vectors).values()} == {False}
    error = error_of(search)
    assert error.status in (401, 404)
    assert error.code in ("INVALID_API_KEY", "PROJECT_NOT_FOUND")
    assert error.retry_after == 0
    setattr(settings, setting, right)
    assert client.upsert(vectors) == {}


def test_a_wrong_project_is_no_deletion(zerodb, settings):
    one = vector()
    client.upsert([one])
    settings.ZERODB_PROJECT_ID = "another"
    assert error_of(lambda: client.delete(one.id)).status == 404
    assert stored(zerodb) == {one.id}


def test_a_request_that_it_does_not_take_is_permanent(zerodb):
    error = error_of(lambda: search(limit=MAX_MATCHES + 1))
    assert (error.status, error.permanent) == (422, True)
    assert error.detail.startswith("body.limit")


def test_its_words_stay_out_of_the_message(zerodb):
    said = {"detail": "no: 'I want to end the subscription'", "error_code": "BAD I want to end"}
    zerodb.faults(says=[400, json.dumps(said), {}])
    error = error_of(search)
    assert str(error) == "answered 400"
    assert error.detail == said["detail"]


# --- Answers that are none --------------------------------------------------------------------------------------------

FOUND = {"vector_id": "1", "similarity": 0.9, "namespace": ACME, "document": "Words", "vector_metadata": {}}


@pytest.mark.parametrize(
    "body",
    [
        "<html>welcome</html>",
        "[]",
        "null",
        "{}",
        '{"vectors": null}',
        '{"vectors": [1]}',
        json.dumps({"vectors": [{**FOUND, "similarity": "much"}]}),
        json.dumps({"vectors": [{**FOUND, "vector_metadata": None}]}),
        json.dumps({"vectors": [{name: value for name, value in FOUND.items() if name != "namespace"}]}),
    ],
)
def test_an_answer_that_is_none_is_an_error(zerodb, body):
    zerodb.faults(says=[200, body, {}])
    error = error_of(search)
    assert (error.status, error.permanent) == (200, False)


def test_a_search_that_finds_anothers_vectors_finds_nothing(zerodb):
    zerodb.faults(says=[200, json.dumps({"vectors": [FOUND, {**FOUND, "namespace": OTHER}]}), {}])
    assert "another namespace" in str(error_of(search))


def test_the_order_is_ours(zerodb):
    zerodb.faults(says=[200, json.dumps({"vectors": [FOUND, {**FOUND, "vector_id": "2", "similarity": 0.95}]}), {}])
    assert [match.id for match in search()] == ["2", "1"]


@pytest.mark.parametrize("answer", [[302, "", {"Location": "https://elsewhere.example"}], [502, "<html>", {}]])
def test_what_stands_in_between_is_no_answer_either(zerodb, answer):
    zerodb.faults(says=answer)
    assert error_of(search).status == answer[0]
    one = vector()
    assert not client.upsert([one])[one.id].permanent
