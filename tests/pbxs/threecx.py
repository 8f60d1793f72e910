"""3CX version 20: the users and inbound rules of its configuration API, in the OData that it speaks.

Written from 3CX's tutorial (3cx/xapi-tutorial, 2026-06: one access token at a time, 204 for PATCH and DELETE, paging by
`@odata.nextLink`) and from the models and requests of 3cx-xapi-python-sdk 3.0.0. `tolower` is a function of
OData 4.01.
"""

from __future__ import annotations

import itertools
import re
from typing import Any
from urllib.parse import parse_qs

from pbxs.service import Asked, Refusal, Reply, Routes, SimulatedPbx

ROUTES = Routes()
API = "/xapi/v1"
MOST = 100
"""Entries of a page, whatever was asked for."""
_EQUAL = re.compile(r"(?:(tolower)\()?(\w+)\)? eq '((?:[^']|'')*)'")
_KEY = re.compile(r"^(.*)\((\d+)\)$")
DESTINATIONS = ("OfficeHoursDestination", "OutOfOfficeHoursDestination", "HolidaysDestination")


def refuse(status: int, message: str) -> Refusal:
    return Refusal(Reply(status, {"error": {"code": "", "message": message, "details": []}}))


class ThreeCX(SimulatedPbx):
    def __init__(self, client: str = "linecard", secret: str = "a secret of 3CX") -> None:
        super().__init__()
        self.client, self.secret = client, secret
        self.token = ""
        self.logins = 0
        self.users: dict[int, dict[str, Any]] = {}
        self.rules: dict[int, dict[str, Any]] = {}
        self.trunks = {"10000"}
        self._ids = itertools.count(1)

    def add_user(self, number: str, email: str = "", **more: Any) -> dict[str, Any]:
        user = {"Id": next(self._ids), "Number": number, "EmailAddress": email, "FirstName": "", "LastName": ""}
        user |= {"Enabled": True, "VMPIN": "1234", **more}
        self.users[user["Id"]] = user
        return user

    def add_rule(self, did: str, extension: str, **more: Any) -> dict[str, Any]:
        to = {"To": "Extension", "Number": extension}
        rule = {"Id": next(self._ids), "RuleName": did, "Condition": "BasedOnDID", "Data": did}
        rule |= {"TrunkDN": {"Number": "10000"}, **{name: dict(to) for name in DESTINATIONS}, **more}
        self.rules[rule["Id"]] = rule
        return rule

    def handle(self, asked: Asked) -> Reply:
        if asked.path == "/connect/token":
            return self._log_in(asked)
        if not self.token or asked.headers.get("authorization") != f"Bearer {self.token}":
            return Reply(401)
        path, key = asked.path.removeprefix(API), None
        if (found := _KEY.fullmatch(path)) is not None:
            path, key = found[1], int(found[2])
        tables = {"/Users": self.users, "/InboundRules": self.rules}
        if path not in tables:
            raise refuse(404, f"no {path}")
        if key is None:
            return self._list(asked, tables[path]) if asked.method == "GET" else self._create(asked, path)
        return self._change(asked, tables[path], key)

    def _log_in(self, asked: Asked) -> Reply:
        """A form, urlencoded or multipart. A new token is the only one."""
        self.logins += 1
        text = asked.body.decode()
        said = {name: values[0] for name, values in parse_qs(text).items()}
        if "multipart" in asked.headers.get("content-type", ""):
            said = dict(re.findall(r'name="(\w+)"\r\n\r\n(.*?)\r\n', text))
        wanted = {"grant_type": "client_credentials", "client_id": self.client, "client_secret": self.secret}
        if any(said.get(name) != value for name, value in wanted.items()):
            return Reply(400, {"error": "invalid_client"})
        self.token = f"token-{self.logins}"
        return Reply(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": self.token})

    def _list(self, asked: Asked, table: dict[int, dict[str, Any]]) -> Reply:
        query = asked.query
        rows = [row for row in table.values() if _fits(row, query.get("$filter", ""))]
        if order := query.get("$orderby"):
            rows.sort(key=lambda row: row[order])
        skip, top = int(query.get("$skip", "0")), int(query.get("$top", "1000000"))
        page = rows[skip : skip + min(top, MOST)]
        if names := query.get("$select"):
            page = [{name: row.get(name) for name in names.split(",")} for row in page]
        answer: dict[str, Any] = {"@odata.context": "https://pbx.example.com/xapi/v1/$metadata", "value": page}
        if query.get("$count") == "true":
            answer["@odata.count"] = len(rows)
        if skip + len(page) < len(rows):
            more = "&".join(f"{name}={value}" for name, value in query.items() if name != "$skip")
            answer["@odata.nextLink"] = f"http://{asked.headers['host']}{asked.path}?{more}&$skip={skip + len(page)}"
        return Reply(200, answer)

    def _create(self, asked: Asked, path: str) -> Reply:
        body = asked.json
        if path == "/Users":
            if any(user["Number"] == body["Number"] for user in self.users.values()):
                raise refuse(400, "Number:\nWARNINGS.XAPI.ALREADY_IN_USE")
            return Reply(201, self.add_user(body.pop("Number"), body.pop("EmailAddress", ""), **body))
        if body.get("TrunkDN", {}).get("Number") not in self.trunks:
            raise refuse(400, "TrunkDN:\nWARNINGS.XAPI.NOT_FOUND")
        self._check_destinations(body)
        if any(rule["Data"] == body["Data"] for rule in self.rules.values()):
            raise refuse(400, "Data:\nWARNINGS.XAPI.ALREADY_IN_USE")
        return Reply(201, self.add_rule(body.pop("Data"), "", **body))

    def _change(self, asked: Asked, table: dict[int, dict[str, Any]], key: int) -> Reply:
        if key not in table:
            raise refuse(404, "Resource not found")
        if asked.method == "GET":
            return Reply(200, table[key])
        if asked.method == "DELETE":
            del table[key]
            return Reply(204)
        body = asked.json
        if "Number" in body and body["Number"] != table[key].get("Number"):
            raise refuse(400, "Number:\nWARNINGS.XAPI.CANNOT_BE_CHANGED")
        self._check_destinations(body)
        table[key].update(body)
        return Reply(204)

    def _check_destinations(self, body: dict[str, Any]) -> None:
        numbers = {user["Number"] for user in self.users.values()}
        for name in DESTINATIONS:
            to = body.get(name, {"To": "None"})
            if to["To"] == "Extension" and to.get("Number") not in numbers:
                raise refuse(400, f"{name}:\nWARNINGS.XAPI.NOT_FOUND")


def _fits(row: dict[str, Any], text: str) -> bool:
    """`Field eq 'text'`, several of them with `or`. OData compares texts with their case."""
    if not text:
        return True
    found = list(_EQUAL.finditer(text))
    if " or ".join(each[0] for each in found) != " ".join(text.split()):
        raise refuse(400, f"The query specified in the URI is not valid. Syntax error in '{text}'.")
    for lower, field, quoted in (each.groups() for each in found):
        value, wanted = str(row.get(field) or ""), quoted.replace("''", "'")
        if (value.lower() if lower else value) == wanted:
            return True
    return False
