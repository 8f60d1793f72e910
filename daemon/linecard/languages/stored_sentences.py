"""Sentences that the state database keeps in English with their facts put in, as they are made elsewhere.

A fault is kept as it was found, perhaps before anybody knew who would read it. For a reader of another language it
is known again by its words, and said anew. A test makes each of them and looks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from linecard.languages.stored_file_sentences import FILE_SENTENCES
from linecard.rules.member import REASONS, UNREADABLE
from linecard.rules.row_check import FOREIGN_ACTIONS

STORED_SENTENCES = (
    # why a plan is held: rules/limits
    "{said}: more than {share} % of the {links} that {pbx} holds.",
    "{said}: more than {limit}.",
    "1 member would lose their extension on {pbx}",
    "{count} members would lose their extension on {pbx}",
    "1 member would move to another extension on {pbx}",
    "{count} members would move to another extension on {pbx}",
    "1 extension on {pbx} would be taken from its holder",
    "{count} extensions on {pbx} would be taken from their holders",
    "1 public number on {pbx} would be changed or taken away",
    "{count} public numbers on {pbx} would be changed or taken away",
    # that a newer run was carried out: rules/limits
    "Run {run} is newer, has rows for the same members or extensions, and has been applied.",
    "The runs {runs} are newer, have rows for the same members or extensions, and have been applied.",
    # that it is older than a restore: rules/limits
    "This site was restored on {restored} UTC from a backup of {made} UTC; in between this may have been applied.",
    # that the plan is not the one that was approved: pipeline/difference
    "The changes differ from those in the approved plan.",
    "1 row now differs from the approved plan: line {line}.",
    "{count} rows now differ from the approved plan: lines {lines}.",
    "In the approved plan this row was {was}.",
    "The PBX has changed since. Approve the new plan if it is right, or discard the run.",
    # that a file could not be read to its end: pipeline/quarantine
    "A separate process that read this file failed {count} times: {how}.",
    "linecard was ended {count} times while it read this file, although a separate process could read it.",
    "The file is {name} in the quarantine. Send it to your support: no file should do that.",
    # what a PBX says of a change: rules/caveats
    "On {pbx}, a person must approve the change of {extension}: {said}.",
    "{pbx} reports about {extension}: {said}.",
    # what Asterisk reports: linecard_asterisk
    "the endpoint {endpoint} rings with {extension}, and will be silenced with it",
    "the endpoints {endpoints} ring with {extension}, and will be silenced with it",
    "Approve the plan if that is right; otherwise first give the device an address of record of its own.",
    "it is a member of the queue {queue}",
    "Remove it from queues.conf.",
    "Remove it from the table of queue members.",
    "Asterisk's own database still has {key} for it",
    "Asterisk's own database forwards {extension} to it ({key})",
    "a phone that logged in with it subscribed to {extensions}, and is notified until the subscription expires",
    "`pjsip show subscriptions inbound` says when; neither a new secret nor a restart ends it before.",
    "the endpoint {endpoint} is notified of messages in its mailbox {mailbox}",
    "the address of record {address} is notified of messages in its mailbox {mailbox}",
    "Remove {mailbox} from `mailboxes` of {name} in {table} if you do not want that.",
    # that a backend had no forecast: rules/forecasts
    "How long it takes is not known, because the PBX could not be asked: {said}",
    # what processors did to a row: pipeline/processors, linecard_processors
    "The processor {name} refused the row: {member} lies outside the domains of the company.",
    "Correct LoginEmail; members of this inbox have logins in {domains}.",
    "The processor {name} refused the row: {words}.",
    "The processor {name} changed {column} from {was} to {now}.",
    "The processor {name} set {column} to {now}.",
    "The processor {name} emptied {column}, which was {was}.",
    "The processor {name} failed on this row: {words}.",
    # what is wrong with a row: rules/row_check, rules/numbering, rules/check
    "Nothing is not an action.",
    "{value} is not an action.",
    *FOREIGN_ACTIONS.values(),
    "Write attach, force_attach or detach.",
    "Write one of {words}.",
    "{value} is not what this inbox does with its rows: {action}.",
    "Leave the cell empty, or write {action}; send the row to another inbox if it means something else.",
    "{column} is empty.",
    "Give the member's login e-mail.",
    "{value} is not an e-mail address.",
    *REASONS,
    UNREADABLE,
    "The part after the @-sign has no dot.",
    "There is more than one address in the cell.",
    "Letters of two alphabets that look alike are mixed in one word.",
    "An address does not start with an apostrophe.",
    "Name one of {pbxs}; this inbox has no default PBX.",
    "There is no PBX {value} for this inbox.",
    "Its PBXs are {pbxs}.",
    "Give the extension to attach.",
    "Extension is empty, but {column} contains {value}.",
    "To detach one extension, write it into Extension; to detach all, leave both cells empty.",
    "detach ignores Number.",
    "A freed extension keeps its number.",
    "{column} contained stray characters and was read as empty.",
    "{column} contained stray characters and was read as {value}.",
    "Number had no + or prefix and was read as {number}.",
    "{value} is no longer an extension: a spreadsheet has changed it.",
    "{value} is no longer a number: a spreadsheet has changed it.",
    "In the spreadsheet, format the column as Text before you type, fill it in again, and save the file.",
    "{value} is what a spreadsheet shows in a column that is too narrow; the value is lost.",
    "Widen the column in the spreadsheet and save the file again.",
    "{value} is a formula error.",
    "{value} is a formula whose value was not stored.",
    "Correct the formula in the spreadsheet, or type the value, and save the file again.",
    "{value} has a thousands separator that a spreadsheet has added.",
    "{value} is a date: a spreadsheet has changed it.",
    "{value} is more than one extension.",
    "Give one extension in the cell.",
    "{value} is not an extension.",
    "Extensions are up to 32 digits, such as 1234.",
    "{value} is an emergency number in {region}.",
    "Choose another extension.",
    "Give a DDI number.",
    "{value} is out of range; its leading zeros may be lost (was it {guess}?).",
    "{pbx} has no extension {value}; its leading zeros may be lost (was it {guess}?).",
    "Write it with its zeros in a column formatted as Text; if it has none, put an apostrophe in front of it.",
    "{value} is not an extension of this PBX.",
    "Its extensions are {ranges}.",
    "{value} has lost its + (was it {guess}?).",
    "{value} has lost its leading zero (was it {guess}?).",
    "{value} can be {national} or, with a lost +, {international}.",
    "Write the number with its + in a column formatted as Text.",
    "{value} is a range or more than one number.",
    "Give one number in the cell.",
    "{value} has {count} digits; a telephone number has at most 15.",
    "{value} is a number and an extension ({extension}) in one cell.",
    "Write the number alone; the extension goes into the column Extension.",
    "Number contained its extension and was read as {number}.",
    "{number} has only {count} digits after the country code.",
    "If it is an extension or an employee number, it is in the wrong column.",
    "{value} is not a valid telephone number.",
    "Write it as E.164, such as {example}.",
    "The row has {cells} cells; the header has {width}.",
    "Put a cell that contains the delimiter in quotes, and keep empty cells.",
    "The whole row is quoted as one cell.",
    "Each line of the file is quoted as one cell.",
    "The cells of the file are in single quotes.",
    "Export it again with double quotes.",
    "Remove the quotes around whole lines, or export again with each value in a cell of its own.",
    "This row undoes line {lines}.",
    "If you did not mean that, remove one of the two.",
    "Rows of an undo sheet say restore; put others into a sheet of their own.",
    "The cell Linecard-Restore does not say what comes back and what was left.",
    "Leave it as linecard wrote it, such as: back: +33199001000; left: bob@example.com none.",
    # what is wrong with a file: rules/text, rules/header, rules/check, pipeline
    "The file is not {encoding}: byte {byte} at offset {offset} (line {line}); it looks like {likely}.",
    "The file is not {encoding}: byte {byte} at offset {offset} (line {line}).",
    "Save it as CSV UTF-8.",
    "The file is empty.",
    "Export it again: it has not even a header.",
    "Export it again: it has not even one row.",
    "The file has a header and no rows.",
    "If you expected rows, check whether the export failed.",
    "The header has {count} columns, more than {limit}.",
    "Remove columns.",
    "Line {line} has no known column.",
    "The first line must contain the column names, such as {example}; `linecard sample` prints one.",
    "There is no column {column}; it is needed because the inbox has no default PBX.",
    "There is no column {column}; it is needed.",
    "There is no column {column}; without it each detach would remove every extension of its member.",
    "There is no column {column}; without it rows would mean every PBX.",
    "Did you mean the column {name}? Rename it to {column}.",
    "Add it, blank where all is meant.",
    "Column {number} has no name in the header: give it one, or remove it.",
    "Add a column named {names}.",
    "The columns {first} and {again} both mean {column}.",
    "Keep one of them.",
    "linecard does not know the column {value} and does not read it.",
    "linecard does not know the columns {names} and {count} more and does not read them.",
    "linecard does not know the columns {names} and {last} and does not read them.",
    "Rename it if it is to be read; else it may stay.",
    "Rename those that are to be read; the others may stay.",
    "Is {name} meant to be {column}? Rename it.",
    "Line {line} is a row, but the inbox says that it is a title or a second header.",
    "Check whether the export now begins differently.",
    "Line {line} repeats the header and was ignored.",
    "If files were joined by mistake, check that you want all of their rows.",
    "Line {line} closes the file and was not read as a row: {text}.",
    "If it is meant as a row, correct it.",
    "The file has more than {rows} rows.",
    "A cell in line {line} is longer than {count} characters.",
    "Shorten it.",
    "A quote opened in line {line} is never closed.",
    "A quote opened in line {line} is not closed within {count} characters.",
    "Line {line} has text after a closing quote.",
    "Close it, or write {quote} inside a cell twice.",
    "Close it, or write {quote} inside a cell after a backslash.",
    "Its SHA-256 is {found}, but {file} says {expected}.",
    "{file} holds no SHA-256.",
    "It was damaged or cut off in transit, or is another file: have it sent again, together with its checksum file.",
    "The file's name promises {expected} rows; it has {rows}.",
    "It was cut off, or its producer counts otherwise: have it sent again.",
    "According to the date in its name, the file is older than {name} (run {run}), which came before it.",
    "You need not do anything if the newer file is complete. To apply this one anyway, use `linecard import`.",
    "Check whether its rows undo later ones.",
    "The file does not end with the line that its inbox expects, such as {trailer}.",
    "It was cut off: have it sent again.",
    "The last line says that the file has {expected} rows; it has {rows}.",
    "It was cut off, or its producer counts differently: have it sent again.",
    "Line {line} is a row, but the inbox says that it is a trailer.",
    "Check whether the export now ends differently.",
    "The file is the same, byte for byte, as the last one that was imported in full (run {run}).",
    "Nothing has to be done.",
    # what somebody should see to: runtime/overdue_files, rules/expiry, the openers
    "No file arrived by {due}; {said}.",
    "none has ever arrived",
    "the last one arrived {last}",
    "Ask the producer whether its export ran; linecard takes a late file like any other.",
    "expired on {day}",
    "expires on {day}, in less than {count} days",
    "the site's PGP key {said}; senders then refuse to encrypt for it, and no file arrives",
    "the key of the signer {signer} {said}; files that it signs are then refused",
    "is not among the keys of this site",
    "the SSH certificate for {user} at {host} {said}; the server then refuses it",
    "Have the key signed again, and replace the old certificate.",
    "this site has no PGP key, so nobody can encrypt files for it",
    (
        "Ask the sender for the current public key; then linecard keys import FILE, "
        "and list its fingerprint under `signers`."
    ),
    *FILE_SENTENCES,
)
"""Of two that fit, one without facts is meant before any other, else the first."""

_FIELD = re.compile(r"\{([a-z]+)\}")


def match_sentence(said: str) -> tuple[str, Mapping[str, str]] | None:
    """The sentence among `STORED_SENTENCES` that was said, and its facts; None where it is none of them."""
    for text, start, end, pattern in _patterns():
        if said.startswith(start) and said.endswith(end) and (found := pattern.fullmatch(said)):
            return text, found.groupdict()
    return None


@cache
def _patterns() -> list[tuple[str, str, str, re.Pattern[str]]]:
    made = []
    for text in sorted(STORED_SENTENCES, key=lambda text: "{" in text):
        parts = _FIELD.split(text)
        regex = "".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
        made.append((text, parts[0], parts[-1], re.compile(regex, re.DOTALL)))
    return made
