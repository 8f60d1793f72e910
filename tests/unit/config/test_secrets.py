"""Secrets: the configuration says where they lie; what they are is read late and shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from linecard.api import Secret
from linecard.errors import ConfigError
from unit.config.sites import Site


def private(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


def test_env_names_a_variable_of_the_environment(tmp_path: Path) -> None:
    assert Secret("env:PBX_TOKEN").reveal(tmp_path, {"PBX_TOKEN": "s3cret"}) == "s3cret"


@pytest.mark.parametrize("environ", [{}, {"PBX_TOKEN": ""}])
def test_a_variable_that_is_not_set_is_named(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="PBX_TOKEN is not set") as caught:
        Secret("env:PBX_TOKEN").reveal(tmp_path, environ)
    assert "PBX_TOKEN" in caught.value.remedy


@pytest.mark.parametrize("content", [b"s3cret", b"s3cret\n", b"s3cret\r\n"])
def test_file_is_read_from_the_sites_folder_without_its_last_newline(tmp_path: Path, content: bytes) -> None:
    private(tmp_path / "token", content)
    assert Secret("file:token").reveal(tmp_path, {}) == "s3cret"
    assert Secret(f"file:{tmp_path}/token").reveal(Path("/elsewhere"), {}) == "s3cret"


def test_only_one_newline_goes(tmp_path: Path) -> None:
    private(tmp_path / "token", b" s3 \n\n")
    assert Secret("file:token").reveal(tmp_path, {}) == " s3 \n"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    private(tmp_path / "token", b"s3cret")
    (tmp_path / "token").chmod(mode)
    with pytest.raises(ConfigError, match=f"can be read by others \\(mode 0{mode:o}\\)") as caught:
        Secret("file:token").reveal(tmp_path, {})
    assert caught.value.remedy == f"chmod 600 {tmp_path}/token"


def test_a_link_is_judged_by_the_file_behind_it(tmp_path: Path) -> None:
    private(tmp_path / "real", b"s3cret")
    (tmp_path / "token").symlink_to("real")
    assert Secret("file:token").reveal(tmp_path, {}) == "s3cret"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"\n", "is empty"), (b"\xff", "not UTF-8"), (b"x" * 65_537, "larger than")],
)
def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    private(tmp_path / "token", content)
    with pytest.raises(ConfigError, match=said):
        Secret("file:token").reveal(tmp_path, {})


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        Secret("file:token").reveal(tmp_path, {})
    (tmp_path / "token").mkdir()
    with pytest.raises(ConfigError, match="is not a file"):
        Secret("file:token").reveal(tmp_path, {})


def test_credential_is_a_file_that_systemd_hands_over(tmp_path: Path) -> None:
    """Its mode is systemd's affair: with an access list, a group bit shows that lets nobody else read it."""
    (tmp_path / "pbx").write_text("s3cret\n", encoding="utf-8")
    (tmp_path / "pbx").chmod(0o440)
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert Secret("credential:pbx").reveal(Path("/elsewhere"), environ) == "s3cret"


def test_a_credential_outside_systemd_is_told_with_the_setting_to_make(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no credential pbx") as caught:
        Secret("credential:pbx").reveal(tmp_path, {})
    assert "LoadCredential=pbx:" in caught.value.remedy


@pytest.mark.parametrize(
    "written",
    [
        "hunter2",
        "",
        "env:",
        "env:A B",
        "env:1A",
        "file:",
        "credential:../x",
        "credential:..",
        "ENV:A",
        " env:A",
        "env:A\n",
    ],
)
def test_plain_text_is_refused_with_how_to_write_it(written: str) -> None:
    with pytest.raises(ValueError, match="not the secret itself: env:NAME") as caught:
        Secret(written)
    assert not written or written not in str(caught.value) or written in {"env:", "file:"}


class Options(BaseModel):
    token: Secret
    spare: Secret | None = None


def test_a_field_of_options_may_be_a_secret(tmp_path: Path) -> None:
    options = Options.model_validate({"token": "env:T"})
    assert options.token.reveal(tmp_path, {"T": "s3cret"}) == "s3cret"
    assert options.model_dump() == {"token": "env:T", "spare": None}
    assert "s3cret" not in repr(options)
    assert "env:T" in repr(options)


@pytest.mark.parametrize("written", ["hunter2", 12, True, ["env:T"], None])
def test_options_refuse_anything_else(written: object) -> None:
    with pytest.raises(ValidationError, match="env:NAME"):
        Options.model_validate({"token": written})


def test_the_schema_tells_editors_how_to_write_it() -> None:
    assert Options.model_json_schema()["properties"]["token"]["pattern"] == "^(env|file|credential):.+$"


def test_loading_reads_no_secret(site: Site) -> None:
    """A secret that is missing stops the work that needs it, not the check of the configuration."""
    config = site.load(
        "region: FR\npbxs:\n  hq: {backend: wire, options: {host: h, secret: 'file:missing'}}\n"
        "inboxes:\n  hr: {path: in}\n"
    )
    assert config.pbxs["hq"].settings.secret == Secret("file:missing")  # type: ignore[attr-defined]
