"""FreePBX 17: extensions, inbound routes and reloads in GraphQL, people of User Management in REST.

Written from the source of its modules (release/17.0: core 17.0.18.4, api, userman, voicemail) and run as a
schema, so that a field, an argument or a type that FreePBX does not have is refused as there. What is strange is meant:
a failure has the status 400 only where `status` was asked for, `updateExtension` deletes an extension and makes it
anew, routes are moved without asking for a reload, and GraphQL answers a token that it does not take with a 500, whose
form was seen in its issue tracker.
"""

from __future__ import annotations

import itertools
import json
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from graphql import GraphQLSchema, build_schema, execute, parse, validate

from pbxs.service import Asked, Reply, SimulatedPbx

API = "/admin/api/api"
SCHEMA = """
type Query {
  fetchAllExtensions(after: String, first: Int, before: String, last: Int): ExtensionConnection
  fetchExtension(extensionId: ID): Extension
  allInboundRoutes(after: String, first: Int, before: String, last: Int): DidConnection
  inboundRoute(id: ID!): Did
  fetchVoiceMail(extensionId: ID!): VoiceMail
  fetchApiStatus(txnId: ID!): ApiStatus
}
type Mutation {
  updateExtension(input: updateExtensionInput!): Told
  deleteExtension(input: deleteExtensionInput!): Told
  addInboundRoute(input: addInboundRouteInput!): TellRoute
  updateInboundRoute(input: updateInboundRouteInput!): TellRoute
  removeInboundRoute(input: removeInboundRouteInput!): TellRoute
  doreload(input: doreloadInput!): Reload
}
type Told { status: Boolean message: String clientMutationId: String }
type TellRoute { status: Boolean message: String inboundRoute: Did deletedId: ID clientMutationId: String }
type Reload { status: Boolean message: String transaction_id: String clientMutationId: String }
type ApiStatus { status: Boolean message: String details: String event_output: String }
type ExtensionConnection { totalCount: Int count: Int extension: [Extension] status: Boolean message: String }
type Extension {
  extensionId: ID tech: String user: CoreUser coreDevice: CoreDevice status: Boolean message: String
}
type CoreUser {
  extension: String! name: String voicemail: String ringtimer: Int outboundCid: String extPassword: String
}
type CoreDevice {
  deviceId: String! tech: String! dial: String! devicetype: String! description: String emergencyCid: String
}
type VoiceMail { status: Boolean message: String context: String password: String name: String email: String }
type DidConnection { totalCount: Int inboundRoutes: [Did] }
type Did {
  id: ID! extension: String! cidnum: String description: String privacyman: Boolean alertinfo: String ringing: Boolean
  mohclass: String grppre: String delay_answer: Int pricid: Boolean pmmaxretries: String pmminlength: String
  reversal: Boolean rvolume: String fanswer: Boolean destinationConnection: String
}
input updateExtensionInput {
  extensionId: ID! tech: String channelName: String name: String outboundCid: String emergencyCid: String email: String
  umEnable: Boolean umGroups: String vmEnable: Boolean vmPassword: String callerID: String extPassword: String
  umPassword: String maxContacts: String clientMutationId: String
}
input deleteExtensionInput { extensionId: ID! clientMutationId: String }
input addInboundRouteInput {
  extension: String cidnum: String description: String privacyman: Boolean alertinfo: String ringing: Boolean
  mohclass: String grppre: String delay_answer: Int pricid: Boolean pmmaxretries: String pmminlength: String
  reversal: Boolean rvolume: String fanswer: Boolean destination: String! clientMutationId: String
}
input updateInboundRouteInput {
  extension: String! cidnum: String oldExtension: String oldCidnum: String description: String privacyman: Boolean
  alertinfo: String ringing: Boolean mohclass: String grppre: String delay_answer: Int pricid: Boolean
  pmmaxretries: String pmminlength: String reversal: Boolean rvolume: String fanswer: Boolean destination: String!
  clientMutationId: String
}
input removeInboundRouteInput { id: ID! clientMutationId: String }
input doreloadInput { clientMutationId: String }
"""
ROUTE = {
    "description": "",
    "privacyman": False,
    "alertinfo": "",
    "ringing": False,
    "mohclass": "default",
    "grppre": "",
    "delay_answer": 0,
    "pricid": False,
    "pmmaxretries": "",
    "pmminlength": "",
    "reversal": False,
    "rvolume": "",
    "fanswer": False,
}
"""What a new route has, and one that is updated in each field that is left out."""


@cache
def _schema() -> GraphQLSchema:
    return build_schema(SCHEMA)


@cache
def _read(query: str) -> tuple[Any, list[dict[str, Any]]]:
    """A request, and what is wrong with it."""
    document = parse(query)
    return document, [{"message": error.message} for error in validate(_schema(), document)]


def tell(good: bool, message: str, **more: Any) -> dict[str, Any]:
    return {"status": good, "message": message, **more}


class FreePbx(SimulatedPbx):
    def __init__(self, client: str = "linecard", secret: str = "a secret of FreePBX") -> None:
        super().__init__()
        self.client, self.secret = client, secret
        self.tokens: set[str] = set()
        self.devices: dict[str, dict[str, Any]] = {}
        self.users: dict[str, dict[str, Any]] = {}
        self.people: dict[int, dict[str, Any]] = {}
        self.boxes: dict[str, dict[str, Any]] = {}
        self.database: dict[str, dict[str, Any]] = {}
        """What Asterisk keeps by extension: forwarding, do not disturb."""
        self.routes: dict[tuple[str, str], dict[str, Any]] = {}
        self.welcomed: list[str] = []
        self.reloads: dict[str, int] = {}
        self.reload_takes = 0
        """So many times a reload is said to be under way."""
        self.reload_ends = "Executed"
        self.fails_midway = False
        self.word = "Extensions"
        self._ids = itertools.count(1)

    # -- what is there -----------------------------------------------------------------------------------------------

    def add_extension(self, extension: str, email: str | None = None, name: str = "", **more: Any) -> None:
        """With its own person if there is an e-mail, which may be blank."""
        device = {"id": extension, "tech": "pjsip", "devicetype": "fixed", "description": name or extension}
        device |= {"emergency_cid": "", "callerid": f"device <{extension}>", "max_contacts": 1}
        self.devices[extension] = device | {"secret": f"secret-of-{extension}", **more}
        self.users[extension] = {"extension": extension, "name": name or extension, "outboundcid": "", "ringtimer": 0}
        if email is not None:
            self.add_person(extension, email, extension)

    def add_person(self, username: str, email: str, extension: str) -> None:
        key = next(self._ids)
        self.people[key] = {
            "id": str(key),
            "username": username,
            "password": "a hash",
            "email": email,
            "default_extension": extension,
        }

    def add_route(self, did: str, destination: str, cidnum: str = "", **more: Any) -> None:
        self.routes[did, cidnum] = {**ROUTE, "extension": did, "cidnum": cidnum, "destination": destination, **more}

    # -- requests ----------------------------------------------------------------------------------------------------

    def handle(self, asked: Asked) -> Reply:
        if asked.path == f"{API}/token":
            return self._log_in(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return self._deny(asked)
        if asked.path == f"{API}/gql" and asked.method == "POST":
            return self._ask(asked.json)
        if asked.path == f"{API}/rest/userman/users":
            return Reply(200, [{**person, "assigned": []} for person in self.people.values()])
        extension = asked.path.removeprefix(f"{API}/rest/userman/extensions/")
        found = (person for person in self.people.values() if person["default_extension"] == extension)
        return Reply(200, next(found, False))

    @staticmethod
    def _deny(asked: Asked) -> Reply:
        """Nothing catches what GraphQL throws, and FreePBX tells it as it tells any fault of its own."""
        message = "The resource owner or authorization server denied the request."
        if asked.path == f"{API}/gql":
            kind = "League\\OAuth2\\Server\\Exception\\OAuthServerException"
            return Reply(500, {"error": {"type": kind, "message": message, "code": 9}})
        return Reply(401, {"error": "access_denied", "error_description": message, "message": message})

    def _log_in(self, asked: Asked) -> Reply:
        said = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        wanted = {"grant_type": "client_credentials", "client_id": self.client, "client_secret": self.secret}
        if any(said.get(name) != value for name, value in wanted.items()):
            return Reply(401, {"error": "invalid_client", "message": "Client authentication failed"})
        token = f"token-{len(self.tokens)}"
        self.tokens.add(token)
        return Reply(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": token})

    def _ask(self, sent: dict[str, Any]) -> Reply:
        document, wrong = _read(sent["query"])
        if wrong:
            return Reply(200, {"errors": wrong})
        made = execute(_schema(), document, self._make_root(), variable_values=sent.get("variables"))
        came = made.formatted
        if came.get("errors"):
            return Reply(200, came)
        first = next(iter(came["data"].values()))
        if isinstance(first, dict) and first.get("status") is False:
            error = {key: first[key] for key in ("message", "status") if key in first}
            return Reply(400, {"errors": [error]})
        return Reply(200, json.loads(json.dumps(came)))

    def _make_root(self) -> dict[str, Any]:
        return {
            "fetchAllExtensions": lambda _, **page: tell(
                True,
                "Extension's found successfully",
                totalCount=len(self.devices),
                extension=[self._show(extension) for extension in sorted(self.devices)],
            ),
            "fetchExtension": self._fetch_extension,
            "allInboundRoutes": lambda _, **page: {
                "totalCount": len(self.routes),
                "inboundRoutes": [self._show_route(*key) for key in sorted(self.routes)],
            },
            "inboundRoute": lambda _, id: self._show_route(*self._split(id)),  # noqa: A006
            "fetchVoiceMail": self._fetch_box,
            "fetchApiStatus": self._fetch_status,
            "updateExtension": lambda _, input: self._update_extension(input),  # noqa: A006
            "deleteExtension": lambda _, input: self._delete_extension(input),  # noqa: A006
            "addInboundRoute": lambda _, input: self._add_route(input),  # noqa: A006
            "updateInboundRoute": lambda _, input: self._update_route(input),  # noqa: A006
            "removeInboundRoute": lambda _, input: self._remove_route(input),  # noqa: A006
            "doreload": lambda _, input: self._reload(),  # noqa: A006
        }

    # -- extensions --------------------------------------------------------------------------------------------------

    def _show(self, extension: str) -> dict[str, Any]:
        device, user = self.devices[extension], self.users.get(extension)
        shown = {"extensionId": extension, "tech": device["tech"], "user": None}
        if device["devicetype"] == "fixed" and user is not None:
            shown["user"] = {**user, "outboundCid": user["outboundcid"], "extPassword": device["secret"]}
        dial = f"{device['tech'].upper()}/{extension}"
        shown["coreDevice"] = {**device, "deviceId": extension, "dial": dial, "emergencyCid": device["emergency_cid"]}
        return shown

    def _fetch_extension(self, _: Any, extensionId: str = "") -> dict[str, Any]:  # noqa: N803
        if extensionId not in self.devices:
            return tell(False, "Extension does not exists")
        return tell(True, "Extension found successfully", **self._show(extensionId))

    def _fetch_box(self, _: Any, extensionId: str) -> dict[str, Any]:  # noqa: N803
        if (box := self.boxes.get(extensionId)) is None:
            return tell(False, "Sorry unable to fetch the status")
        return tell(True, "Voicemail data found successfully", context="default", **box)

    def _update_extension(self, said: dict[str, Any]) -> dict[str, Any]:
        """Everything goes, and what was said or is carried over is made."""
        extension = said["extensionId"]
        if said.get("umEnable") and "umPassword" not in said:
            return tell(False, "User management is enabled please provide password")
        if not extension.isdigit():
            return tell(False, "Please enter only numeric values")
        if (old := self.devices.get(extension)) is None:
            return tell(False, "Extension does not exists.")
        tech = said.get("tech", "pjsip")
        if tech != "pjsip":
            return tell(False, f"The existing driver not support this tech(`{tech}`) option . Please use pjsip instead")
        named = (key for key, person in self.people.items() if person["username"] == extension)
        key = next(named, None)
        email = said.get("email") or (self.people[key]["email"] if key is not None else None)
        name = said.get("name") or self.users[extension]["name"]
        pin = said.get("vmPassword") or self.boxes.get(extension, {}).get("password", "")
        emergency = said.get("emergencyCid") or ""
        self._delete(extension)
        self.people.pop(key or 0, None)
        if self.fails_midway:
            return tell(True, "Extension has been updated")
        self.add_extension(extension, None, name)
        self.devices[extension] |= {
            "emergency_cid": emergency,
            "callerid": said.get("callerID") or emergency or old["callerid"],
            "max_contacts": int(said.get("maxContacts") or old["max_contacts"]),
            "secret": said.get("extPassword") or f"made-up-{next(self._ids)}",
        }
        self.users[extension]["outboundcid"] = said.get("outboundCid") or ""
        if said.get("umEnable", True):
            self.add_person(extension, email or "", extension)
            self.welcomed.append(email or "")
        if said.get("vmEnable", True) and pin:
            self.boxes[extension] = {"password": pin, "name": name, "email": email or "", "messages": 0}
        return tell(True, "Extension has been updated")

    def _delete(self, extension: str) -> None:
        for table in (self.devices, self.users, self.boxes, self.database):
            table.pop(extension, None)

    def _delete_extension(self, said: dict[str, Any]) -> dict[str, Any]:
        if said["extensionId"] not in self.devices:
            return tell(False, "Extension does not exists.")
        self._delete(said["extensionId"])
        return tell(True, "Extension has been deleted")

    # -- routes ------------------------------------------------------------------------------------------------------

    @staticmethod
    def _split(key: str) -> tuple[str, str]:
        did, _, cidnum = key.partition("/")
        return did, cidnum

    def _list_destinations(self) -> dict[str, str]:
        known = {f"from-did-direct,{e},1": f"{self.word}: {e} {user['name']}" for e, user in self.users.items()}
        return known | {"app-blackhole,hangup,1": "Terminate Call:Hangup", "ext-group,600,1": "Ring Groups:Sales (600)"}

    def _show_route(self, did: str, cidnum: str) -> dict[str, Any] | None:
        if (route := self.routes.get((did, cidnum))) is None:
            return None
        shown = {name: value for name, value in route.items() if name != "destination"}
        connection = self._list_destinations().get(route["destination"])
        return shown | {"id": f"{did}/{cidnum}", "destinationConnection": connection}

    def _find_fault(self, said: dict[str, Any]) -> dict[str, Any] | None:
        if said["destination"].strip() in self._list_destinations():
            return None
        return tell(False, "Input variable destination does not exists in this system")

    def _add_route(self, said: dict[str, Any]) -> dict[str, Any]:
        key = said.get("extension", ""), said.get("cidnum", "")
        if (fault := self._find_fault(said)) is not None:
            return fault
        if key in self.routes:
            return tell(False, "Inbound Route already exists")
        self.add_route(key[0], said["destination"], key[1], **{name: said[name] for name in ROUTE if name in said})
        return tell(True, "Inbound Route created successfully")

    def _update_route(self, said: dict[str, Any]) -> dict[str, Any]:
        key = said["extension"], said.get("cidnum", "")
        if (fault := self._find_fault(said)) is not None:
            return fault
        if said.get("oldExtension", key[0]) and said.get("oldCidnum", key[1]):
            self.routes.pop((said.get("oldExtension", key[0]), said.get("oldCidnum", key[1])), None)
        elif self.routes.pop(key, None) is None:
            return tell(False, "Inbound Route does not exists")
        self.add_route(key[0], said["destination"], key[1], **{name: said[name] for name in ROUTE if name in said})
        return tell(True, "Inbound Route updated successfully")

    def _remove_route(self, said: dict[str, Any]) -> dict[str, Any]:
        if self.routes.pop(self._split(said["id"]), None) is None:
            return tell(False, "Inbound Route not found", deletedId=said["id"])
        return tell(True, "Inbound Route deleted successfully", deletedId=said["id"])

    # -- reloads -----------------------------------------------------------------------------------------------------

    def _reload(self) -> dict[str, Any]:
        key = str(next(self._ids))
        self.reloads[key] = self.reload_takes
        return tell(True, "Doreload/apply config has been initiated", transaction_id=key)

    def _fetch_status(self, _: Any, txnId: str) -> dict[str, Any]:  # noqa: N803
        """Its status is true even for a transaction that there never was."""
        if txnId not in self.reloads:
            return tell(True, "Sorry unable to fetch the status")
        if self.reloads[txnId]:
            self.reloads[txnId] -= 1
            return tell(True, "Processing")
        reason = "" if self.reload_ends == "Executed" else "reload failed"
        return tell(True, self.reload_ends, details=reason, event_output="")
