"""What the simulator answers: JSON with `data`, pages of a list, CSV, and Rainbow's form of an error.

Source: the error envelope and its six-digit codes are those of ALE's OpenAPI descriptions (admin portal 1.82.0,
authentication portal 1.104.0); which content types a client takes was seen by running rainbow-node-sdk 2.46.1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

Json = dict[str, Any]
JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """A complete HTTP answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(value: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


def as_data(value: object, **more: object) -> Answer:
    """`{"data": value}` and whatever stands beside it, such as the figures of a page."""
    return as_json({"data": value, **more})


def as_csv(text: str) -> Answer:
    return Answer(200, text.encode(), "text/csv; charset=utf-8")


def as_html(status: int = 200) -> Answer:
    """What stands between: a portal, a proxy, a page of maintenance. With 200 it is what careless clients take for
    data."""
    page = b"<!DOCTYPE html><html><head><title>Rainbow</title></head><body><h1>Maintenance</h1></body></html>"
    return Answer(status, page, "text/html; charset=utf-8")


def too_many_requests(retry_after: int) -> Answer:
    """The body is plain text, as from a proxy in front: no JSON to parse."""
    headers = {"Retry-After": str(retry_after), "Connection": "close"}
    return Answer(429, b"Too Many Requests (HAP429).", "text/plain", headers)


class RefusedError(Exception):
    """A request that Rainbow refuses: HTTP status, `errorDetails` and, where ALE names one, `errorDetailsCode`."""

    def __init__(
        self, status: int, details: str | list[Json], code: int | None = None, data: Json | None = None
    ) -> None:
        super().__init__(str(details))
        self.status, self.details, self.code, self.data = status, details, code, data

    def answer(self) -> Answer:
        body: Json = {
            "errorCode": self.status,
            "errorMsg": HTTPStatus(self.status).phrase,
            "errorDetails": self.details,
        }
        if self.code is not None:
            body["errorDetailsCode"] = self.code
        if self.data is not None:
            body["errorDetailsData"] = self.data
        return as_json(body, self.status)


def bad_parameter(name: str, message: str, value: object = None) -> RefusedError:
    return RefusedError(400, [{"param": name, "msg": message, "value": value}], 400000)


def missing(what: str, identifier: str) -> RefusedError:
    return RefusedError(404, f"{what} {identifier} does not exist.", 404000)
