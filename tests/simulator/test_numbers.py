"""Numbers, accounts, and what outlives the process."""

from pathlib import Path

import httpx

from tests.simulator.driver import ACCOUNT, Network, description, start
from zerovoice.embedded.ports import free_port


def test_a_number_is_found_bought_changed_and_released(network: Network) -> None:
    found = network.get("/AvailablePhoneNumbers/US/Local.json", AreaCode="415", PageSize="3")
    wanted = [n["phone_number"] for n in found["available_phone_numbers"]]
    assert len(wanted) == 3
    assert all(number.startswith("+1415") for number in wanted)
    bought = network.post(
        "/IncomingPhoneNumbers.json", PhoneNumber=wanted[0], FriendlyName="Support", VoiceUrl="https://example.com/v"
    )
    assert (bought["phone_number"], bought["friendly_name"]) == (wanted[0], "Support")
    assert bought["voice_url"] == "https://example.com/v"
    again = network.get("/AvailablePhoneNumbers/US/Local.json", AreaCode="415")["available_phone_numbers"]
    assert wanted[0] not in [n["phone_number"] for n in again]
    path = f"/IncomingPhoneNumbers/{bought['sid']}.json"
    assert network.post(path, SmsUrl="https://example.com/s")["sms_url"] == "https://example.com/s"
    assert network.get(path)["voice_url"] == "https://example.com/v"
    network.delete(path)
    assert network.refusal("GET", path) == (404, 20404)


def test_the_shop_sells_by_kind_country_and_pattern(network: Network) -> None:
    def shelf(path: str, **params: str) -> list[str]:
        listed = network.get(f"/AvailablePhoneNumbers/{path}.json", **params)["available_phone_numbers"]
        assert listed
        return [n["phone_number"] for n in listed]

    assert all(n[2:5] in ("800", "833", "844", "855", "866", "877", "888") for n in shelf("US/TollFree"))
    assert all(n.startswith("+447") for n in shelf("GB/Mobile"))
    assert all(n.endswith("4663") for n in shelf("US/Local", Contains="HOME"))
    assert network.get("/AvailablePhoneNumbers/US/Local.json", AreaCode="533")["available_phone_numbers"] == []
    assert network.refusal("GET", "/AvailablePhoneNumbers/XX/Local.json") == (404, 20404)
    assert network.refusal("GET", "/AvailablePhoneNumbers/US/Mobile.json") == (404, 20404)


def test_some_countries_sell_only_to_whom_they_know(network: Network) -> None:
    buy = ("POST", "/IncomingPhoneNumbers.json")
    address, bundle = "AD" + "0" * 32, "BU" + "0" * 32
    assert network.refusal(*buy, PhoneNumber="+61255501234") == (400, 21631)
    assert network.refusal(*buy, PhoneNumber="+4930901820") == (400, 21649)
    assert network.refusal(*buy, PhoneNumber="+61255501234", AddressSid="AD1") == (400, 20001)
    (found, *_) = network.get("/AvailablePhoneNumbers/AU/Local.json")["available_phone_numbers"]
    assert found["address_requirements"] == "any"
    bought = network.post(buy[1], PhoneNumber=found["phone_number"], AddressSid=address)
    assert (bought["address_sid"], bought["bundle_sid"]) == (address, None)
    assert network.post(buy[1], PhoneNumber="+4930901820", BundleSid=bundle)["bundle_sid"] == bundle


def test_a_number_says_what_it_is(network: Network) -> None:
    for number, kind in (("+14155557311", "local"), ("+18885557311", "tollfree"), ("+447700900123", "mobile")):
        assert network.post("/IncomingPhoneNumbers.json", PhoneNumber=number)["type"] == kind


def test_a_subaccount_has_numbers_and_calls_of_its_own(network: Network) -> None:
    sub = network.post("/2010-04-01/Accounts.json", FriendlyName="Branch")
    assert sub["owner_account_sid"] == ACCOUNT
    path = f"/2010-04-01/Accounts/{sub['sid']}"
    bought = network.http.post(f"{path}/IncomingPhoneNumbers.json", data={"AreaCode": "212"}).json()  # by the owner
    own = httpx.Client(base_url=network.url, auth=(sub["sid"], sub["auth_token"]))
    listed = own.get(f"{path}/IncomingPhoneNumbers.json").json()["incoming_phone_numbers"]
    assert [n["sid"] for n in listed] == [bought["sid"]]
    assert own.get(f"{network.account}/Calls.json").status_code == 401
    assert bought["sid"] not in [n["sid"] for n in network.get("/IncomingPhoneNumbers.json")["incoming_phone_numbers"]]
    assert network.post(f"{path}.json", Status="suspended")["status"] == "suspended"
    assert own.get(f"{path}/Calls.json").status_code == 401
    assert sub["sid"] in [a["sid"] for a in network.get("/2010-04-01/Accounts.json")["accounts"]]


def test_accounts_and_numbers_outlive_the_process(tmp_path: Path) -> None:
    port, state = free_port(), tmp_path / "folder" / "state.json"
    sid = ""
    for attempt in range(2):
        process = start(port, tmp_path / "log", SIMULATOR_STATE=str(state), TWILIO_API_KEY_SID="SK1",
                        TWILIO_API_KEY_SECRET="secret")  # fmt: skip
        network = Network(port, process, description())
        try:
            if attempt == 0:
                network.post("/2010-04-01/Accounts.json", FriendlyName="Branch")
                sid = network.post("/IncomingPhoneNumbers.json", PhoneNumber="+14155557201", SmsUrl="https://x.y/z")[
                    "sid"
                ]
            else:
                assert network.get(f"/IncomingPhoneNumbers/{sid}.json")["sms_url"] == "https://x.y/z"
                names = [a["friendly_name"] for a in network.get("/2010-04-01/Accounts.json")["accounts"]]
                assert sorted(names) == ["Branch", "Main account"]
            by_key = httpx.get(f"{network.url}{network.account}/Calls.json", auth=("SK1", "secret"))
            assert by_key.status_code == 200
        finally:
            network.close()
            process.terminate()
            assert process.wait(10) == 0
