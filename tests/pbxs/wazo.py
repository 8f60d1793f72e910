"""Wazo: the parts of wazo-auth and wazo-confd that give users their lines and numbers their incalls.

Written from the source of wazo-confd 26.09 (4086b2e): resources, schemas and validators of users, lines, extensions,
incalls and their associations; and from what wazo's clients for Python and JavaScript send.
"""

from __future__ import annotations

import base64
import itertools
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pbxs.service import Asked, Refusal, Reply, Routes, SimulatedPbx

TENANT = "54eb71f8-1f4b-4ae4-8730-638062fbe521"
ROUTES = Routes()
CONFD = "/api/confd/1.1"
NO_FORWARD = {"enabled": False, "destination": None}


def refuse(status: int, words: str) -> Refusal:
    return Refusal(Reply(status, [words]))


@dataclass
class User:
    id: int
    uuid: str
    email: str | None
    firstname: str
    lastname: str | None = None
    lines: list[int] = field(default_factory=list)


@dataclass
class Line:
    """`users` begins with the main one."""

    id: int
    context: str
    users: list[str] = field(default_factory=list)
    extensions: list[int] = field(default_factory=list)
    device: str | None = None
    has_endpoint: bool = True


@dataclass
class Extension:
    id: int
    exten: str
    context: str
    incall: int | None = None


@dataclass
class Incall:
    id: int
    destination: dict[str, Any]
    extensions: list[int] = field(default_factory=list)


class Wazo(SimulatedPbx):
    def __init__(self, username: str = "linecard", password: str = "a secret of Wazo") -> None:
        super().__init__()
        self.credentials = {username: password}
        self.contexts = {"default": "internal", "from-extern": "incall"}
        self.ranges = {"from-extern": ("100", "9" * 15)}
        self.users: dict[str, User] = {}
        self.by_email: dict[str, User] = {}
        self.lines: dict[int, Line] = {}
        self.extensions: dict[int, Extension] = {}
        self.incalls: dict[int, Incall] = {}
        self.on_lines: dict[int, list[int]] = {}
        """The lines on which an extension is."""
        self.tokens: dict[str, str] = {}
        self.refreshes: dict[str, str] = {}
        self.logins = 0
        self._ids = itertools.count(1)

    # -- what a test fills it with -----------------------------------------------------------------------------------

    def add_user(self, email: str | None, firstname: str = "Ann") -> User:
        found = self.find_user_by_email(email)
        if found is None:
            found = User(next(self._ids), str(uuid.uuid4()), email, firstname)
            self.users[found.uuid] = found
            self.by_email.update({email.lower(): found} if email else {})
        return found

    def index_emails(self) -> None:
        """After users came, went or changed."""
        self.by_email = {user.email.lower(): user for user in self.users.values() if user.email}

    def add_extension(self, exten: str, context: str = "default") -> Extension:
        made = Extension(next(self._ids), exten, context)
        self.extensions[made.id] = made
        return made

    def add_line(self, exten: str, user: User | None = None) -> Line:
        extension = self.add_extension(exten)
        line = Line(next(self._ids), "default", extensions=[extension.id])
        self.lines[line.id] = line
        self.on_lines[extension.id] = [line.id]
        if user is not None:
            self.connect(user, line)
        return line

    def add_number(self, exten: str, destination: dict[str, Any]) -> Incall:
        extension = self.add_extension(exten, "from-extern")
        incall = Incall(next(self._ids), destination, [extension.id])
        self.incalls[incall.id] = incall
        extension.incall = incall.id
        return incall

    def connect(self, user: User, line: Line) -> None:
        if line.id not in user.lines:
            user.lines.append(line.id)
            line.users.append(user.uuid)

    def find_user_by_email(self, email: str | None) -> User | None:
        return self.by_email.get(email.lower()) if email else None

    def find_user(self, name: str) -> User:
        found = self.users.get(name) or next((u for u in self.users.values() if str(u.id) == name), None)
        if found is None:
            raise refuse(404, f"Resource Error - User was not found ('id': '{name}')")
        return found

    def find_line(self, name: str) -> Line:
        if not name.isdigit() or int(name) not in self.lines:
            raise refuse(404, f"Resource Error - Line was not found ('id': '{name}')")
        return self.lines[int(name)]

    def find_incall(self, name: str) -> Incall:
        if not name.isdigit() or int(name) not in self.incalls:
            raise refuse(404, f"Resource Error - Incall was not found ('id': '{name}')")
        return self.incalls[int(name)]

    def find_extension(self, name: str) -> Extension:
        if not name.isdigit() or int(name) not in self.extensions:
            raise refuse(404, f"Resource Error - Extension was not found ('id': '{name}')")
        return self.extensions[int(name)]

    # -- requests ----------------------------------------------------------------------------------------------------

    def handle(self, asked: Asked) -> Reply:
        if asked.path == "/api/auth/0.1/token":
            return self._log_in(asked)
        if self.tokens.get(asked.headers.get("x-auth-token", "")) is None:
            raise Refusal(Reply(401, {"reason": ["Authentication failed"], "status_code": 401}))
        if (tenant := asked.headers.get("wazo-tenant")) and tenant != TENANT:
            raise Refusal(Reply(401, {"reason": ["Unauthorized tenant"], "status_code": 401}))
        found = ROUTES.find(asked.method, asked.path)
        if found is None:
            raise Refusal(Reply(404, {"message": "The requested URL was not found on the server."}))
        handler, parts = found
        return handler(self, asked, **parts)

    def _log_in(self, asked: Asked) -> Reply:
        """By HTTP Basic, or with a refresh token, for which a client names itself."""
        self.logins += 1
        body = asked.json or {}
        scheme, _, coded = asked.headers.get("authorization", "").partition(" ")
        username = self.refreshes.get(body.get("refresh_token", ""), "")
        if not username:
            username, _, password = base64.b64decode(coded).decode().partition(":") if scheme == "Basic" else ("",) * 3
            if self.credentials.get(username) != password or not username:
                raise Refusal(Reply(401, {"reason": ["Authentication Failed"], "status_code": 401}))
        token = str(uuid.uuid4())
        self.tokens[token] = username
        data: dict[str, Any] = {
            "token": token,
            "expires_at": "2036-01-01T00:00:00",
            "utc_expires_at": "2036-01-01T00:00:00",
            "metadata": {"uuid": "a-uuid", "tenant_uuid": TENANT},
            "acl": ["confd.#"],
        }
        if body.get("access_type") == "offline":
            data["refresh_token"] = str(uuid.uuid4())
            self.refreshes[data["refresh_token"]] = username
        return Reply(200, {"data": data})

    # -- how things are shown ----------------------------------------------------------------------------------------

    def show_extension(self, extension: Extension) -> dict[str, Any]:
        lines = [self.lines[each] for each in self.on_lines.get(extension.id, [])]
        incall = None if extension.incall is None else {"id": extension.incall, "links": []}
        return {
            "id": extension.id,
            "exten": extension.exten,
            "context": extension.context,
            "tenant_uuid": TENANT,
            "enabled": True,
            "incall": incall,
            "lines": [{"id": line.id, "name": f"line{line.id}", "links": []} for line in lines],
            "links": [],
        }

    def _brief_extensions(self, ids: list[int]) -> list[dict[str, Any]]:
        return [{"id": i, "exten": self.extensions[i].exten, "context": self.extensions[i].context} for i in ids]

    def show_line(self, line: Line) -> dict[str, Any]:
        users = [self.users[each] for each in line.users]
        return {
            "id": line.id,
            "name": f"line{line.id}",
            "context": line.context,
            "device_id": line.device,
            "extensions": self._brief_extensions(line.extensions),
            "users": [{"uuid": u.uuid, "firstname": u.firstname, "lastname": u.lastname} for u in users],
            "endpoint_sip": {"uuid": f"sip-{line.id}", "auth_section_options": [["username", "u"], ["password", "p"]]},
        }

    def show_user(self, user: User) -> dict[str, Any]:
        lines = [self.lines[each] for each in user.lines]
        return {
            "id": user.id,
            "uuid": user.uuid,
            "email": user.email,
            "firstname": user.firstname,
            "lastname": user.lastname,
            "tenant_uuid": TENANT,
            "lines": [{"id": line.id, "extensions": self._brief_extensions(line.extensions)} for line in lines],
            "forwards": {
                kind: {"enabled": False, "destination": None} for kind in ("busy", "noanswer", "unconditional")
            },
            "services": {"dnd": {"enabled": False}, "incallfilter": {"enabled": False}},
            "incalls": [
                {"id": incall.id, "extensions": self._brief_extensions(incall.extensions)}
                for incall in self.incalls.values()
                if incall.destination.get("user_id") == user.id
            ],
        }

    def show_incall(self, incall: Incall) -> dict[str, Any]:
        return {
            "id": incall.id,
            "destination": incall.destination,
            "extensions": self._brief_extensions(incall.extensions),
        }


def answer_list(asked: Asked, things: Iterable[Any], show: Callable[[Any], dict[str, Any]]) -> Reply:
    """`search` looks into every column; any other parameter is one, and must be equal."""
    query = dict(asked.query)
    query.pop("recurse", None)
    limit, offset = int(query.pop("limit", "1000000")), int(query.pop("offset", 0))
    order, search = query.pop("order", "id"), query.pop("search", "").lower()
    found = [thing for thing in things if _fits(thing, search, query)]
    found.sort(key=lambda thing: (str(getattr(thing, order, "")) if order != "id" else "", thing.id))
    return Reply(200, {"total": len(found), "items": [show(each) for each in found[offset : offset + limit]]})


def _fits(thing: Any, search: str, columns: Mapping[str, str]) -> bool:
    if not all(str(getattr(thing, column, None)) == value for column, value in columns.items()):
        return False
    return not search or any(search in str(v).lower() for v in vars(thing).values() if isinstance(v, str | int))


@ROUTES.add("GET", f"{CONFD}/users")
def list_users(pbx: Wazo, asked: Asked) -> Reply:
    return answer_list(asked, pbx.users.values(), pbx.show_user)


@ROUTES.add("GET", f"{CONFD}/users/{{user}}")
def get_user(pbx: Wazo, asked: Asked, user: str) -> Reply:
    return Reply(200, pbx.show_user(pbx.find_user(user)))


@ROUTES.add("PUT", f"{CONFD}/users/{{user}}")
def put_user(pbx: Wazo, asked: Asked, user: str) -> Reply:
    found, body = pbx.find_user(user), asked.json
    email = body.get("email")
    other = pbx.find_user_by_email(email)
    if other is not None and other is not found:
        raise refuse(400, f"Resource Error - User already exists ('email': '{email}')")
    for name in ("email", "firstname", "lastname"):
        if name in body:
            setattr(found, name, body[name])
    pbx.index_emails()
    return Reply(204)


@ROUTES.add("DELETE", f"{CONFD}/users/{{user}}")
def delete_user(pbx: Wazo, asked: Asked, user: str) -> Reply:
    found = pbx.find_user(user)
    for line in found.lines:
        pbx.lines[line].users.remove(found.uuid)
    for incall in pbx.incalls.values():
        if incall.destination.get("user_id") == found.id:
            incall.destination = {"type": "none"}
    del pbx.users[found.uuid]
    pbx.index_emails()
    return Reply(204)


@ROUTES.add("GET", f"{CONFD}/lines")
def list_lines(pbx: Wazo, asked: Asked) -> Reply:
    return answer_list(asked, pbx.lines.values(), pbx.show_line)


@ROUTES.add("GET", f"{CONFD}/lines/{{line}}")
def get_line(pbx: Wazo, asked: Asked, line: str) -> Reply:
    return Reply(200, pbx.show_line(pbx.find_line(line)))


@ROUTES.add("PUT", f"{CONFD}/users/{{user}}/lines/{{line}}")
def put_user_line(pbx: Wazo, asked: Asked, user: str, line: str) -> Reply:
    """The same pair again is nothing new; somebody else becomes a secondary user without a word."""
    person, found = pbx.find_user(user), pbx.find_line(line)
    if person.uuid in found.users:
        return Reply(204)
    if not found.has_endpoint:
        raise refuse(400, f"Resource Error - Line is not associated with Endpoint ('line_id': {found.id})")
    sharing = [other for other in pbx.lines.values() if set(other.extensions) & set(found.extensions)]
    mains = {each.users[0] for each in sharing if each.users} | {person.uuid}
    if len(mains) > 1 and len(sharing) > 1:
        raise refuse(400, f"Resource Error - Line is associated with a Extension ('line_id': {found.id})")
    pbx.connect(person, found)
    return Reply(204)


@ROUTES.add("DELETE", f"{CONFD}/users/{{user}}/lines/{{line}}")
def delete_user_line(pbx: Wazo, asked: Asked, user: str, line: str) -> Reply:
    person, found = pbx.find_user(user), pbx.find_line(line)
    if person.uuid not in found.users:
        return Reply(204)
    if found.users[0] == person.uuid and len(found.users) > 1:
        raise refuse(400, f"Resource Error - There are secondary users associated to the line ('line_id': {found.id})")
    if found.device is not None:
        raise refuse(400, f"Resource Error - Line is associated with a Device ('device_id': '{found.device}')")
    found.users.remove(person.uuid)
    person.lines.remove(found.id)
    return Reply(204)


@ROUTES.add("PUT", f"{CONFD}/lines/{{line}}/devices/{{device}}")
def put_line_device(pbx: Wazo, asked: Asked, line: str, device: str) -> Reply:
    found = pbx.find_line(line)
    if found.device == device:
        return Reply(204)
    if found.device is not None:
        raise refuse(400, f"Resource Error - Line is associated with a Device ('device_id': '{found.device}')")
    if not found.users:
        raise refuse(400, f"Resource Error - User is not associated with Line ('line_id': {found.id})")
    found.device = device
    return Reply(204)


@ROUTES.add("DELETE", f"{CONFD}/lines/{{line}}/devices/{{device}}")
def delete_line_device(pbx: Wazo, asked: Asked, line: str, device: str) -> Reply:
    found = pbx.find_line(line)
    if found.device == device:
        found.device = None
    return Reply(204)


@ROUTES.add("PUT", f"{CONFD}/lines/{{line}}/extensions/{{extension}}")
def put_line_extension(pbx: Wazo, asked: Asked, line: str, extension: str) -> Reply:
    found, other = pbx.find_line(line), pbx.find_extension(extension)
    if other.id not in found.extensions:
        if found.extensions:
            raise refuse(400, f"Resource Error - Line is associated with a Extension ('line_id': {found.id})")
        if pbx.contexts[other.context] != "internal":
            raise refuse(400, "Resource Error - Context type is not internal")
        found.extensions.append(other.id)
        pbx.on_lines.setdefault(other.id, []).append(found.id)
    return Reply(204)


@ROUTES.add("GET", f"{CONFD}/extensions")
def list_extensions(pbx: Wazo, asked: Asked) -> Reply:
    return answer_list(asked, pbx.extensions.values(), pbx.show_extension)


@ROUTES.add("POST", f"{CONFD}/extensions")
def post_extension(pbx: Wazo, asked: Asked) -> Reply:
    exten, context = str(asked.json["exten"]), asked.json["context"]
    if context not in pbx.contexts:
        raise refuse(400, f"Input Error - context: Context was not found ('name': '{context}')")
    if any((each.exten, each.context) == (exten, context) for each in pbx.extensions.values()):
        raise refuse(400, f"Resource Error - Extension already exists ('exten': '{exten}', 'context': '{context}')")
    return Reply(201, pbx.show_extension(pbx.add_extension(exten, context)))


@ROUTES.add("PUT", f"{CONFD}/extensions/{{extension}}")
def put_extension(pbx: Wazo, asked: Asked, extension: str) -> Reply:
    found, exten = pbx.find_extension(extension), str(asked.json.get("exten", ""))
    if exten:
        found.exten = exten
    return Reply(204)


@ROUTES.add("GET", f"{CONFD}/incalls")
def list_incalls(pbx: Wazo, asked: Asked) -> Reply:
    return answer_list(asked, pbx.incalls.values(), pbx.show_incall)


@ROUTES.add("GET", f"{CONFD}/incalls/{{incall}}")
def get_incall(pbx: Wazo, asked: Asked, incall: str) -> Reply:
    return Reply(200, pbx.show_incall(pbx.find_incall(incall)))


def check_destination(pbx: Wazo, destination: Any) -> dict[str, Any]:
    """Each type has fields of its own."""
    needed = {"none": [], "user": ["user_id"], "extension": ["exten", "context"]}
    kind = destination.get("type") if isinstance(destination, dict) else None
    if kind not in needed:
        raise refuse(400, "Input Error - destination: {'type': ['Must be one of: none, user, extension.']}")
    if any(name not in destination for name in needed[kind]):
        raise refuse(400, "Input Error - destination: Missing data for required field.")
    if kind == "user" and not any(user.id == destination["user_id"] for user in pbx.users.values()):
        raise refuse(400, f"Input Error - user_id: User was not found ('id': {destination['user_id']})")
    return {name: destination[name] for name in ("type", *needed[kind])}


@ROUTES.add("POST", f"{CONFD}/incalls")
def post_incall(pbx: Wazo, asked: Asked) -> Reply:
    made = Incall(next(pbx._ids), check_destination(pbx, asked.json.get("destination")))
    pbx.incalls[made.id] = made
    return Reply(201, pbx.show_incall(made))


@ROUTES.add("PUT", f"{CONFD}/incalls/{{incall}}")
def put_incall(pbx: Wazo, asked: Asked, incall: str) -> Reply:
    found = pbx.find_incall(incall)
    if "destination" in asked.json:
        found.destination = check_destination(pbx, asked.json["destination"])
    return Reply(204)


@ROUTES.add("PUT", f"{CONFD}/incalls/{{incall}}/extensions/{{extension}}")
def put_incall_extension(pbx: Wazo, asked: Asked, incall: str, extension: str) -> Reply:
    found, other = pbx.find_incall(incall), pbx.find_extension(extension)
    if other.incall == found.id:
        return Reply(204)
    if found.extensions or other.incall is not None:
        raise refuse(400, f"Resource Error - Incall is associated with a Extension ('incall_id': {found.id})")
    if pbx.contexts[other.context] != "incall":
        raise refuse(400, "Resource Error - Context type is not incall")
    found.extensions.append(other.id)
    other.incall = found.id
    return Reply(204)
