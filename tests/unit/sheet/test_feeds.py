"""Feeds that are written in their own way: lines to skip, second headers, positions, quotes, column maps."""

from __future__ import annotations

from pathlib import Path

import pytest

from linecard.config import columns
from linecard.model.sheet import Action
from linecard.rules.check import Destinations
from unit.sheet.reading import FRENCH, file, read

MAPS = sorted((Path(__file__).parents[3] / "config" / "columns").glob("*.yaml"))


def test_a_title_a_second_header_own_names_and_own_words():
    """The lines passed over may hold anything, such as a quote that is never closed; all lines are counted."""
    reading = file(
        "feed.txt",
        skip_lines=2,
        second_header=True,
        columns={"Action": ("Status",), "LoginEmail": ("Work E-Mail",), "Extension": ("Ext",)},
        actions={"active": Action.ATTACH, "terminated": Action.DETACH},
    )
    assert reading.valid == [
        (5, "attach", "ada@example.com", "hq", "1234", ""),
        (6, "detach", "zoé@example.com", "", "", ""),
    ]
    assert reading.errors == [(7, "Action", "bad_action")]


def test_lines_to_skip_are_counted_from_the_first_line_of_the_file():
    """Blank lines and comments among them count too."""
    text = "\n% x\nAction,LoginEmail,Number\nAction,LoginEmail,Extension\nattach,ada@example.com,1234\n"
    assert [row[4] for row in read(text, skip_lines=3).valid] == ["1234"]
    assert read(text, skip_lines=2).rows[0].line == 4


def test_positions_take_the_place_of_a_header():
    """A cell that is passed over, and the delimiter that gives as many cells as there are positions."""
    reading = file("positions.txt", positions=("LoginEmail", None, "Action", "Extension"))
    assert reading.valid == [
        (1, "attach", "ada@example.com", "hq", "1234", ""),
        (2, "detach", "zoé@example.com", "", "", ""),
    ]


def test_positions_with_more_commas_in_the_text_than_delimiters():
    """Even with as many of them: an action stands where one should be only when it is split rightly."""
    for name in ("Lovelace, A, K", "Lovelace, A, K, B, C"):
        reading = read(f"attach;ada@example.com;1234;{name}\n", positions=("Action", "Email", "Extension", None))
        assert [row[2:5] for row in reading.valid] == [("ada@example.com", "hq", "1234")]


def test_the_first_row_of_a_feed_without_a_header_is_read_like_the_others():
    """Comments before it, padding after its quotes, a sep line, lines to skip."""
    row = '"attach" ;"ada@example.com" ;"1234" \n'
    reading = read(f"junk\nsep=;\n% c\n{row}{row}", positions=("Action", "LoginEmail", "Extension"), skip_lines=1)
    assert [found[:2] for found in reading.valid] == [(4, "attach"), (5, "attach")]


def test_single_quotes():
    """An apostrophe twice inside; double quotes are ordinary characters."""
    reading = file("single-quotes.csv", quote="'")
    assert [row[:3] for row in reading.valid] == [(2, "attach", "ada@example.com"), (3, "attach", "zoé@example.com")]


def test_backslashes_before_quotes_and_delimiters():
    reading = file("backslash.csv", backslash=True)
    assert [row[:3] for row in reading.valid] == [(2, "attach", "ada@example.com"), (3, "attach", "zoé@example.com")]
    fault = read('Action,LoginEmail\nattach,"ada@example.com\n', backslash=True).fault
    assert fault.remedy == 'Close it, or write " inside a cell after a backslash.'


@pytest.mark.parametrize("path", MAPS, ids=lambda path: path.stem)
def test_every_ready_map_reads_a_file_with_its_headers(path):
    """The map's first name for each column, its words for the actions, and linecard's own words beside them."""
    found, _ = columns.read_map(path, path.name)
    assert found is not None
    names = {"Action": "Action", "Extension": "Extension"} | {c: n[0] for c, n in found.columns.items()}
    cells = {"Action": "", "LoginEmail": "ada@example.com", "Extension": "1234", "PbxId": "hq"}
    fixed = None if found.action is None else Action(found.action)
    if fixed is not None:
        del names["Action"]
    for word, action in {**found.actions, "force_attach": fixed or Action.FORCE_ATTACH}.items():
        row = ";".join({**cells, "Action": word}.get(column, "") for column in names)
        head = ";".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names.values())
        reading = read(f"{head}\n{row}\n", columns=found.columns, actions=found.actions, action=fixed)
        assert reading.warnings == []
        assert [r[1:3] for r in reading.valid] == [(action, "ada@example.com")]


def test_one_action_for_all_rows_of_a_feed_that_names_none():
    """3CX and others: each row says what is to be so. Comments, blank rows and the header once more are none."""
    columns = {"LoginEmail": ("EmailAddress",), "Extension": ("Number",), "Number": ("DID",)}
    head = "Number,FirstName,EmailAddress,DID\n"
    rows = '1234,Ada,ada@example.com,+33123456789\n% a,b\n 1235,Bo,BO@example.com,\n"% c",,,\n,,,\n'
    form = {"columns": columns, "ignored": ("FirstName",)}
    reading = read(head + rows + head, action=Action.ATTACH, **form)
    assert reading.valid == [
        (2, "attach", "ada@example.com", "hq", "1234", "+33123456789"),
        (4, "attach", "bo@example.com", "hq", "1235", ""),
    ]
    assert reading.warnings == [(7, "", "header_again")]
    assert read(head + rows, **form).fault.column == "Action"
    feed = {"action": Action.ATTACH, "positions": ("Email", "Extension")}
    assert [row[4] for row in read('"%ada@example.com",1234\n %bo@example.com,1235\n', **feed).valid] == [
        "1234",
        "1235",
    ]
    assert read("who,which\nada@example.com,1234\n", skip_lines=1, **feed).errors == []
    assert read("ada@example.com,1234\nbo@example.com,1235\n", skip_lines=1, **feed).fault.code == "no_header"


SAMPLES = {
    "3cx": (
        "Number,FirstName,LastName,EmailAddress,MobileNumber,AuthID,EnableVoicemail,DID\n"
        "1234,Ada,Lind,ada@example.com,,x7Q,1,+33123456789\n"
    ),
    "yeastar": (
        "First Name,Last name,Email Address,Mobile Number,Extension Number,Caller ID\n"
        "Ada,Lind,ada@example.com,+33612345678,1234,1234\n"
    ),
    "wazo": (
        "firstname,lastname,email,mobile_phone_number,exten,context,incall_exten,incall_context\n"
        "Ada,Lind,ada@example.com,,1234,default,+33123456789,from-extern\n"
    ),
    "webex": (
        "First Name,Last Name,User ID/Email (Required),User Status,Extension,Phone Number,Location\n"
        "Ada,Lind,ada@example.com,Active,1234,+33123456789,HQ\n"
    ),
    "zoom": "Email,First Name,Site Name,Extension Number,Phone Number\nada@example.com,Ada,Main,1234,+33123456789\n",
    "teams": "UserPrincipalName,Extension,LineURI\nada@example.com,1234,tel:+33123456789\n",
    "okta": (
        "login,email,firstName,status,primaryPhone,extension\n"
        "ada@example.com,private@example.com,Ada,ACTIVE,+33123456789,1234\n"
        "bo@example.com,b@example.com,Bo,DEPROVISIONED,,\n"
    ),
    "scim": (
        'userName,active,displayName,"phoneNumbers[type eq ""work""].value",extension\n'
        "ada@example.com,TRUE,Ada,+33123456789,1234\nbo@example.com,FALSE,Bo,,\n"
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_of_a_telephone_system_or_directory_is_read_with_its_ready_map(name):
    """Made-up people in the public layouts."""
    found, _ = columns.read_map(next(path for path in MAPS if path.stem == name), name)
    assert found is not None
    assert found.ignore_columns == ("all",)
    fixed = None if found.action is None else Action(found.action)
    reading = read(SAMPLES[name], columns=found.columns, actions=found.actions, action=fixed, ignored=None)
    number = "" if name == "yeastar" else "+33123456789"
    assert reading.errors == []
    assert next(row[1:] for row in reading.valid) == ("attach", "ada@example.com", "hq", "1234", number)
    assert [row[1:3] for row in reading.valid][1:] == [("detach", "bo@example.com")] * (fixed is None)


def test_a_row_that_names_another_action_than_all_is_invalid():
    text = "Action,Email,Extension\ndetach,ada@example.com,1234\n,ada@example.com,1234\nAdd,bo@example.com,1235\n"
    reading = read(text, action=Action.ATTACH)
    assert reading.errors == [(2, "Action", "bad_action"), (4, "Action", "bad_action")]
    assert [row[:2] for row in reading.valid] == [(3, "attach")]
    assert read(text, action=Action.ATTACH, ignored=("Action",)).errors == []
    own = "Action,LoginEmail,PbxId,Extension,Number,Reason\ndetach,ada@example.com,,1234,,was held by nobody\n"
    assert [row[1] for row in read(own, action=Action.ATTACH, trailer="END", skip_last=1).valid] == ["detach"]


def test_a_detach_of_all_rows_is_not_widened_either():
    assert read("Email,Extention\nada@example.com,1234\n", action=Action.DETACH).fault.column == "Extension"


def test_rows_that_ask_for_nothing_because_the_inbox_says_so():
    reading = read(
        "Status,Email,Extension,PbxId\n"
        "Active,ada@example.com,1001,\n"
        "Active,bo@example.com,,\n"
        "Active,cy@example.com,N/A,\n"
        "Terminated,di@example.com,,\n"
        "Terminated,ed@example.com,n/a,\n"
        "ON_LEAVE,fay@example.com,1005,\n"
        "LOA,gus@example.com,1006,\n"
        "Active,hal@example.com,1007,Paris\n"
        "Active,ida@example.com,1008,HQ\n",
        columns={"Action": ("Status",)},
        actions={"active": Action.ATTACH, "terminated": Action.DETACH},
        ignored_rows={"Action": ("on leave",), "Extension": ("", "n/a")},
        ignores_unknown_pbx=True,
    )
    assert reading.idle == [3, 4, 7, 9]
    assert [row[:2] for row in reading.valid] == [(2, "attach"), (5, "detach"), (10, "attach")]
    assert reading.errors == [(6, "Extension", "bad_extension"), (8, "Action", "bad_action")]
    hint = reading.rows[6].faults[0].remedy
    assert hint == "Write one of active, terminated, on leave, attach, force_attach, detach."


@pytest.mark.parametrize(
    ("column", "word"), [("Extension", "1000"), ("LoginEmail", "tbd@example.com"), ("PbxId", "hq")]
)
def test_a_placeholder_that_looks_right_asks_for_nothing_too(column, word):
    cells = {"Action": "attach", "LoginEmail": "ada@example.com", "PbxId": "lab", "Extension": "1234", column: word}
    head = ",".join(cells)
    found = Destinations({"hq": FRENCH, "lab": FRENCH}, {}, "hq")
    rows = f"{','.join(cells.values())}\nattach,bo@example.com,lab,1235\n"
    reading = read(f"{head}\n{rows}", found, ignored_rows={column: (word,)})
    assert (reading.idle, [row[0] for row in reading.valid]) == ([2], [3])


ROWS = "Action|LoginEmail|Extension\nattach|ada@example.com|1001\nattach|bo|1002\n"


@pytest.mark.parametrize(
    ("end", "form"),
    [
        ("TRL|000002\n", {"trailer": "TRL|{rows}"}),
        ("trl|2", {"trailer": "TRL|{rows}"}),
        ("TRL|2026-11-29|2\r\n\r\n\x1a", {"trailer": "TRL|*|{rows}"}),
        ("TRL|2026-11-29|2\r\n\x1a\r\n", {"trailer": "TRL|*|{rows}"}),
        ("TRL|2\x1a\r\n", {"trailer": "TRL|{rows}"}),
        ("TRL|whatever\n", {"trailer": "TRL|*"}),
        ("-----\n\n(2 rows affected)\n\n", {"skip_last": 2}),
    ],
)
def test_a_trailer_is_no_row(end, form):
    for block in (1, 1 << 20):
        reading = read(ROWS + end, block=block, **form)
        assert [row[:3] for row in reading.valid] == [(2, "attach", "ada@example.com")]
        assert reading.errors == [(3, "LoginEmail", "bad_email")]


@pytest.mark.parametrize(
    ("end", "form", "code", "line"),
    [
        ("TRL|000003\n", {"trailer": "TRL|{rows}"}, "row_count", 4),
        ("attach|cy@example.com|1003\n", {"trailer": "TRL|{rows}"}, "no_trailer", 4),
        ("", {"trailer": "TRL|*"}, "no_trailer", 3),
        ("attach|cy@example.com|1003\n", {"skip_last": 1}, "no_trailer", 4),
        ("attach|cy@example.com|1003\n(3 rows)\n", {"skip_last": 2}, "no_trailer", 4),
    ],
)
def test_an_end_that_is_not_as_promised_refuses_the_file(end, form, code, line):
    reading = read(ROWS + end, **form)
    assert reading.refused
    assert [(fault.line, fault.code) for fault in reading.faults] == [(line, code)]


CLOSING = [
    *("TRL|000002", "TRL|2026-11-29|2", "Total: 2", "Grand Total|2", "2 rows selected.", "(2 rows affected)", "T|2"),
    *("  2 record(s) selected.", "2 rows in set (0.00 sec)", "Anzahl Datensätze: 2", "Nombre de lignes : 2", "99|2"),
    *("End of Report", "*** End of list ***", "EOF", "Fin du fichier", "Ende", "-----\n\n(2 rows affected)"),
    *("Generated by Ada on 1/1/2026", "Confidential Information - Do Not Distribute", '"Total"|"2"'),
    *("Liczba rekordów: 2", "Antal rader: 2", "Toplam: 2", "Итого: 2", "Total général||2", "2 Zeile(n) ausgewählt."),
    *("2 lignes sélectionnées.", "合計 2", "Trailer Record|00002", "Koniec pliku", "Einde bestand", "Slut på filen"),
    *("Конец файла", "Erstellt am 01.01.2026", "Généré le 01/01/2026", "Wygenerowano 2026-01-01", "Page 1 of 1"),
    *("Exported from Personio on 2026-01-01", "Applied filters: Status is Active", "Stand: 01.01.2026 07:00", "\\."),
]


@pytest.mark.parametrize("end", CLOSING)
def test_a_last_line_that_can_be_nothing_else_is_no_row(end):
    """Without a setting; the line is noted. Blank lines behind it change nothing."""
    reading = read(f"{ROWS}\n{end}\n\n")
    assert [row[:3] for row in reading.valid] == [(2, "attach", "ada@example.com")]
    assert reading.errors == [(3, "LoginEmail", "bad_email")]
    assert {code for _, _, code in reading.warnings} == {"closing_line"}
    assert len(reading.rows) == 2


@pytest.mark.parametrize(
    "end",
    [
        *(
            "TRL|3",
            "Total: 3",
            "3 rows selected.",
            "Итого: 3",
            "Trailer Record|3",
            "Seite",
            "Stand",
            "#2",
            "2",
            "Smith",
        ),
        *("att", "1002", "Total", "a@example.com|2"),
    ],
)
def test_a_last_line_that_may_be_a_row_is_one(end):
    """A count that does not fit is no mistake of the feed: rows may be missing."""
    reading = read(ROWS + end)
    assert reading.errors[1][0] == 4
    assert reading.warnings == []


@pytest.mark.parametrize("row", ["attach|eve@example.com|1003", "attach|eve|1003"])
def test_what_looks_like_the_end_and_is_none_is_a_row(row):
    reading = read(f"{ROWS}Total: 2\n{row}\nEOF\n")
    assert (4, "", "cell_count") in reading.errors
    assert [found.line for found in reading.rows] == [2, 3, 4, 5]
    assert reading.warnings == [(6, "", "closing_line")]


def test_a_file_that_says_it_has_no_rows_has_none():
    reading = read("Action,LoginEmail,Extension\n\n0 rows selected.\n")
    assert (reading.rows, reading.errors) == ((), [])
    assert reading.warnings == [(3, "", "closing_line"), (0, "", "no_rows")]


def test_a_name_that_means_nothing_here_is_passed_over_though_linecard_knows_it():
    text = "Action,Email,Extension,Number\nattach,ada@example.com,1234,E-4711\n"
    assert read(text).errors == [(2, "Number", "bad_number")]
    reading = read(text, ignored=("number",))
    assert (len(reading.valid), reading.errors, reading.warnings) == (1, [], [])
    assert read(text, ignored=("Extension", "Number")).errors == [(2, "Extension", "missing_cell")]


def test_a_mapped_column_is_known_by_its_own_names_only():
    """`Email` may be the private address in a feed whose logins stand under another name."""
    text = "Action,Email,Work Mail,Extension\nattach,private@example.com,ada@example.com,1234\n"
    reading = read(text, columns={"LoginEmail": ("Work Mail",)})
    assert [row[2] for row in reading.valid] == ["ada@example.com"]
    assert reading.warnings == [(1, "Email", "unknown_column")]


@pytest.mark.parametrize(("site", "idle"), [("hq-2", True), ("HQ-2", True), ("hq2", False), ("hq_2", False)])
def test_a_placeholder_is_the_cell_without_regard_to_case_alone(site, idle):
    """Signs count: hq-2 and hq2 are two PBXs."""
    found = Destinations(dict.fromkeys(("hq", "hq-2", "hq2", "hq_2"), FRENCH), {}, "hq")
    rows = f"Action,LoginEmail,PbxId,Extension\nattach,ada@example.com,{site},1234\n"
    assert read(rows, found, ignored_rows={"PbxId": ("hq-2",)}).idle == ([2] if idle else [])
