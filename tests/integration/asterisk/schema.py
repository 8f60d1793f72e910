"""Databases of an administrator: Asterisk's tables as they are found in the field."""

from __future__ import annotations

import sqlalchemy as sa

BOOLEANS = ("0", "1", "off", "on", "false", "true", "yes", "no")
"""What Asterisk's own migrations make of its booleans: on PostgreSQL a type that takes these words."""


def small(metadata: sa.MetaData) -> None:
    """The tables in plain text columns, as people write them by hand for a small site."""
    text = sa.Text
    columns = {
        "ps_endpoints": (
            "id transport aors auth context disallow allow direct_media callerid mailboxes set_var accountcode "
            "rtp_symmetric force_rport rewrite_contact owner_email outbound_auth"
        ),
        "ps_auths": (
            "id auth_type username password md5_cred realm password_digest refresh_token oauth_clientid oauth_secret"
        ),
        "ps_aors": "id contact max_contacts remove_existing qualify_frequency mailboxes",
        "ps_contacts": (
            "id uri expiration_time qualify_frequency qualify_timeout qualify_2xx_only authenticate_qualify "
            "outbound_proxy path user_agent endpoint reg_server via_addr via_port call_id prune_on_boot"
        ),
    }
    for name, names in columns.items():
        key, *others = names.split()
        sa.Table(name, metadata, sa.Column(key, text, primary_key=True), *(sa.Column(other, text) for other in others))
    sa.Index("ps_contacts_endpoint", metadata.tables["ps_contacts"].c.endpoint)
    _numbers(metadata)
    _voicemail(metadata)


def alembic(metadata: sa.MetaData) -> None:
    """The tables with the types and widths that Asterisk's own migrations give them, as far as matters here."""
    yesno = sa.Enum(*BOOLEANS, name="ast_bool_values", metadata=metadata)
    auth_type = sa.Enum("md5", "userpass", "google_oauth", "digest", name="pjsip_auth_type_values", metadata=metadata)

    def table(name: str, *columns: sa.Column) -> None:
        sa.Table(name, metadata, sa.Column("id", sa.String(255), nullable=False, unique=True), *columns)

    def text(name: str, length: int = 40) -> sa.Column:
        return sa.Column(name, sa.String(length))

    table(
        "ps_endpoints",
        *(
            text(name)
            for name in (
                "transport",
                "auth",
                "context",
                "callerid",
                "mailboxes",
                "moh_suggest",
                "language",
                "outbound_auth",
            )
        ),
        *(text(name, 200) for name in ("aors", "disallow", "allow")),
        *(sa.Column(name, yesno) for name in ("direct_media", "force_rport", "rtp_symmetric", "rewrite_contact")),
        sa.Column("device_state_busy_at", sa.Integer),
        sa.Column("100rel", text("x").type),
    )
    table(
        "ps_auths",
        sa.Column("auth_type", auth_type),
        sa.Column("nonce_lifetime", sa.Integer),
        *(
            text(name, length)
            for name, length in (("md5_cred", 40), ("password", 80), ("realm", 255), ("username", 40))
        ),
        *(text(name, 255) for name in ("refresh_token", "oauth_clientid", "oauth_secret")),
        *(text(name, 1024) for name in ("password_digest", "supported_algorithms_uas", "supported_algorithms_uac")),
    )
    table(
        "ps_aors",
        text("contact", 255),
        text("mailboxes", 80),
        sa.Column("default_expiration", sa.Integer),
        sa.Column("max_contacts", sa.Integer),
        sa.Column("remove_existing", yesno),
        sa.Column("qualify_frequency", sa.Integer),
    )
    table(
        "ps_contacts",
        *(text(name, 511) for name in ("uri", "path", "user_agent", "endpoint", "reg_server", "via_addr", "call_id")),
        sa.Column("expiration_time", sa.BigInteger),
        sa.Column("qualify_frequency", sa.Integer),
        sa.Column("qualify_timeout", sa.Float),
        text("outbound_proxy", 255),
        sa.Column("via_port", sa.Integer),
        *(sa.Column(name, yesno) for name in ("qualify_2xx_only", "authenticate_qualify", "prune_on_boot")),
    )
    contacts = metadata.tables["ps_contacts"]
    sa.Index("ps_contacts_endpoint", contacts.c.endpoint)
    _numbers(metadata)
    _voicemail(metadata)


def _numbers(metadata: sa.MetaData) -> None:
    sa.Table(
        "dids",
        metadata,
        sa.Column("e164", sa.String(20), primary_key=True),
        sa.Column("extension", sa.String(20), nullable=False, index=True),
    )


def with_dialplan(metadata: sa.MetaData) -> None:
    """Asterisk's own table of the dialplan besides, where each number may be a row."""
    small(metadata)
    sa.Table(
        "extensions",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("context", sa.String(40), nullable=False),
        sa.Column("exten", sa.String(40), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("app", sa.String(40), nullable=False),
        sa.Column("appdata", sa.String(256), nullable=False, index=True),
        sa.UniqueConstraint("context", "exten", "priority"),
    )


def _voicemail(metadata: sa.MetaData) -> None:
    sa.Table(
        "voicemail",
        metadata,
        sa.Column("uniqueid", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.String(80), nullable=False) for name in ("context", "mailbox", "password")),
        *(sa.Column(name, sa.String(80)) for name in ("fullname", "email", "pager")),
        sa.UniqueConstraint("context", "mailbox"),
    )
