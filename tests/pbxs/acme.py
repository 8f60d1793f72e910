"""A small PBX that nobody has heard of: that of the worked example in docs/http.md."""

from __future__ import annotations

from typing import Any

from pbxs.service import Asked, Reply, SimulatedPbx

KEY = "a secret of the PBX"


class Acme(SimulatedPbx):
    """`extensions` are whole objects; a PUT puts another in the place of one."""

    def __init__(self, extensions: list[dict[str, Any]]) -> None:
        super().__init__()
        self.extensions = {each["ext"]: each for each in extensions}

    def handle(self, asked: Asked) -> Reply:
        if asked.headers.get("x-key") != KEY:
            return Reply(401, {"error": "who are you"})
        if asked.path == "/api/extensions":
            page, size = int(asked.query["page"]), int(asked.query["size"])
            rows = [self.extensions[name] for name in sorted(self.extensions)]
            return Reply(200, {"count": len(rows), "data": rows[(page - 1) * size : page * size]})
        name = asked.path.rpartition("/")[2]
        if name not in self.extensions:
            return Reply(404, {"error": f"no extension {name}"})
        if asked.method == "PUT":
            bearers = {did: each["ext"] for each in self.extensions.values() for did in each["dids"]}
            if any(bearers.get(did, name) != name for did in asked.json["dids"]):
                return Reply(409, {"error": "one of the numbers is in use"})
            self.extensions[name] = asked.json
        return Reply(200, self.extensions[name])
