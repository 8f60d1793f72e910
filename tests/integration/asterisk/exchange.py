"""A running Asterisk: its configuration, on free ports of the loopback interface, and what is asked of it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from integration.asterisk import packages
from integration.asterisk.postgres import PASSWORD, free_port

AMI_USER, AMI_SECRET = "linecard", "ami-secret"
READY = 60.0
LIBRARIES = "usr/lib/x86_64-linux-gnu"

MODULES = """
res_sorcery_config res_sorcery_memory res_sorcery_memory_cache res_sorcery_astdb
res_sorcery_realtime res_timing_timerfd res_realtime
func_realtime res_pjproject res_pjsip res_pjsip_session res_pjsip_authenticator_digest
res_pjsip_endpoint_identifier_user res_pjsip_registrar res_pjsip_sdp_rtp res_pjsip_caller_id res_pjsip_nat
res_pjsip_pubsub res_pjsip_mwi res_pjsip_mwi_body_generator res_pjsip_outbound_registration res_pjsip_outbound_publish
res_pjsip_outbound_authenticator_digest res_websocket_client res_http_websocket res_pjsip_dlg_options chan_pjsip
res_rtp_asterisk codec_ulaw codec_alaw codec_gsm codec_resample format_gsm format_pcm format_wav format_sln
app_queue res_pjsip_exten_state res_pjsip_dialog_info_body_generator
bridge_simple bridge_native_rtp bridge_builtin_features bridge_holding bridge_softmix pbx_config pbx_realtime app_dial
app_verbose app_stack app_voicemail func_callerid func_channel func_db func_logic func_strings func_dialplan
func_extstate func_global func_pjsip_endpoint func_pjsip_aor func_pjsip_contact func_sorcery func_vmcount
res_manager_devicestate
"""

ODBC = ("res_odbc_transaction", "res_odbc")
REALTIME = ("ps_endpoints", "ps_auths", "ps_aors", "ps_contacts", "voicemail", "dids", "extensions")

SORCERY = """\
[res_pjsip]
endpoint = realtime,ps_endpoints
endpoint = config,pjsip.conf,criteria=type=endpoint
auth = realtime,ps_auths
auth = config,pjsip.conf,criteria=type=auth
aor = realtime,ps_aors
aor = config,pjsip.conf,criteria=type=aor
contact = {contact}
"""

CACHES = "".join(
    f"{kind}/cache = memory_cache,object_lifetime_maximum=600{more}\n"
    for kind, more in (("endpoint", ""), ("auth", ",name=secrets"), ("aor", ""))
)
"""Ten minutes in which Asterisk does not look at the tables again."""

DIALPLAN = """\
[internal]
exten => _XXXX,1,Gosub(ring,s,1(${EXTEN}))
exten => _XXXX,hint,PJSIP/${EXTEN}
exten => desk,1,Queue(desk,,,,20)
exten => _*XXXX,1,Goto(boxes,${EXTEN:1},1)
include => from-did
[ring]
exten => s,1,GotoIf($["${PJSIP_ENDPOINT(${ARG1},aors)}" = ""]?nosuch)
 same => n,Set(d=${PJSIP_DIAL_CONTACTS(${ARG1})})
 same => n,GotoIf($["${d}" = ""]?absent)
 same => n,Dial(${d},20)
 same => n,Hangup()
 same => n(absent),Hangup(20)
 same => n(nosuch),Hangup(1)
[from-did]
include => numbers
[numbers]
"""

BY_NUMBER = """\
exten => _+X.,1,Set(ext=${%s})
 same => n,GotoIf($["${ext}" = ""]?nosuch)
 same => n,Goto(internal,${ext},1)
 same => n(nosuch),Hangup(1)
"""
BY_TABLE = BY_NUMBER % "REALTIME_FIELD(dids,e164,${EXTEN},extension)"
BY_FAMILY = BY_NUMBER % "DB(linecard-numbers/${EXTEN})"


class Exchange:
    """An Asterisk in a folder. `database` is `sqlite:PATH`, `postgresql:PORT/NAME`, `mariadb:PORT/NAME` (by ODBC) or
    empty for included files.

    `given` are configuration files by name, in the place of those of the tests.
    """

    def __init__(
        self,
        folder: Path,
        database: str,
        given: Callable[[Exchange], dict[str, str]] | None = None,
        *,
        dialplan: str = "",
        numbers: str | None = None,
        caching: bool = False,
    ) -> None:
        self.root, self.folder, self._dialplan = packages.root(), folder, dialplan
        self._numbers, self._caching = numbers, caching
        self.sip, self.ami = free_port(), free_port()
        driver, _, self._where = database.partition(":")
        self._driver = {"sqlite": "sqlite3", "postgresql": "pgsql", "mariadb": "odbc", "": ""}[driver]
        for name in ("etc", "var", "run", "log", "spool"):
            (folder / name).mkdir(parents=True)
        for name, text in (self._configuration() | (given(self) if given else {})).items():
            (folder / "etc" / f"{name}.conf").write_text(text)

    # -- configuration -------------------------------------------------------------------------------------------------

    def _configuration(self) -> dict[str, str]:
        general = dict.fromkeys(("cel", "features", "udptl", "ccss", "websocket_client", "musiconhold"), "[general]\n")
        modules = "".join(f"load => {name}.so\n" for name in MODULES.split())
        drivers = (*(ODBC if self._driver == "odbc" else ()), f"res_config_{self._driver}") if self._driver else ()
        preload = "".join(f"preload => {name}.so\n" for name in drivers)
        rtp = free_port() // 2 * 2 % 20000 + 20000
        return general | {
            "asterisk": self._asterisk(),
            "modules": f"[modules]\nautoload=no\n{preload}{modules}",
            "pjsip": self._pjsip(),
            "extensions": DIALPLAN + (self._numbers or (BY_TABLE if self._driver else BY_FAMILY)) + self._dialplan,
            "queues": "[general]\npersistentmembers = yes\n[desk]\nstrategy = ringall\nringinuse = no\n",
            "voicemail": "[general]\n[default]\n",
            "manager": self._manager(),
            "rtp": f"[general]\nrtpstart={rtp}\nrtpend={rtp + 200}\n",
            "logger": "[logfiles]\nfull => notice,warning,error,verbose\n",
            "cdr": "[general]\nenable=no\n",
            "acl": "",
            **(self._realtime() if self._driver else {}),
        }

    def _asterisk(self) -> str:
        own = {"astetcdir": "etc", "astvarlibdir": "var", "astdbdir": "var", "astkeydir": "var"}
        own |= {"astspooldir": "spool", "astrundir": "run", "astlogdir": "log"}
        given = {
            "astmoddir": f"{LIBRARIES}/asterisk/modules",
            "astdatadir": "usr/share/asterisk",
            "astagidir": "usr/share/asterisk/agi-bin",
            "astsbindir": "usr/sbin",
        }
        lines = [f"{key} => {self.folder / path}" for key, path in own.items()]
        lines += [f"{key} => {self.root / path}" for key, path in given.items()]
        return "\n".join(["[directories]", *lines, "[options]", "verbose = 3", "documentation_language = en_US", ""])

    def _pjsip(self) -> str:
        include = "" if self._driver else "#tryinclude linecard_pjsip.conf\n"
        return (
            "[global]\ntype = global\nendpoint_identifier_order = username\n[system]\ntype = system\n"
            f"[transport-udp]\ntype = transport\nprotocol = udp\nbind = 127.0.0.1:{self.sip}\n{include}"
        )

    def _manager(self) -> str:
        rights = "system,call,reporting,config,command"
        return (
            f"[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = {self.ami}\ndisplayconnects = no\n"
            f"[{AMI_USER}]\nsecret = {AMI_SECRET}\nread = {rights}\nwrite = {rights}\n"
        )

    def _realtime(self) -> dict[str, str]:
        # The SQLite driver of Asterisk never deletes a row, so contacts stay in its own database there.
        contact = "astdb,registrar" if self._driver == "sqlite3" else "realtime,ps_contacts"
        tables = "".join(f"{table} => {self._driver},asterisk,{table}\n" for table in REALTIME)
        files = {"extconfig": f"[settings]\n{tables}", "sorcery": SORCERY.format(contact=contact)}
        if self._caching:
            files["sorcery"] = files["sorcery"].replace("[res_pjsip]\n", f"[res_pjsip]\n{CACHES}")
        if self._driver == "sqlite3":
            settings = f"dbfile => {self._where}\nrequirements = warn\nbatch = 0\nbusy_timeout = 5000\n"
            return files | {"res_config_sqlite3": f"[asterisk]\n{settings}"}
        port, _, name = self._where.partition("/")
        if self._driver == "odbc":
            self._odbc(port, name)
            login = f"dsn => linecard\nusername => linecard\npassword => {PASSWORD.replace(';', chr(92) + ';')}\n"
            return files | {
                "res_odbc": f"[asterisk]\nenabled => yes\n{login}pre-connect => yes\nmax_connections => 5\n"
            }
        login = f"dbname = {name}\nuser = linecard\npassword = {PASSWORD.replace(';', chr(92) + ';')}\n"
        return files | {"res_pgsql": f"[general]\nhostname = 127.0.0.1\nport = {port}\n{login}requirements = warn\n"}

    def _odbc(self, port: str, name: str) -> None:
        """Where the driver of MariaDB finds its server; read by unixODBC, not by Asterisk."""
        driver = self.root / LIBRARIES / "odbc" / "libmaodbc.so"
        server = f"Driver = {driver}\nServer = 127.0.0.1\nPort = {port}\nDatabase = {name}\nOption = 67108864\n"
        (self.folder / "etc" / "odbc.ini").write_text(f"[linecard]\n{server}")
        (self.folder / "etc" / "odbcinst.ini").write_text("")

    # -- running -------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Up, until the context ends: it says itself when it has booted, as to systemd."""
        notify = self.folder / "run" / "notify"
        process = None
        try:
            # Closed when it is up: at each reload it tells again, and would wait for somebody to listen.
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
                told.bind(str(notify))
                told.settimeout(READY)
                process = self._started(os.environ | {"NOTIFY_SOCKET": str(notify)} | self._where_odbc)
                while b"READY=1" not in told.recv(4096):
                    pass
            yield
        finally:
            if process is not None:
                process.terminate()
                _ended(process)

    def _started(self, environ: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log" / "output").open("wb") as output:
            quiet = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
            return subprocess.Popen([*self._program(), "-f"], env=environ, **quiet)

    @property
    def _where_odbc(self) -> dict[str, str]:
        etc = self.folder / "etc"
        return {"ODBCSYSINI": str(etc), "ODBCINI": str(etc / "odbc.ini")}

    def _program(self) -> list[str]:
        loader = self.root / LIBRARIES / "ld-linux-x86-64.so.2"
        program = [loader, "--library-path", self.root / LIBRARIES, self.root / "usr/sbin/asterisk"]
        return [*map(str, program), "-C", str(self.folder / "etc" / "asterisk.conf")]

    def command(self, text: str) -> str:
        """What its console answers."""
        asked = [*self._program(), "-rx", text]
        return subprocess.run(asked, check=True, capture_output=True, text=True, timeout=30).stdout

    @property
    def log(self) -> str:
        return (self.folder / "log" / "full").read_text(errors="replace")


def _ended(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
