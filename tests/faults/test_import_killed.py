"""An import whose worker is killed again and again takes every good row, once."""

from tests.stack import Stack
from tests.waiting import wait_until

ROWS = 2000


def test_nothing_is_doubled_or_lost(stack: Stack) -> None:
    acme = stack.new_organization(agents=0)
    api = stack.api(acme)
    lines = ["name,phone"]
    lines += [f"Person {n},{f'+1212{2_000_000 + n}' if n % 100 else 'no number'}" for n in range(ROWS)]
    answer = api.post("/contacts/import", files={"file": ("contacts.csv", "\n".join(lines), "text/csv")})
    assert answer.status_code == 202, answer.text
    url = answer.headers["Location"]

    def rows_done() -> int:
        return int(api.get(url).json()["rows_done"])

    for part in (0.1, 0.4):
        wait_until(lambda: rows_done() >= ROWS * part, timeout=60, what=f"{part:.0%} of the rows")  # noqa: B023
        stack.kill("worker")
    job = wait_until(lambda: (found := api.get(url).json())["finished_at"] and found, timeout=120, every=0.2)
    bad = ROWS // 100
    assert (job["state"], job["percent"]) == ("done", 100)
    assert (job["created_count"], job["skipped_count"], job["failed_count"]) == (ROWS - bad, 0, bad)
    assert api.get("/contacts", params={"limit": 1}).json()["count"] == ROWS - bad
    report = api.get(f"{url}/report").text.splitlines()
    assert len(report) == bad + 1
    assert report[1].startswith("2,phone: Invalid E.164 format")
