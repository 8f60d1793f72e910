"""A Yeastar P-Series as its OpenAPI 1.0 shows it: extensions, inbound routes, and tokens that end.

Written from Yeastar's developer guide and administrator's guide (P-Series, 2026); where these say nothing, from public
clients. Every answer is a 200 whose `errcode` says what came of it. A list of routes does not show their DIDs: the
details of some, by their ids, do. No two extensions have the same e-mail.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Any

from pbxs.service import Asked, Refusal, Reply, SimulatedPbx

API = "/openapi/v1.0/"
LIFE = 1800
MOST_TOKENS = 8
MOST_REFUSED = 5
MOST_SHOWN = 1000
"""Entries of a page, whatever `page_size` says."""
EMAIL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.'-]*@[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
NAME = re.compile(r"[^\s!$()/#;,\[\]\\\"=<>&'`^%@{}|:]{1,63}")
SHOWN = ("id", "number", "caller_id_name", "role_name", "email_addr", "mobile_number", "presence_status")


def refuse(code: int, message: str, **more: Any) -> Refusal:
    return Refusal(Reply(200, {"errcode": code, "errmsg": message, **more}))


def find_wrong(field: str, kind: str = "format") -> Refusal:
    return refuse(40002, "PARAMETER ERROR", invalid_param_list=[{"field": field, "validation_type": kind}])


def succeed(**more: Any) -> Reply:
    return Reply(200, {"errcode": 0, "errmsg": "SUCCESS", **more})


class Yeastar(SimulatedPbx):
    def __init__(self, client: str = "linecard", secret: str = "a secret of Yeastar") -> None:
        super().__init__()
        self.client, self.secret = client, secret
        self.tokens: list[str] = []
        self.refresh_tokens: set[str] = set()
        self.refused = 0
        """Logins; after five of them nobody at this address is let in."""
        self.extensions: dict[int, dict[str, Any]] = {}
        self.routes: dict[int, dict[str, Any]] = {}
        self.trunks = {27}
        self._ids = itertools.count(1)

    def add_extension(self, number: str, email: str = "", **more: Any) -> dict[str, Any]:
        extension = {"id": next(self._ids), "number": number, "first_name": number, "last_name": "", "type": "SIP"}
        extension |= {"email_addr": email, "mobile_number": "", "role_name": "", "presence_status": "available"}
        extension |= {"user_password": "a password", "reg_password": f"secret-of-{number}", **more}
        self.extensions[extension["id"]] = extension
        return extension

    def add_route(self, dids: Iterable[str], number: str, **more: Any) -> dict[str, Any]:
        """To an extension, or to nobody where there is none with this number."""
        of = next((str(e["id"]) for e in self.extensions.values() if e["number"] == number), "")
        route = {"id": next(self._ids), "name": f"route-{next(self._ids)}", "did_option": "patterns"}
        route |= {"did_pattern_list": [{"did_pattern": did} for did in dids]}
        route |= {"cid_option": "patterns", "cid_pattern_list": [], "trunk_list": [{"id": 27, "name": "provider"}]}
        route |= {"def_dest": "extension" if of else "end_call", "def_dest_value": of, "enb_time_condition": 0, **more}
        self.routes[route["id"]] = route
        return route

    # -- requests ----------------------------------------------------------------------------------------------------

    def handle(self, asked: Asked) -> Reply:
        if not asked.headers.get("user-agent"):
            return Reply(403)
        name = asked.path.removeprefix(API)
        if name in {"get_token", "refresh_token"}:
            return self._log_in(asked.json) if name == "get_token" else self._refresh(asked.json)
        if asked.query.get("access_token") not in self.tokens:
            raise refuse(10004, "ACCESS TOKEN EXPIRED")
        known = {
            ("GET", "extension/list"): lambda: self._list(asked, [self._show(e) for e in self.extensions.values()]),
            ("GET", "inbound_route/list"): lambda: self._list(asked, [self._sum_up(r) for r in self.routes.values()]),
            ("GET", "inbound_route/query"): lambda: self._query_routes(asked.query["ids"]),
            ("GET", "inbound_route/delete"): lambda: self._delete_route(int(asked.query["id"])),
            ("POST", "extension/update"): lambda: self._update_extension(asked.json),
            ("POST", "inbound_route/update"): lambda: self._update_route(asked.json),
            ("POST", "inbound_route/create"): lambda: self._create_route(asked.json),
        }
        if (asked.method, name) not in known:
            raise refuse(10001, "INTERFACE NOT EXISTED")
        return known[asked.method, name]()

    def _log_in(self, said: dict[str, Any]) -> Reply:
        if self.refused >= MOST_REFUSED:
            return Reply(403)
        if (said.get("username"), said.get("password")) != (self.client, self.secret):
            self.refused += 1
            wrong = [{"field": "username or password", "value": "error"}]
            raise refuse(-1, "FAILURE", invalid_param_list=wrong)
        if len(self.tokens) >= MOST_TOKENS:
            raise refuse(10006, "TOO MANY TOKENS")
        return self._give_token()

    def _refresh(self, said: dict[str, Any]) -> Reply:
        if said.get("refresh_token") not in self.refresh_tokens:
            raise refuse(10005, "REFRESH TOKEN EXPIRED")
        self.refresh_tokens.remove(said["refresh_token"])
        return self._give_token()

    def _give_token(self) -> Reply:
        number = next(self._ids)
        self.tokens.append(f"token-{number}")
        self.refresh_tokens.add(f"refresh-{number}")
        return succeed(
            access_token_expire_time=LIFE,
            access_token=f"token-{number}",
            refresh_token_expire_time=86400,
            refresh_token=f"refresh-{number}",
        )

    def _list(self, asked: Asked, rows: list[dict[str, Any]]) -> Reply:
        page, size = int(asked.query.get("page", "1")), min(int(asked.query.get("page_size", "20")), MOST_SHOWN)
        rows.sort(key=lambda row: row[asked.query.get("sort_by", "id")], reverse=asked.query.get("order_by") == "desc")
        return succeed(total_number=len(rows), data=rows[(page - 1) * size : page * size])

    # -- extensions --------------------------------------------------------------------------------------------------

    @staticmethod
    def _show(extension: dict[str, Any]) -> dict[str, Any]:
        name = f"{extension['first_name']} {extension['last_name']}".strip()
        return {field: {**extension, "caller_id_name": name}[field] for field in SHOWN}

    def _update_extension(self, said: dict[str, Any]) -> Reply:
        key = said.pop("id")
        if not isinstance(key, int) or key not in self.extensions:
            raise find_wrong("id", "exist")
        email = said.get("email_addr", "")
        if email and not EMAIL.fullmatch(email):
            raise find_wrong("email_addr")
        for field in ("first_name", "last_name"):
            if len(said.get(field, "")) > 63:
                raise find_wrong(field, "length")
        for other in self.extensions.values():
            if email and other["id"] != key and other["email_addr"].lower() == email.lower():
                taken = {"field": "email_addr", "value": email, "external_source": "extension"}
                taken |= {"external_source_name": other["number"]}
                submsg = "Extension update fail for duplicate fields"
                raise refuse(40003, "DUPLICATE KEY VALUE", submsg=submsg, duplicate_field_list=[taken])
        self.extensions[key] |= said
        if not (self.extensions[key]["first_name"] or self.extensions[key]["last_name"]):
            self.extensions[key]["first_name"] = self.extensions[key]["number"]
        return succeed()

    # -- inbound routes ----------------------------------------------------------------------------------------------

    @staticmethod
    def _sum_up(route: dict[str, Any]) -> dict[str, Any]:
        """What a list shows: no DIDs. The misspelt name is Yeastar's."""
        shown = {"id": route["id"], "pos": route["id"], "name": route["name"]}
        return shown | {"default_destination": route["def_dest"], "default_desination_value": route["def_dest_value"]}

    def _query_routes(self, ids: str) -> Reply:
        keys = [int(key) for key in ids.split(",")]
        if any(key not in self.routes for key in keys):
            raise find_wrong("ids", "exist")
        return succeed(data=[self.routes[key] for key in keys])

    def _delete_route(self, key: int) -> Reply:
        if self.routes.pop(key, None) is None:
            raise find_wrong("id", "exist")
        return succeed()

    def _check_route(self, route: dict[str, Any]) -> None:
        if not NAME.fullmatch(route["name"]):
            raise find_wrong("name")
        if any(other["id"] != route["id"] and other["name"] == route["name"] for other in self.routes.values()):
            taken = {"field": "name", "value": route["name"]}
            raise refuse(40003, "DUPLICATE KEY VALUE", duplicate_field_list=[taken])
        if not route["trunk_list"] or any(trunk["id"] not in self.trunks for trunk in route["trunk_list"]):
            raise find_wrong("trunk_list", "exist")
        ids = {str(key) for key in self.extensions}
        if route["def_dest"] == "extension" and route["def_dest_value"] not in ids:
            raise find_wrong("def_dest_value", "exist")

    def _update_route(self, said: dict[str, Any]) -> Reply:
        key = said["id"]
        if not isinstance(key, int) or key not in self.routes:
            raise find_wrong("id", "exist")
        self._check_route(self.routes[key] | said)
        self.routes[key] |= said
        return succeed()

    def _create_route(self, said: dict[str, Any]) -> Reply:
        if lacking := [name for name in ("name", "trunk_list", "def_dest") if not said.get(name)]:
            raise find_wrong(lacking[0], "required")
        key = next(self._ids)
        route = {"id": key, "did_option": "patterns", "cid_pattern_list": [], "enb_time_condition": 0, **said}
        self._check_route(route)
        self.routes[key] = route
        return succeed(id=key)
