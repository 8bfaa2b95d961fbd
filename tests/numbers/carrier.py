"""The instance's carrier account, as its owner sees it at the carrier."""

from typing import Any

import httpx

from tests.simulator_control import SimulatorControl
from zerovoice.embedded.environment import ACCOUNT_SID, AUTH_TOKEN


class Carrier:
    def __init__(self, simulator: SimulatorControl, account_sid: str = ACCOUNT_SID, token: str = AUTH_TOKEN) -> None:
        base = f"{simulator.url}/2010-04-01/Accounts/{account_sid}"
        self.http = httpx.Client(base_url=base, auth=(account_sid, token), timeout=10)

    def numbers(self) -> dict[str, dict[str, Any]]:
        listed = self.http.get("/IncomingPhoneNumbers.json", params={"PageSize": "1000"}).raise_for_status().json()
        return {number["phone_number"]: number for number in listed["incoming_phone_numbers"]}

    def buy(self, phone_number: str, **fields: str) -> dict[str, Any]:
        """By hand, past us."""
        data = {"PhoneNumber": phone_number, **fields}
        return dict(self.http.post("/IncomingPhoneNumbers.json", data=data).raise_for_status().json())

    def change(self, sid: str, **fields: str) -> None:
        self.http.post(f"/IncomingPhoneNumbers/{sid}.json", data=fields).raise_for_status()

    def release(self, sid: str) -> None:
        self.http.delete(f"/IncomingPhoneNumbers/{sid}.json").raise_for_status()
