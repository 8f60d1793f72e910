"""Calls of 3cx-xapi-python-sdk, run in a process of its own: what it gives back, as JSON."""

from __future__ import annotations

import json
import sys

from threecx import ODataQuery, ThreeCXClient
from threecx.exceptions import ThreeCXError

url, client_id, secret = sys.argv[1:]
told: dict[str, object] = {}
with ThreeCXClient(base_url=url, client_id=client_id, client_secret=secret) as pbx:
    told["all"] = [user.number for user in pbx.users.iterate()]
    told["page"] = len(pbx.users.list())
    (ann,) = pbx.users.list(ODataQuery().filter("Number eq '100'").select("Id", "Number", "EmailAddress"))
    told["ann"] = ann.email_address
    told["apostrophe"] = [
        u.number for u in pbx.users.list(ODataQuery().filter("EmailAddress eq 'o''hara@example.org'"))
    ]
    pbx.users.update(ann.id, {"EmailAddress": "", "FirstName": "Nobody"})
    told["after"] = [pbx.users.get(ann.id).email_address, pbx.users.get(ann.id).first_name]
    try:
        pbx.users.update(ann.id, {"Number": "999"})
    except ThreeCXError as error:
        told["renumber"] = type(error).__name__
    to = {"To": "Extension", "Number": "101"}
    places = dict.fromkeys(("OfficeHoursDestination", "OutOfOfficeHoursDestination", "HolidaysDestination"), to)
    rule = pbx.inbound_rules.create(
        {"RuleName": "new", "Condition": "BasedOnDID", "Data": "+33199009999", "TrunkDN": {"Number": "10000"}, **places}
    )
    pbx.inbound_rules.update(rule.id, {"OfficeHoursDestination": {"To": "Extension", "Number": "102"}})
    moved = pbx.inbound_rules.get(rule.id)
    told["rule"] = [moved.data, moved.office_hours_destination.number, moved.out_of_office_hours_destination.number]
    told["rules"] = len(list(pbx.inbound_rules.iterate()))
    try:
        pbx.inbound_rules.get(12345)
    except ThreeCXError as error:
        told["gone"] = type(error).__name__
print(json.dumps(told))
