"""SIMULATOR_STATE: accounts and numbers in a JSON file, so that they outlive the process. Calls do not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .network import Network


def save(net: Network) -> None:
    """Written aside and moved into place: a killed process leaves the old file or the new one."""
    if not net.config.state_path:
        return
    path = Path(net.config.state_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {
        "accounts": [
            {"sid": a.sid, "auth_token": a.auth_token, "friendly_name": a.friendly_name, "owner_sid": a.owner_sid,
             "status": a.status, "keys": a.keys}
            for a in net.accounts.values()
        ],
        "numbers": [
            {"sid": n.sid, "account_sid": n.account.sid, "number": n.number, "friendly_name": n.friendly_name,
             "config": n.config}
            for n in net.numbers.values()
        ],
    }  # fmt: skip
    aside = path.with_name(path.name + ".new")
    aside.write_text(json.dumps(data, indent=1))
    os.replace(aside, path)


def load(net: Network) -> None:
    """Raises SystemExit when the file is there but unreadable: starting empty would lose what it holds."""
    path = Path(net.config.state_path) if net.config.state_path else None
    if path is None or not path.exists():
        return
    try:
        data = json.loads(path.read_text())
        for item in data["accounts"]:
            account = net.accounts.get(item["sid"])
            if account is None:
                account = net.add_account(item["sid"], item["auth_token"], item["friendly_name"], item["owner_sid"])
            account.friendly_name, account.status = item["friendly_name"], item["status"]
            account.keys = item["keys"] | account.keys
        for item in data["numbers"]:
            account = net.accounts[item["account_sid"]]
            number = net.add_number(account, item["number"], item["friendly_name"], item["sid"])
            number.config = item["config"]
    except (ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"SIMULATOR_STATE {path} cannot be read: {error!r}") from error
