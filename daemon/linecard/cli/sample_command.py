"""`linecard sample`."""

from __future__ import annotations

from pathlib import Path

import click

from linecard.cli.site import type_file

_DELIMITERS = {",": ",", ";": ";", "|": "|", "tab": "\t"}
_ROWS = (
    ("Action", "LoginEmail", "PbxId", "Extension", "Number"),
    ("attach", "ada.lovelace@example.com", "", "1234", "+33 1 23 45 67 89"),
    ("attach", "alan.turing@example.com", "", "1235", ""),
    ("force_attach", "grace.hopper@example.com", "", "1236", "+33 1 23 45 67 80"),
    ("detach", "charles.babbage@example.com", "", "", ""),
)
_COMMENTS = """\
% Lines that start with a percent sign are comments. Save as CSV UTF-8; format the columns as Text first.
% Action      attach: link the member to the extension. force_attach: the same, even if somebody else holds it.
%             detach: remove the member's links; with all other cells empty, every one of them.
% LoginEmail  the member's login e-mail. Always needed.
% PbxId       the PBX; empty means the inbox's default PBX.
% Extension   the short number, leading zeros count. Needed for attach and force_attach.
% Number      the public number with its plus sign; with blanks a spreadsheet keeps it. Empty: it stays as it is.
"""


def text(delimiter: str) -> str:
    """The sample sheet."""
    return "".join(delimiter.join(row) + "\n" for row in _ROWS) + _COMMENTS


@click.command()
@click.option(
    "--delimiter",
    type=click.Choice(list(_DELIMITERS)),
    default=",",
    show_default=True,
    metavar="CHARACTER",
    help="Between the columns: , or ; or | or the word tab.",
)
@click.option(
    "-o",
    "--output",
    type=type_file,
    help="Write to this new file: a workbook if it ends in .xlsx, else CSV that Excel reads as UTF-8.",
)
def command(delimiter: str, output: Path | None) -> None:
    """Print a sample sheet that explains itself.

    Its comment lines say what each column means; you can leave them in the file.
    """
    sheet = text(_DELIMITERS[delimiter])
    if output is None:
        click.echo(sheet, nl=False)
        return
    from linecard.errors import SheetError
    from linecard.infrastructure.access import find_remedy

    try:
        if output.suffix.lower() == ".xlsx":
            _write_workbook(output)
            return
        with output.open("x", encoding="utf-8", newline="\r\n") as out:
            out.write("\ufeff" + sheet)
    except FileExistsError:
        raise SheetError(f"{output} is there already.", remedy="Choose another name, or remove it first.") from None
    except OSError as error:
        raise SheetError(f"{output} cannot be written: {error.strerror}.", remedy=find_remedy(error, output)) from error


def _write_workbook(output: Path) -> None:
    from linecard.infrastructure.workbook import write_workbook

    with output.open("xb") as out:
        write_workbook([",".join(row) + "\n" for row in _ROWS], out)
