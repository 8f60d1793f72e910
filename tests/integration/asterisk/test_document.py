"""docs/asterisk.md, done as it stands: from an empty database and a fresh Asterisk to the first phone."""

from __future__ import annotations

import re
from contextlib import ExitStack

import yaml

from house.markdown import blocks
from house.places import ROOT
from integration.asterisk import postgres
from integration.asterisk.exchange import Exchange
from integration.asterisk.sip import Phone
from integration.asterisk.site import Site

TEXT = (ROOT / "docs" / "asterisk.md").read_text(encoding="utf-8")


def put(text: str, **places: str) -> str:
    """The text with other values after these keys; each key stands there once."""
    for key, value in places.items():
        text, times = re.subn(rf"(?m)^{key} = .*$", lambda found, v=value, k=key: f"{k} = {v}", text)
        assert times == 1, f"{key} stands {times} times in {text}"
    return text


def test_the_page_leads_to_a_phone_that_works(tmp_path):
    """Its tables, its configuration files, its site and its sheet; only ports and logins are the test's own."""
    files: dict[str, str] = {}
    for block in blocks(TEXT, "ini"):
        name, _, text = block.partition("\n")
        files.setdefault(name.removeprefix("; ").removesuffix(".conf"), text)
    site = yaml.safe_load(blocks(TEXT, "yaml")[0])
    sheet = next(block for block in blocks(TEXT, "text") if block.startswith("Action,"))
    with ExitStack() as stack:
        cluster = stack.enter_context(postgres.cluster())
        url = cluster.create("asterisk")
        with cluster.connection("asterisk") as connection:
            connection.execute(blocks(TEXT, "sql")[0])
        login = {"port": str(cluster.port), "user": "linecard", "password": postgres.PASSWORD.replace(";", "\\;")}

        def given(exchange: Exchange) -> dict[str, str]:
            own = {name: files[name] for name in ("extconfig", "sorcery", "extensions")}
            own["res_pgsql"] = put(files["res_pgsql"], **login)
            return own | {"pjsip": put(files["pjsip"], bind=f"127.0.0.1:{exchange.sip}")}

        exchange = Exchange(tmp_path / "asterisk", f"postgresql:{cluster.port}/asterisk", given)
        stack.enter_context(exchange.running())
        made = Site(tmp_path / "site", exchange)
        made.settings = site
        site["pbxs"]["hq"]["options"] |= {"url": url, "password": "env:PGPASSWORD"}
        made.write()
        action, *row = sheet.splitlines()
        assert action == "Action,LoginEmail,Extension,Number"
        made.sheet(*row, "attach,bob@example.com,1001,")
        assert "FAIL" not in made.run("doctor")
        ada = stack.enter_context(Phone(exchange.sip, "1000", made.secret("1000")))
        bob = stack.enter_context(Phone(exchange.sip, "1001", made.secret("1001")))
        assert (ada.register(), bob.register()) == (200, 200)
        call = bob.call("+4930901820")
        ada.rings()
        assert bob.answered(call) == 200
        assert bob.hang_up(call) == 200
