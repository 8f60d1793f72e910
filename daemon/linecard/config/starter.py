"""The configuration that `linecard init` writes: small, commented, and working as it stands."""

from __future__ import annotations

from textwrap import indent

import yaml
from pydantic import TypeAdapter, ValidationError

from linecard.config.fields import Region
from linecard.errors import ConfigError

_TEXT = """\
# The configuration of this linecard site. `linecard doctor` tells you what is wrong with it, line by line.
# linecard.example.yaml shows all settings. Paths start from the folder of this file.
# Extensions and numbers need no quotes: 0123 and +33123456789 stay as you write them.

site: @SITE@   # the name that reports show
region: @REGION@          # the country in whose format numbers are read: two letters, such as FR or DE
# timezone: Europe/Paris   # of the times in reports; without it, UTC

pbxs:                # the telephone systems
  hq:                # a name of your choice; it is what the PbxId column of a sheet says
@BACKEND@
    extensions: 1000-4999         # what members may get; several: [1000-4999, 0100]
    # emergency: [3333]           # never assigned, besides 112, 911 and the country's own
    # aliases: [Headquarters]     # other spellings of this PBX in sheets
    # second_extension: move      # when the member has another extension here: move, add or refuse
    # second_number: replace      # when the extension has another number: replace, add or refuse

inboxes:             # where files arrive
  hr:
    path: inbox/hr
    default_pbx: hq               # the PBX meant when the PbxId cell is blank
    # sheet:
    #   columns: @COLUMNS@# a ready map of an HR system's header names, or your own:
    #   columns: {LoginEmail: Work Email, Extension: Desk phone}
    #   actions: {hired: attach, terminated: detach}
    #   encoding: windows-1252    # when the files are not UTF-8
    # limits:                     # a plan that does more than this waits until a person approves it
    #   detach: {share: 30, at_least: 25}   # 30 % of the links on the PBX, from 25 links on
    #   move: {share: 30, at_least: 25}
    #   force: 10                           # short for {count: 10}
    #   number: {share: 30, at_least: 25}   # public numbers changed or taken away, of those on the PBX
"""


_DIRECTORY = """\
    backend: directory            # the PBX that comes with linecard; `linecard plugins` lists the others
    options:
      path: state/hq.pbx.sqlite3  # where it keeps its extensions
      create_members: true        # create a member when a row first names one
      create_extensions: true     # and an extension"""


def template(region: str, site: str, backend: str = "", options: str = "", columns: str = "workday") -> str:
    """The text of a new site's linecard.yaml, with the embedded PBX or with one of the kind `backend`, whose `options`
    are YAML without indentation. `columns` is the ready map that it names.

    Raises `ConfigError` for a region that phonenumbers does not know. `site` may be any text.
    """
    try:
        country = TypeAdapter(Region).validate_python(region)
    except ValidationError:
        raise ConfigError(
            f"{region!r} is not a country that linecard knows.",
            remedy="Give its two letters (ISO 3166), such as FR, DE or GB.",
        ) from None
    name = yaml.safe_dump(site, default_style='"', allow_unicode=True, width=10_000).strip()
    pbx = _DIRECTORY
    if backend:
        pbx = f"    backend: {backend}\n    options:\n{indent(options.strip(), ' ' * 6)}"
    text = _TEXT.replace("@BACKEND@", pbx).replace("@COLUMNS@", f"{columns:<17}")
    return text.replace("@REGION@", country).replace("@SITE@", name)
