"""What may stand below `options:` of a PBX of the kind `asterisk`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from linecard.api import Secret
from linecard_asterisk.convert import is_credential


def _identifier(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_@][A-Za-z0-9_@]*(\.[A-Za-z_][A-Za-z0-9_]*)?", name):
        raise ValueError("expected the name of a table or a column, such as ps_endpoints")
    return name


def _url(text: str) -> str:
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("expected an address such as postgresql://asterisk@127.0.0.1/asterisk") from None
    if url.password is not None:
        raise ValueError("expected no password in it: name where it lies with `password`")
    if url.get_backend_name() not in {"sqlite", "postgresql", "mysql", "mariadb"}:
        raise ValueError("expected sqlite, postgresql, mariadb or mysql")
    return text


def _callerid(template: str) -> str:
    """Asterisk 22 takes a caller id without a number in angle brackets at its end for none at all: the name is dropped
    as well, and colleagues see the id of the endpoint. A site may put digits of its own around the extension."""
    if not re.fullmatch(r"""("[^"<>]*"|[^"<>]*)\s*<(\{extension\}|[0-9+*#])+>""", template.strip()):
        raise ValueError('expected a number in angle brackets at its end, such as "{member}" <{extension}>')
    return template


Identifier = Annotated[str, AfterValidator(_identifier)]
Settings = dict[Identifier, bool | int | str]
"""Columns of a row and what they hold; true and false are written as Asterisk has them, yes and no."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TableNames(_Part):
    """The tables as extconfig.conf names them; linecard touches the rows and columns it says, and no others."""

    endpoints: Identifier = Field(default="ps_endpoints", description="The endpoints of PJSIP.")
    auths: Identifier = Field(default="ps_auths", description="Their user names and secrets.")
    aors: Identifier = Field(default="ps_aors", description="Their addresses of record.")
    contacts: Identifier | None = Field(
        default="ps_contacts",
        description="The phones that are registered; null: Asterisk keeps them in its own database (needs `ami`).",
    )
    voicemail: Identifier | None = Field(default=None, description="The mailboxes; null: linecard leaves them alone.")
    queue_members: Identifier | None = Field(
        default=None,
        description=(
            "The members of queues, such as queue_members, to report which of them are extensions that change "
            "hands; only read. null: Asterisk has none in a table."
        ),
    )
    numbers: Identifier = Field(
        default="dids", description="Which public number rings which extension. Made on first use if missing."
    )
    links: Identifier = Field(
        default="linecard_links", description="linecard's own table: who holds what. Made on first use."
    )


class Columns(_Part):
    """The columns whose names differ from site to site."""

    number: Identifier = Field(default="e164", description="The public number, in the table of numbers; its key.")
    extension: Identifier = Field(default="extension", description="The extension, in the table of numbers.")
    owner: Identifier | None = Field(
        default=None, description="The holder's login, in the table of endpoints, for the dialplan to read; null: none."
    )
    fullname: Identifier | None = Field(default="fullname", description="The holder's login, in the mailbox; or null.")
    email: Identifier | None = Field(default="email", description="The holder's address, in the mailbox; or null.")


class Dialplan(_Part):
    """Numbers as rows of Asterisk's own dialplan (`switch => Realtime/CONTEXT@extensions`)."""

    context: str = Field(default="from-did", description="Their context; linecard alone writes numbers there.")
    priority: int = Field(default=1, ge=1, description="Their priority.")
    app: str = Field(default="Goto", pattern=r"^[A-Za-z]+$", description="The application that leads to an extension.")
    appdata: str = Field(
        default="internal,{extension},1",
        pattern=r"^[^{}]*\{extension\}[^{}]*$",
        description="What it is given: the way to the {extension}.",
    )


class Template(_Part):
    """What a new extension is made of, besides what linecard itself must say."""

    endpoint: Settings = Field(
        default={"transport": "transport-udp", "disallow": "all", "allow": "alaw,ulaw", "direct_media": "no"},
        description="Columns of its endpoint, such as transport and codecs.",
    )
    aor: Settings = Field(
        default={"max_contacts": 2, "remove_existing": "yes", "qualify_frequency": 0},
        description="Columns of its address of record.",
    )
    auth: Settings = Field(default={}, description="Columns of its secret, such as realm.")
    voicemail: Settings = Field(default={}, description="Columns of its mailbox.")


class Ami(_Part):
    """The manager interface of Asterisk, for what no table tells or does."""

    host: str = Field(default="127.0.0.1", description="Where it listens.")
    port: int = Field(default=5038, ge=1, le=65535, description="The port.")
    user: str = Field(description="A user of manager.conf who may read and write system, call, command and reporting.")
    password: Secret = Field(description="A reference to the user's secret.")
    timeout: float = Field(default=10.0, gt=0, le=600, description="Seconds to wait for an answer.")


class Files(_Part):
    """A file that Asterisk includes, for a site without a database."""

    endpoints: Path = Field(description="The file to be included by pjsip.conf.")
    numbers: str = Field(
        default="linecard-numbers",
        pattern=r"^[A-Za-z0-9_.-]+$",
        description=(
            "The family in Asterisk's own database that says which number rings which extension; linecard alone "
            "writes there."
        ),
    )


class AsteriskOptions(_Part):
    """An Asterisk with PJSIP."""

    mode: Literal["realtime", "files"] = Field(
        default="realtime", description="realtime: the tables that Asterisk reads; files: a file that it includes."
    )
    url: Annotated[str, AfterValidator(_url)] = Field(
        description=(
            "The database, such as postgresql://asterisk@127.0.0.1/asterisk, mariadb://... or sqlite:///FILE, "
            "relative to the site's folder. In the mode files an SQLite file of linecard's own, made on first use."
        )
    )
    password: Secret | None = Field(default=None, description="A reference to the password of the database.")
    busy_timeout: float = Field(
        default=10.0, gt=0, le=3600, description="Seconds to wait for another program that is writing."
    )
    encode: bool | None = Field(
        default=None,
        description=(
            "Whether ; and ^ are written as ^3B and ^5E, as res_config_pgsql and res_config_odbc want them; "
            "null: yes, but not in SQLite."
        ),
    )
    context: str = Field(default="internal", description="The context of the extensions.")
    adopt: tuple[str, ...] | None = Field(
        default=None,
        description=(
            "The contexts whose endpoints linecard may take for extensions although it did not make them; "
            "null: `context`. All other endpoints are left alone."
        ),
    )
    when_adopted: Literal["keep", "new"] = Field(
        default="keep",
        description="Whether such an extension keeps its secret when it gets its first holder through linecard.",
    )
    second_devices: Literal["refuse", "hold", "silence"] = Field(
        default="refuse",
        description=(
            "What happens to an extension that loses its holder while other endpoints ring with it, because they "
            "share its address of record: refuse names them and lets the row fail, silence gives them secrets "
            "that nobody knows and forgets their phones as well, hold does so once a person has approved the plan"
            " that names them."
        ),
    )
    create: bool = Field(default=True, description="Make an extension that is missing from the template.")
    template: Template = Field(default_factory=Template, description="What a new extension is made of.")
    callerid: Annotated[str, AfterValidator(_callerid)] = Field(
        default='"{member}" <{extension}>',
        description="The caller id of a held extension, of {member} and {extension}; a number in <> ends it.",
    )
    tables: TableNames = Field(default_factory=TableNames, description="Names of tables.")
    columns: Columns = Field(default_factory=Columns, description="Names of columns.")
    dialplan: Dialplan | None = Field(
        default=None,
        description=(
            "Numbers are rows of the table `tables.numbers`, which is then that of the dialplan, such as extensions; "
            "null: it is a table of numbers and extensions."
        ),
    )
    plus: bool = Field(
        default=True,
        description=(
            "Whether numbers are written with the + in front. Both ways are read, and a number to be removed is "
            "removed however it is written; `linecard doctor` lists those written the other way."
        ),
    )
    store_secrets_as: Literal["userpass", "md5"] = Field(
        default="userpass", description="How Asterisk keeps a new secret: as it is, or its MD5 for `realm`."
    )
    realm: str = Field(default="asterisk", description="The realm of `store_secrets_as: md5`.")
    handover: Path | None = Field(
        default=None,
        description=(
            "The folder where linecard leaves each new secret for the provisioning server, one file (mode 0600) "
            "for each extension; null: read it once with `linecard secret`."
        ),
    )
    on_release: Literal["rotate", "remove"] = Field(
        default="rotate",
        description=(
            "What happens to an extension that loses its holder: rotate gives it a secret that nobody knows, "
            "remove also removes an endpoint that linecard created."
        ),
    )
    voicemail_context: str = Field(default="default", description="The context of the mailboxes.")
    voicemail_spool: Path | None = Field(
        default=None, description="The folder of the messages, such as /var/spool/asterisk/voicemail."
    )
    on_release_voicemail: Literal["keep", "empty", "move"] = Field(
        default="keep",
        description=(
            "What happens to a leaver's messages: keep leaves them to the next holder, empty removes them, move "
            "puts them into `voicemail_successor`. The address and the PIN of the mailbox are removed in any "
            "case."
        ),
    )
    voicemail_successor: str = Field(default="", pattern=r"^[0-9]*$", description="The mailbox they are moved to.")
    calls: Literal["leave", "wait", "hangup"] = Field(
        default="leave",
        description="What happens to a call of a holder who loses an extension: nothing, linecard waits, or ends it.",
    )
    patience: float = Field(default=300.0, ge=0, le=86400, description="Seconds that `calls: wait` waits.")
    ami: Ami | None = Field(default=None, description="The manager interface, where one is needed.")
    files: Files | None = Field(default=None, description="Where things go in the mode files.")

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        faults = {
            "`on_release: remove` needs `create: true`": self.on_release == "remove" and not self.create,
            "`calls: wait` and `calls: hangup` need `ami`": self.calls != "leave" and self.ami is None,
            "`tables.contacts: null` needs `ami`": self._contacts_by_ami and self.ami is None,
            "`mode: files` needs `files` and `ami`": self.mode == "files" and None in (self.files, self.ami),
            "`mode: files` has no `dialplan`": self.mode == "files" and self.dialplan is not None,
            "`dialplan` needs `tables.numbers`, such as extensions": self.dialplan is not None
            and self.tables.numbers == "dids",
            "`mode: files` has no `tables.voicemail`": self.mode == "files" and self.tables.voicemail is not None,
            "`mode: files` has no `tables.queue_members`": self.mode == "files"
            and self.tables.queue_members is not None,
            "`mode: files` needs a `url` of SQLite": self.mode == "files" and not self.url.startswith("sqlite"),
            "`template.auth` must not hold a secret: each extension gets one of its own": any(
                map(is_credential, self.template.auth)
            ),
            "`on_release_voicemail` needs `voicemail_spool`": self.on_release_voicemail != "keep"
            and self.voicemail_spool is None,
            "`on_release_voicemail: move` needs `voicemail_successor`": self.on_release_voicemail == "move"
            and not self.voicemail_successor,
        }
        for sentence, found in faults.items():
            if found:
                raise ValueError(sentence)
        return self

    @property
    def _contacts_by_ami(self) -> bool:
        return self.mode == "realtime" and self.tables.contacts is None

    def for_files(self) -> Self:
        """The same for linecard's own tables, of which the files are made: there the template does not stand."""
        own = {
            "tables": TableNames(contacts=None),
            "columns": Columns(),
            "template": Template(endpoint={}, aor={}),
            "plus": True,
            "encode": False,
        }
        return self.model_copy(update=own)

    @property
    def silences(self) -> bool:
        """Whether second devices may be shut out at all."""
        return self.second_devices != "refuse"

    @property
    def as_md5(self) -> bool:
        return self.store_secrets_as == "md5"

    @property
    def is_renewed_when_adopted(self) -> bool:
        return self.when_adopted == "new"

    @property
    def adoptable(self) -> frozenset[str]:
        """The contexts whose endpoints may be taken for extensions."""
        return frozenset({self.context} if self.adopt is None else self.adopt)
