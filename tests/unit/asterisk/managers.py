"""A manager interface as Asterisk's, on a port of its own: it answers as it is told, and remembers what was asked."""

from __future__ import annotations

import socketserver
import threading
from typing import Self

_ENDS = {
    "QueueStatus": "QueueStatusComplete",
    "PJSIPShowSubscriptionsInbound": "InboundSubscriptionDetailComplete",
}


class Switch:
    """`channels` are the channels that are up, `tree` what its own database holds; the secret is `right`.

    `events` are what it says of its queues and subscriptions. An action in `fatal` ends the connection without an
    answer. Commands are answered when it is `open`; `arrived` says that one came.
    """

    def __init__(self) -> None:
        self.channels: list[str] = []
        self.tree: dict[str, str] = {}
        self.endpoints: list[str] = []
        self.events: dict[str, list[str]] = {}
        self.fatal: set[str] = set()
        self.open, self.arrived = threading.Event(), threading.Event()
        self.open.set()
        self._asked: list[dict[str, str]] = []
        switch = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"Asterisk Call Manager/11.0.0\r\n")
                while action := _read(self.rfile):
                    if action["Action"] in switch.fatal:
                        return
                    self.wfile.write(switch.answer(action).encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def asked(self, action: str) -> list[dict[str, str]]:
        return [asked for asked in self._asked if asked["Action"] == action]

    def answer(self, action: dict[str, str]) -> str:
        self._asked.append(action)
        match action["Action"]:
            case "Login" if action["Secret"] != "right":
                return _message(Response="Error", Message="Authentication failed")
            case "Command":
                self.arrived.set()
                self.open.wait(30)
            case "CoreShowChannels":
                events = [_message(Event="CoreShowChannel", Channel=channel) for channel in self.channels]
                return _list(events, "CoreShowChannelsComplete")
            case "PJSIPShowEndpoints":
                events = [_message(Event="EndpointList", ObjectName=name) for name in self.endpoints]
                return _list(events, "EndpointListComplete")
            case "QueueStatus" | "PJSIPShowSubscriptionsInbound" as listing:
                return _list(self.events.get(listing, []), _ENDS[listing])
            case "DBGetTree":
                events = [_message(Event="DBGetTreeResponse", Key=k, Val=v) for k, v in self.tree.items()]
                return _list(events, "DBGetTreeComplete")
        return _message(Response="Success")


def _list(events: list[str], end: str) -> str:
    return _message(Response="Success", EventList="start") + "".join(events) + _message(Event=end)


def _message(**fields: str) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"


def _read(source) -> dict[str, str]:
    action: dict[str, str] = {}
    while line := source.readline().decode().strip():
        name, _, value = line.partition(": ")
        action[name] = value
    return action
