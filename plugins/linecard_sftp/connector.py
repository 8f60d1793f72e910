"""The way to a server, step by step: it is reached, shows its host key, lets us in. Each can fail by itself."""

from __future__ import annotations

import logging
import socket
from collections.abc import Container, Iterator
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

import paramiko

from linecard.api import Alert, expiry
from linecard.api.inbox import InboxError
from linecard_sftp import login as logins
from linecard_sftp.alarm import alarm
from linecard_sftp.hostkeys import FAMILIES, HostKey, Pins, parse_pins
from linecard_sftp.options import OLD, Login, Timeouts
from linecard_sftp.probe import Offers, read_offers

CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")
WINDOW, PACKET = 1 << 22, 1 << 17
KEPT_ALIVE = 20
"""Seconds after which the kernel says something on a connection on which nobody does."""

# What paramiko says goes to the board in our words; its own log would tell of each failure with a traceback.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False


class Crowded(InboxError):
    """The server takes no more sessions on this connection."""


class Connector:
    """How one server is reached. `state` is the site's state folder, `name` the inbox, which a key may be named for."""

    def __init__(
        self,
        login: Login,
        timeouts: Timeouts,
        *,
        folder: Path,
        state: Path,
        name: str,
        through: Connector | None = None,
    ) -> None:
        self.login, self._timeouts, self._folder, self._name = login, timeouts, folder, name
        self._ours = state / "ssh" / name
        self.known_hosts = folder / login.known_hosts if login.known_hosts is not None else state / "known_hosts"
        self.through = through
        self._gate: paramiko.Transport | None = None
        self._type = ""

    @property
    def identity(self) -> tuple[object, ...]:
        """All that a connection depends on; without a key of its own, a login depends on the inbox."""
        ours = self._ours if self.login.key is None else None
        fields = [getattr(self.login, name) for name in Login.model_fields]
        through = self.through.identity if self.through is not None else None
        return (*fields, self.known_hosts, ours, through)

    def alerts(self, now: datetime) -> Iterator[Alert]:
        """That a certificate expires with which this server is logged in to, or one on the way."""
        told = expiry(logins.read_certificate_expiry(self.login, self._folder, self._ours), now)
        if told:
            yield Alert(
                f"certificate for {self.login.where}",
                f"the SSH certificate for {self.login.user} at {self.login.where} {told}; the server then refuses it",
                "Have the key signed again, and replace the old certificate.",
            )
        if self.through is not None:
            yield from self.through.alerts(now)

    # -- reaching --------------------------------------------------------------------------------------------------

    def reach(self) -> socket.socket | paramiko.Channel:
        """A connection on which the server will speak. Raises `InboxError`."""
        login, most = self.login, self._timeouts.connect
        if self.through is None:
            try:
                sock = socket.create_connection((login.host, login.port), most)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _keep_alive(sock)
            except (OSError, UnicodeError) as error:  # the latter of names that no host can have
                raise InboxError(
                    f"{login.where} cannot be reached: {_reason(error)}.",
                    remedy=f"Try `nc -vz {login.host} {login.port}` on this machine; look at firewall and port.",
                ) from error
            return sock
        gate = self._open_jump(self.through)
        try:
            return gate.open_channel("direct-tcpip", (login.host, login.port), ("127.0.0.1", 0), timeout=most)
        except Exception as error:
            raise InboxError(
                f"{login.where} cannot be reached from {self.through.login.where}: {_reason(error)}.",
                remedy="Ask the administrator of the jump host to allow forwarding to it.",
            ) from error

    def _open_jump(self, through: Connector) -> paramiko.Transport:
        if self._gate is None or not self._gate.is_active():
            self._gate = through.log_in()
        return self._gate

    # -- host keys -------------------------------------------------------------------------------------------------

    def read_pins(self) -> Pins:
        """What is trusted of this server. Raises `InboxError`."""
        if self.login.fingerprint:
            return parse_pins((), self.login.where, self.login.fingerprint)
        try:
            lines = self.known_hosts.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            lines = []
        except OSError as error:
            raise InboxError(
                f"{self.known_hosts} cannot be read: {error.strerror}.", remedy="Give linecard permission to read it."
            ) from error
        return parse_pins(lines, self.login.where)

    def list_host_keys(self) -> Iterator[HostKey]:
        """Every host key that the server has, of the types that can be used. Raises `InboxError`."""
        for transport in self._try_each_type(()):
            yield read_host_key(transport)
            transport.close()

    def connect(self) -> paramiko.Transport:
        """A connection to the right server: it has proven to hold a host key that is trusted. Raises `InboxError`."""
        pinned = self.read_pins()
        types = list(dict.fromkeys([self._type, *pinned.types] if self._type else pinned.types))
        seen: list[HostKey] = []
        for transport in self._try_types(types, with_others=bool(pinned.fingerprints), seen=seen):
            key = read_host_key(transport)
            if pinned.is_trusted(key):
                self._type = key.type
                return transport
            transport.close()
            seen.append(key)
        self._type = ""
        raise InboxError(_describe_doubt(self.login.where, seen, pinned), remedy=self._remedy)

    def _try_types(self, types: list[str], *, with_others: bool, seen: list[HostKey]) -> Iterator[paramiko.Transport]:
        """What the server shows when asked for these types, then what else it has.

        Nobody knows the type of a fingerprint: it may be that of another key of the same server.
        """
        yield self._negotiate(types)
        if with_others:
            yield from self._try_each_type([key.type for key in seen])

    def _try_each_type(self, but: Container[str]) -> Iterator[paramiko.Transport]:
        """One connection for each type of host key that the server has."""
        offer = self._probe_offers()
        for kind, ways in FAMILIES.items():
            if kind not in but and (offer is None or set(ways) & set(offer.keys)):
                try:
                    yield self._negotiate([kind])
                except InboxError:
                    if offer is not None:
                        raise  # else it was no more than a guess

    @property
    def _remedy(self) -> str:
        port = "" if self.login.port == 22 else f"-p {self.login.port} "
        direct = f"`ssh-keyscan {port}{self.login.host} | ssh-keygen -lf -` shows the keys of the server"
        return (
            f"Compare it with what its owner says ({direct}, as seen from here), then type "
            f"`linecard inbox trust {self._name}`, or set `fingerprint`."
        )

    def _probe_offers(self) -> Offers | None:
        """What the server offers; None where that cannot be seen from here."""
        sock = self.reach()
        with closing(sock):
            if not isinstance(sock, socket.socket):
                return None
            sock.settimeout(self._timeouts.banner)
            try:
                return read_offers(sock)
            except (OSError, ValueError) as error:
                raise InboxError(f"{self.login.where} does not speak SSH: {_reason(error)}.") from error

    def _negotiate(self, types: list[str]) -> paramiko.Transport:
        """Agree on keys with the server; it proves to hold a host key of one of these types."""
        transport = paramiko.Transport(self.reach())
        transport.banner_timeout = transport.handshake_timeout = self._timeouts.banner
        transport.auth_timeout = self._timeouts.auth
        transport.daemon = True
        allowed = transport.get_security_options()
        old = self.login.algorithms
        allowed.ciphers = (*CIPHERS, *(name for name in OLD if name in old and not name.startswith("hmac")))
        allowed.digests = (*MACS, *(name for name in OLD if name in old and name.startswith("hmac")))
        allowed.key_types = [name for kind in types for name in FAMILIES[kind]]
        try:
            with alarm.within(2 * self._timeouts.banner + 1, transport.close):
                transport.start_client()
        except paramiko.IncompatiblePeer as error:
            transport.close()
            raise self._incompatible_error(allowed, error) from error
        except Exception as error:  # whatever paramiko's thread met in what the server sent is raised here
            transport.close()
            raise InboxError(
                f"{self.login.where} does not come to speak SSH: {_reason(error)}.",
                remedy="Check host and port; a server that is overloaded or lets too many in at once does this, too.",
            ) from error
        return transport

    def _incompatible_error(self, allowed: paramiko.transport.SecurityOptions, error: Exception) -> InboxError:
        """Say what the server speaks, and what of it could be allowed."""
        offer = self._probe_offers() or Offers()
        for what, theirs, ours in (
            ("key exchange", offer.kex, allowed.kex),
            ("host key", offer.keys, allowed.key_types),
            ("cipher", offer.ciphers, allowed.ciphers),
            ("checksum", offer.macs, allowed.digests),
        ):
            if theirs and not set(theirs) & set(ours):
                could = [name for name in OLD if name in theirs]
                return InboxError(
                    f"{self.login.where} only speaks old algorithms: for the {what} it offers {', '.join(theirs)}.",
                    remedy=f"Allow it (`algorithms: [{could[0]}]`), or have the server brought up to date."
                    if could
                    else "Have the server brought up to date; these rest on SHA-1 or are broken otherwise, and no "
                    "setting allows them.",
                )
        return InboxError(f"{self.login.where} speaks nothing in common with linecard: {error}.")

    # -- logging in ------------------------------------------------------------------------------------------------

    def log_in(self) -> paramiko.Transport:
        """A connection to the right server that has let us in. Raises `InboxError`."""
        transport = self.connect()
        try:
            with alarm.within(self._timeouts.auth + 5, transport.close):
                self._authenticate(transport)
        except BaseException:
            transport.close()
            raise
        return transport

    def _authenticate(self, transport: paramiko.Transport) -> None:
        login = self.login
        key = logins.load_key(login, self._folder, self._ours)
        if key is None and login.password is None:
            raise InboxError(
                f"There is neither key nor password to log in to {login.where} with.",
                remedy=f"`linecard keys make --ssh {self._name}` makes a key.",
            )
        refusal: Exception | None = None
        more = ["password"]
        if key is not None:
            try:
                more = transport.auth_publickey(login.user, key)
            except paramiko.AuthenticationException as error:
                refusal = error
            except Exception as error:
                raise self._login_error(error) from error
        if (refusal is not None or more) and login.password is not None and not transport.is_authenticated():
            password = logins.reveal_secret(login.password, self._folder)
            refusal = None
            try:
                transport.auth_password(login.user, password)
            except paramiko.AuthenticationException as error:
                refusal = error
            except Exception as error:
                raise self._login_error(error) from error
        if not transport.is_authenticated():
            if not transport.is_active():  # paramiko says that it was not let in, but nobody said so
                raise self._login_error(EOFError()) from refusal
            raise InboxError(
                f"{login.where} does not let {login.user} in: {_refusal(refusal)}.",
                remedy=f"Ask for the key to be accepted (`linecard keys export {self._name}`); check user, password.",
            ) from refusal

    def _login_error(self, error: Exception) -> InboxError:
        remedy = "linecard tries again by itself. If that lasts, ask the administrator of the server for its log."
        return InboxError(f"{self.login.where} broke the login off: {_reason(error)}.", remedy=remedy)

    def open_sftp(self, transport: paramiko.Transport) -> paramiko.Channel:
        """A channel on which the server speaks SFTP. Raises `InboxError`."""
        most = self._timeouts.channel
        try:
            with alarm.within(2 * most, transport.close):
                channel = transport.open_session(window_size=WINDOW, max_packet_size=PACKET, timeout=most)
                channel.invoke_subsystem("sftp")
        except paramiko.ChannelException as error:
            raise Crowded(f"{self.login.where} takes no more sessions: {error.text}.") from error
        except Exception as error:
            if not transport.is_active():
                raise InboxError(
                    f"{self.login.where} let {self.login.user} in, and ended the connection before SFTP began.",
                    remedy="linecard tries again by itself. If that lasts, have SFTP switched on for the account.",
                ) from error
            raise InboxError(
                f"{self.login.where} lets {self.login.user} in, but not by SFTP: {_reason(error)}.",
                remedy="Have SFTP switched on for the account.",
            ) from error
        return channel

    def close(self) -> None:
        gate, self._gate = self._gate, None
        if gate is not None:
            with suppress(Exception):
                gate.close()


def _keep_alive(sock: socket.socket) -> None:
    """Have the kernel speak up now and then: firewalls forget connections on which nobody does, without a word."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", KEPT_ALIVE), ("TCP_KEEPINTVL", KEPT_ALIVE), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):  # not on every system
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def read_host_key(transport: paramiko.Transport) -> HostKey:
    """The host key that the server has proven to hold."""
    key = transport.get_remote_server_key()
    return HostKey(key.get_name(), key.asbytes())


def _describe_doubt(where: str, seen: list[HostKey], pinned: Pins) -> str:
    shows = " and ".join(map(str, seen))
    if any(key in pinned.revoked for key in seen):
        return f"The host key of {where} was revoked in known_hosts: it shows {shows}."
    if not pinned.description:
        return f"The host key of {where} is not known: it shows {shows}, and none is trusted."
    return f"The host key of {where} is another than is trusted: it shows {shows}, trusted is {pinned.description}."


def _refusal(error: Exception | None) -> str:
    if isinstance(error, paramiko.BadAuthenticationType):
        takes = ", ".join(filter(None, error.allowed_types))
        return f"it takes {takes} only" if takes else "it names no other way to log in"
    return _reason(error) if error is not None else "it wants more than was given"


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, EOFError):
        return "the connection was closed"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, UnicodeError) and not isinstance(error, UnicodeDecodeError):
        return "no machine has a name like this"
    if not isinstance(error, paramiko.SSHException | OSError):
        return "it sends what cannot be understood"
    return str(error).rstrip(".") or type(error).__name__
