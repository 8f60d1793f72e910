"""A telephone: as much SIP over UDP (RFC 3261) as it takes to register, call, answer and hang up."""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Self

PATIENCE = 10.0
_ids = count(1)


@dataclass(slots=True)
class Message:
    """A request or a response; header names in lower case."""

    first: str
    headers: list[tuple[str, str]]
    body: str = ""

    @classmethod
    def parse(cls, data: bytes) -> Message:
        head, _, body = data.decode(errors="replace").partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        return cls(first, [(n.strip().lower(), v.strip()) for n, _, v in (line.partition(":") for line in lines)], body)

    def get(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    @property
    def status(self) -> int:
        """0 for a request."""
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        """Of a request, or of the request that a response answers."""
        return self.get("cseq").split()[-1]


@dataclass(slots=True)
class Dialog:
    """One call as one of its two telephones sees it."""

    call_id: str
    local: str
    remote: str
    target: str
    number: int = 1
    invite: Message | None = field(default=None, repr=False)
    via: str = ""


class Phone:
    """A telephone on a free port of the loopback interface, with the account `user`, which proves itself as `login`
    where that is another name."""

    def __init__(self, server: int, user: str, secret: str, login: str = "") -> None:
        self.user, self.secret, self.login = user, secret, login or user
        self._server = ("127.0.0.1", server)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(PATIENCE)
        self.port = self._socket.getsockname()[1]
        self._audio = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._audio.bind(("127.0.0.1", 0))
        self._hears = ("127.0.0.1", 0)
        self._registration = f"reg{next(_ids)}@{self.port}"
        self._sequence = count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._audio.close()
        self._socket.close()

    def register(self, *, expires: int = 300, to: str = "") -> int:
        """Register this telephone, in the address of record `to` where that is not called as its user; the status of
        the answer to the request that bears the secret."""
        uri = f"sip:127.0.0.1:{self._server[1]}"
        me = f"<sip:{self.user}@127.0.0.1>"
        address = f"<sip:{to or self.user}@127.0.0.1>"
        contact = f"<sip:{self.user}@127.0.0.1:{self.port}>;expires={expires}"

        def asked(authorization: str) -> Message:
            headers = [("From", f"{me};tag=r{self.port}"), ("To", address), ("Call-ID", self._registration)]
            headers += [("CSeq", f"{next(self._sequence)} REGISTER"), ("Contact", contact), ("Expires", str(expires))]
            self._request("REGISTER", uri, headers, authorization)
            return self._final("REGISTER")

        answer = asked("")
        if answer.status == 401:
            answer = asked(self._authorization(answer, "REGISTER", uri))
        return answer.status

    def subscribe(self, number: str, *, expires: int = 300) -> int:
        """Ask for the lamp of an extension (RFC 4235); the status of the answer to the request with the secret."""
        uri = f"sip:{number}@127.0.0.1:{self._server[1]}"
        subscription = f"lamp{next(_ids)}@{self.port}"

        def asked(authorization: str) -> Message:
            headers = [("From", f"<sip:{self.user}@127.0.0.1>;tag=l{self.port}"), ("To", f"<{uri}>")]
            headers += [("Call-ID", subscription), ("CSeq", f"{next(self._sequence)} SUBSCRIBE"), ("Event", "dialog")]
            headers += [("Contact", f"<sip:{self.user}@127.0.0.1:{self.port}>"), ("Expires", str(expires))]
            self._request("SUBSCRIBE", uri, [*headers, ("Accept", "application/dialog-info+xml")], authorization)
            return self._final("SUBSCRIBE")

        answer = asked("")
        if answer.status == 401:
            answer = asked(self._authorization(answer, "SUBSCRIBE", uri))
        return answer.status

    def call(self, number: str) -> Dialog:
        """Send an INVITE, with the secret where it is asked for; the answer is waited for by `answered`."""
        target = f"sip:{number}@127.0.0.1:{self._server[1]}"
        dialog = Dialog(
            f"call{next(_ids)}@{self.port}", f"<sip:{self.user}@127.0.0.1>;tag=c{next(_ids)}", f"<{target}>", target
        )
        self._invite(dialog, "")
        challenge = self._response(lambda m: m.status >= 200 or m.status == 100)
        if challenge.status == 401:
            self._acknowledge(dialog, challenge)
            dialog.number += 1
            self._invite(dialog, self._authorization(challenge, "INVITE", target))
        return dialog

    def answered(self, dialog: Dialog) -> int:
        """Wait for the final answer to a call and acknowledge it; its status."""
        answer = self._response(
            lambda m: m.status >= 200 and m.method == "INVITE" and m.get("call-id") == dialog.call_id
        )
        dialog.remote = answer.get("to")
        if answer.status == 200:
            self._hears = ("127.0.0.1", int(re.search(r"m=audio (\d+)", answer.body)[1]))
            dialog.target = re.search(r"<([^>]+)>", answer.get("contact"))[1]
        self._acknowledge(dialog, answer)
        return answer.status

    def rings(self) -> Dialog:
        """Wait for a call and answer it."""
        invite = self._message(lambda m: m.first.startswith("INVITE"))
        dialog = Dialog(
            invite.get("call-id"),
            f"{invite.get('to')};tag=a{next(_ids)}",
            invite.get("from"),
            re.search(r"<([^>]+)>", invite.get("contact"))[1],
            invite=invite,
        )
        self._respond(invite, "180 Ringing", dialog.local)
        self._respond(invite, "200 OK", dialog.local, self._sdp())
        self._message(lambda m: m.first.startswith("ACK") and m.get("call-id") == dialog.call_id)
        return dialog

    def cancel(self, dialog: Dialog) -> int:
        """Give a call up that nobody has answered; the status of its final answer."""
        headers = [("From", dialog.local), ("To", dialog.remote), ("Call-ID", dialog.call_id)]
        headers.append(("CSeq", f"{dialog.number} CANCEL"))
        self._request("CANCEL", dialog.target, headers, via=dialog.via)
        return self.answered(dialog)

    def is_rung(self) -> None:
        """Wait for a call, and ring."""
        invite = self._message(lambda m: m.first.startswith("INVITE"))
        self._ringing = invite
        self._respond(invite, "180 Ringing", f"{invite.get('to')};tag=a{next(_ids)}")

    def is_given_up(self) -> None:
        """Wait until the call that rings is given up, and stop."""
        cancel = self._message(lambda m: m.first.startswith("CANCEL"))
        self._respond(cancel, "200 OK", "")
        self._respond(self._ringing, "487 Request Terminated", "")
        self._message(lambda m: m.first.startswith("ACK"))

    def hang_up(self, dialog: Dialog) -> int:
        """End a call; the status of the answer."""
        dialog.number += 1
        headers = [("From", dialog.local), ("To", dialog.remote), ("Call-ID", dialog.call_id)]
        self._request("BYE", dialog.target, [*headers, ("CSeq", f"{dialog.number} BYE")])
        return self._final("BYE").status

    def is_hung_up(self, dialog: Dialog) -> None:
        """Wait until the other side ends a call, and say yes."""
        bye = self._message(lambda m: m.first.startswith("BYE") and m.get("call-id") == dialog.call_id)
        self._respond(bye, "200 OK", "")

    def talk(self, seconds: float) -> None:
        """Say something in the call that was answered last: a tone, fifty packets of RTP (RFC 3550) in a second."""
        for number in range(int(seconds * 50)):
            head = struct.pack(">BBHII", 0x80, 8, number, number * 160, self.port)
            self._audio.sendto(head + bytes((0x55, 0xD5) * 80), self._hears)
            time.sleep(0.02)

    def is_silent(self) -> bool:
        """Whether nothing but answers has come to this telephone until now."""
        self._socket.setblocking(False)
        try:
            while True:
                if Message.parse(self._socket.recv(65536)).first.startswith("INVITE"):
                    return False
        except BlockingIOError:
            return True
        finally:
            self._socket.settimeout(PATIENCE)

    # -- the wire ------------------------------------------------------------------------------------------------------

    def _invite(self, dialog: Dialog, authorization: str) -> None:
        headers = [("From", dialog.local), ("To", dialog.remote), ("Call-ID", dialog.call_id)]
        headers += [("CSeq", f"{dialog.number} INVITE"), ("Contact", f"<sip:{self.user}@127.0.0.1:{self.port}>")]
        dialog.via = f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{self.port}x{next(_ids)}"
        self._request("INVITE", dialog.target, headers, authorization, self._sdp(), dialog.via)

    def _acknowledge(self, dialog: Dialog, answer: Message) -> None:
        headers = [("From", dialog.local), ("To", answer.get("to")), ("Call-ID", dialog.call_id)]
        # Of a refusal it is part of the same transaction, so it has the same branch.
        via = "" if answer.status == 200 else answer.get("via")
        self._request("ACK", dialog.target, [*headers, ("CSeq", f"{dialog.number} ACK")], via=via)

    def _request(
        self,
        method: str,
        uri: str,
        headers: list[tuple[str, str]],
        authorization: str = "",
        body: str = "",
        via: str = "",
    ) -> None:
        branch = via or f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{self.port}x{next(_ids)}"
        lines = [f"{method} {uri} SIP/2.0", f"Via: {branch}", "Max-Forwards: 70"]
        lines += [f"{name}: {value}" for name, value in headers]
        if authorization:
            lines.append(f"Authorization: {authorization}")
        self._send(lines, body)

    def _respond(self, request: Message, status: str, to: str, body: str = "") -> None:
        lines = [f"SIP/2.0 {status}", *(f"Via: {value}" for name, value in request.headers if name == "via")]
        lines += [
            f"From: {request.get('from')}",
            f"To: {to or request.get('to')}",
            f"Call-ID: {request.get('call-id')}",
        ]
        lines += [f"CSeq: {request.get('cseq')}", f"Contact: <sip:{self.user}@127.0.0.1:{self.port}>"]
        self._send(lines, body)

    def _send(self, lines: list[str], body: str) -> None:
        if body:
            lines.append("Content-Type: application/sdp")
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}"])
        self._socket.sendto(f"{head}\r\n\r\n{body}".encode(), self._server)

    def _final(self, method: str) -> Message:
        return self._response(lambda m: m.status >= 200 and m.method == method)

    def _response(self, wanted) -> Message:
        return self._message(lambda m: m.status and wanted(m))

    def _message(self, wanted) -> Message:
        """The next message that is wanted; others are repetitions and provisional answers."""
        while True:
            message = Message.parse(self._socket.recv(65536))
            if wanted(message):
                return message

    def _authorization(self, challenge: Message, method: str, uri: str) -> str:
        """The digest of RFC 2617 for a challenge with quality of protection."""
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge.get("www-authenticate").partition(" ")[2]))
        realm, nonce = given["realm"], given["nonce"]
        own = _md5(f"{self.login}:{realm}:{self.secret}")
        digest = _md5(f"{own}:{nonce}:00000001:c{self.port}:auth:{_md5(f'{method}:{uri}')}")
        quoted = {"username": self.login, "realm": realm, "nonce": nonce, "uri": uri, "response": digest}
        quoted |= {"cnonce": f"c{self.port}"} | ({"opaque": given["opaque"]} if "opaque" in given else {})
        return "Digest " + ", ".join(
            [*(f'{k}="{v}"' for k, v in quoted.items()), "algorithm=MD5, qop=auth, nc=00000001"]
        )

    def _sdp(self) -> str:
        return (
            f"v=0\r\no=- {self.port} 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {self._audio.getsockname()[1]} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
        )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
