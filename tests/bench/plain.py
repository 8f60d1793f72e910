"""What linecard is measured against: the script that an administrator would write in an afternoon.

    plain.py check FILE BAD                 the numbers of the bad lines go to the file BAD
    plain.py import FILE BAD DIRECTORY      the good rows go into the SQLite file DIRECTORY

One pass, one commit at the end, no journal, no preview, no reading back, no report. The checks of e-mails and numbers
are the same as linecard's: the packages email-validator and phonenumbers.
"""

from __future__ import annotations

import csv
import sqlite3
import sys
from pathlib import Path

import phonenumbers
from email_validator import EmailNotValidError, validate_email

REGION = "FR"
FIRST, LAST = "1000000", "8999999"


class Bad(Exception):
    """A row that cannot be used."""


def checked(row):
    """Action, member, extension and number of a row."""
    action = row["Action"].strip().lower()
    if action not in ("attach", "force_attach", "detach"):
        raise Bad("action")
    try:
        member = validate_email(row["LoginEmail"], check_deliverability=False, globally_deliverable=False).normalized
    except EmailNotValidError as error:
        raise Bad("email") from error
    extension, number = row["Extension"].strip(), row["Number"].strip()
    if action != "detach" and not (extension.isdigit() and len(extension) == 7 and FIRST <= extension <= LAST):
        raise Bad("extension")
    if number:
        try:
            parsed = phonenumbers.parse(number, REGION)
        except phonenumbers.NumberParseException as error:
            raise Bad("number") from error
        if not phonenumbers.is_valid_number(parsed):
            raise Bad("number")
        number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return action, member.lower(), extension, number or None


def rows(path, bad):
    """The good rows; the lines of the others are written to `bad`."""
    with Path(path).open(encoding="utf-8-sig", newline="") as file, Path(bad).open("w") as out:
        reader = csv.DictReader(file, delimiter=";")
        for row in reader:
            try:
                yield checked(row)
            except Bad:
                out.write(f"{reader.line_num}\n")


def opened(path):
    database = sqlite3.connect(path)
    database.execute(
        "CREATE TABLE IF NOT EXISTS extensions (extension TEXT PRIMARY KEY, member TEXT, number TEXT UNIQUE)"
    )
    database.execute("CREATE INDEX IF NOT EXISTS by_member ON extensions (member)")
    return database


ATTACH = """
INSERT INTO extensions VALUES (?, ?, ?)
ON CONFLICT (extension) DO UPDATE SET member = excluded.member, number = coalesce(excluded.number, number)
"""


def run(path, bad, directory):
    database = opened(directory)
    for action, member, extension, number in rows(path, bad):
        if action == "detach":
            database.execute("UPDATE extensions SET member = NULL WHERE member = ?", (member,))
        else:
            database.execute(ATTACH, (extension, member, number))
    database.commit()
    database.close()


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "check":
        for _ in rows(*arguments):
            pass
    else:
        run(*arguments)
