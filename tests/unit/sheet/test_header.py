"""The header: which delimiter, which columns, in any order and spelling; comments and blank rows passed over."""

from __future__ import annotations

import itertools
import re

import pytest

from linecard.languages.stored_file_sentences import FILE_SENTENCES
from linecard.model.sheet import Column
from linecard.rules.column_names import SYNONYMS, is_same_name
from linecard.rules.destinations import Destinations
from linecard.rules.sentences import SENTENCES
from linecard.rules.settings import find_setting
from unit.sheet.reading import FRENCH, HQ, TWO, file, read

POSITIONS = ("Action", "LoginEmail", "Extension")

ADA = (2, "attach", "ada@example.com", "hq", "1234", "")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_from_the_header(delimiter):
    """Whatever stands in the cells: the header names the columns only when it is split rightly."""
    head = delimiter.join(["Action", "LoginEmail", "Extension", '"Cost, a;b|c\td"'])
    row = delimiter.join(["attach", "ada@example.com", "1234", '"a,b;c|d\te"'])
    reading = read(f"{head}\n{row}\n")
    assert reading.valid == [ADA]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_delimiter_set_on_the_inbox_is_the_only_one(delimiter):
    reading = read("Action;LoginEmail;Extension\nattach;ada@example.com;1234\n", delimiter=delimiter)
    assert reading.valid == ([ADA] if delimiter == ";" else [])
    assert reading.refused == (delimiter != ";")


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;", "sep=; "])
def test_excels_sep_line_is_honoured(line):
    reading = read(f"{line}\nAction;LoginEmail;Extension\nattach;ada@example.com;1234\n")
    assert [row[0] for row in reading.valid] == [3]
    assert file("sep.csv").codes == []


def test_a_sep_line_may_announce_any_character():
    reading = read('sep=^\nAction^LoginEmail^Extension\n"attach" ^ada@example.com^1234\n')
    assert [row[1:5] for row in reading.valid] == [("attach", "ada@example.com", "hq", "1234")]


@pytest.mark.parametrize("character", ['"', "\\"])
def test_a_sep_line_that_announces_a_quote_is_no_such_line(character):
    """The csv module of newer Pythons raises on it; here it is a first line without columns."""
    fault = read(f"sep={character}\nAction,LoginEmail\ndetach,ada@example.com\n").fault
    assert (fault.line, fault.code) == (1, "no_header")


SPELLINGS = [(column, name) for column, names in SYNONYMS.items() for name in names]


@pytest.mark.parametrize(("column", "name"), SPELLINGS)
def test_every_accepted_name_is_known_without_case_blanks_and_dashes(column, name):
    """`login-email`, ` LOGIN EMAIL ` and `Login_Email` are LoginEmail."""
    spaced = "".join(f" {c}" if c.isupper() else c for c in name)
    for spelling in (name, name.upper(), spaced, f" {name} ", f"_{name}-", f'"{name}"', f"'{name}", f"\u200b{name}"):
        head = [n for n in ("Action", "LoginEmail", "Extension") if n.lower() != str(column).lower()]
        assert read(",".join([*head, spelling]) + "\n").warnings == [(0, "", "no_rows")]


def test_columns_are_matched_by_name_and_never_by_position():
    cells = {"Action": "attach", "LoginEmail": "ada@example.com", "PbxId": "hq", "Extension": "1234", "x": "detach"}
    for order in itertools.permutations(cells):
        assert read(f"{','.join(order)}\n{','.join(cells[name] for name in order)}\n").valid == [ADA]


def test_an_unknown_column_is_a_warning_and_never_silence():
    note = read("Action,LoginEmail,Extension,Cost Centre\nattach,ada@example.com,1234,A1\n").note
    assert (note.line, note.column, note.code) == (1, "Cost Centre", "unknown_column")


def test_rainbows_internal_number_is_a_known_column():
    reading = read("Action,LoginEmail,Extension,pbxInternalNumber\nattach,ada@example.com,1234,+33111\n")
    assert reading.valid == [ADA]
    assert reading.warnings == []


def test_all_double_columns_are_named_at_once():
    reading = file("two-headers-mean-one.csv")
    assert reading.errors == [
        (1, "LoginEmail", "duplicate_column"),
        (1, "LoginEmail", "duplicate_column"),
        (1, "Extension", "duplicate_column"),
    ]
    assert reading.rows == ()


def test_all_missing_columns_are_named_at_once():
    """PbxId is needed when the inbox has no default PBX, and only then."""
    assert read("Extension,Number\n1234,\n").errors == [
        (1, "Action", "missing_column"),
        (1, "LoginEmail", "missing_column"),
    ]
    assert read("Extension\n1234\n", TWO).errors == [
        (1, "Action", "missing_column"),
        (1, "LoginEmail", "missing_column"),
        (1, "PbxId", "missing_column"),
    ]


def test_a_missing_column_names_what_the_feed_calls_it():
    fault = read("Action,Extension,Who\ndetach,1234,a@example.com\n", columns={"LoginEmail": ("Work Mail",)}).fault
    assert fault.column == "LoginEmail"
    assert "Work Mail" in fault.remedy


def test_a_file_without_a_header_is_refused_and_shown_one():
    fault = file("no-header.csv").fault
    assert (fault.line, fault.code) == (1, "no_header")
    assert fault.value.startswith("attach,ada@")
    assert "Action,LoginEmail,PbxId,Extension,Number" in fault.remedy


@pytest.mark.parametrize(
    "text",
    [
        '"Action,LoginEmail,Extension"\n"attach,ada@example.com,1234"\n',
        '"Action;LoginEmail;Extension",,\n"attach;ada@example.com;1234",,\n',
        '"Action\tLoginEmail\tExtension"\n',
        '"Action,""LoginEmail"",Extension"\n',
    ],
)
def test_lines_that_stand_in_quotes_as_a_whole_are_named(text):
    fault = read(text).fault
    assert (fault.line, fault.code) == (1, "no_header")
    assert "is quoted as one cell" in fault.message


def test_rows_that_stand_in_quotes_as_a_whole_are_named():
    reading = read('Action,LoginEmail,Extension\n"attach,ada@example.com,1234"\n"attach,""bo@example.com"",1235"\n')
    assert reading.errors == [(2, "", "cell_count"), (3, "", "cell_count")]
    assert all("is quoted as one cell" in row.faults[0].message for row in reading.rows)
    assert "has 1 cells" in read('Action,LoginEmail,Extension\n"attach,ada@example.com"\n').fault.message


@pytest.mark.parametrize("name", ["empty.csv", "only-comments.csv"])
def test_an_empty_file_is_refused(name):
    """Whether the feed has a header or goes by positions."""
    assert (file(name).fault.line, file(name).fault.code) == (0, "empty")
    assert file(name, positions=("Action", "LoginEmail")).fault.code == "empty"


def test_a_header_without_rows_is_a_warning():
    reading = file("header-only.csv")
    assert reading.warnings == [(0, "", "no_rows")]
    assert not reading.refused


def test_comments_and_blank_rows_are_passed_over_and_keep_their_numbers():
    """Indented ones too, with quotes in them, and those that a spreadsheet has put into quotes."""
    reading = file("comments.csv")
    assert [row[0] for row in reading.valid] == [4, 8, 10]
    assert reading.errors == reading.warnings == []


def test_a_row_whose_first_cell_begins_with_a_percent_sign_is_a_row():
    """Quoted or indented: its Action cell says so. What names no action there is a comment."""
    rows = (
        '"% dept",attach,ada@example.com,1001\n  % dept,attach,bo@example.com,1002\n'
        '"% a comment, in quotes",,,\n  % it isn"t one, either\n% dept,attach,cy@example.com,1003\n'
    )
    for head in ("Dept,Action,LoginEmail,Extension", "PbxId,Action,LoginEmail,Extension"):
        reading = read(f"{head}\n{rows}", ignored=("Dept",))
        found = [(r.line, str(r.action), r.member) for r in reading.rows]
        assert found == [(2, "attach", "ada@example.com"), (3, "attach", "bo@example.com")]


def test_an_indented_first_row_of_a_feed_without_a_header_is_a_row_too():
    positions = ("LoginEmail", "Action", "Extension")
    reading = read("% a comment\n  % another one\n  %ada@example.com,attach,1234\n", positions=positions)
    assert [row[:3] for row in reading.valid] == [(3, "attach", "%ada@example.com")]


def test_a_comment_in_quotes_above_the_header_is_one():
    reading = read('"% Joiners, as of today",,\nAction,LoginEmail,Extension\nattach,ada@example.com,1234\n')
    assert [row[0] for row in reading.valid] == [3]
    assert read('"% FTE",Action,LoginEmail,Extension\n1,attach,ada@example.com,1234\n').valid == [ADA]


@pytest.mark.parametrize(
    ("head", "likely"),
    [
        ("Action;LoginEmail;Extention", "Extention"),
        ("Action;LoginEmail;Extensoin", "Extensoin"),
        ("Action;LoginEmail;Ext.", "Ext."),
        ("Action;LoginEmail;Desk Phone;Site", "Desk Phone"),
        ("Action;LoginEmail;Short_Numbr", "Short_Numbr"),
        ("Action;LoginEmail;Nebenstelle", "Nebenstelle"),
        ("Action;LoginEmail;Numéro de poste", "Numéro de poste"),
        ("Action;LoginEmail;内線番号", "内線番号"),
    ],
)
def test_a_misspelt_extension_never_widens_a_detach_to_everything(head, likely):
    cells = head.count(";") - 1
    fault = read(f"{head}\ndetach;ada@example.com{';1001' * cells}\n").fault
    assert (fault.line, fault.column, fault.code) == (1, "Extension", "missing_column")
    assert fault.remedy == f"Did you mean the column {likely}? Rename it to Extension."


def test_unknown_columns_and_none_for_the_extension_refuse_the_file():
    """One of them may be what narrows a detach; an inbox can say that they mean nothing."""
    text = "Action,LoginEmail,Cost Centre\ndetach,ada@example.com,A1\n"
    assert read(text).fault.code == "missing_column"
    assert "ignore_columns" in find_setting(read(text).fault)
    for ignored in (("cost-centre",), None):
        reading = read(text, ignored=ignored)
        assert [row[1] for row in reading.valid] == ["detach"]
        assert reading.warnings == []
    assert read(text.replace("Cost Centre", "Extention"), ignored=None).fault.code == "missing_column"


def test_a_column_that_the_feed_promises_and_leaves_out_is_missing():
    columns = {"Extension": ("Desk",)}
    assert read("Action,LoginEmail\ndetach,ada@example.com\n", columns=columns).fault.column == "Extension"
    assert read("Action,LoginEmail,Desk\ndetach,ada@example.com,\n", columns=columns).errors == []


@pytest.mark.parametrize(
    "text", ["Action,LoginEmail,,Number\ndetach,ada@example.com,1001,\n", "Action,,Email\ndetach,1001,x@y.z\n"]
)
def test_a_column_without_a_name_never_widens_a_detach(text):
    fault = read(text).fault
    assert (fault.column, fault.code) == ("Extension", "missing_column")
    assert f"Column {text.split(',').index('') + 1} has no name" in fault.remedy
    named = "Action,,LoginEmail,Extension\ndetach,x,ada@example.com,1234\n"
    assert [row[4] for row in read(named).valid] == ["1234"]


def test_rainbows_internal_number_in_the_place_of_the_extension_never_widens_a_detach():
    fault = read("Action,LoginEmail,pbxInternalNumber\ndetach,ada@example.com,1001\n").fault
    assert (fault.column, fault.code) == ("Extension", "missing_column")
    assert "pbxInternalNumber" in fault.remedy
    head = "Action,LoginEmail,Extension,pbxInternalNumber\n"
    assert read(f"{head}detach,ada@example.com,,1001\n").errors == [(2, "Extension", "missing_cell")]
    assert [row[4] for row in read(f"{head}detach,ada@example.com,1234,1001\n").valid] == ["1234"]
    assert [row[4] for row in read(f"{head}detach,ada@example.com,,\n").valid] == [""]


def test_an_invalid_row_keeps_what_stands_under_a_misspelt_name():
    """It comes back in the retry sheet under the right one; nothing of it is read before that."""
    text = (
        "Action,LoginEmail,Extension,Nummber\nattach,ada@example.com,1234,+33123456789\natach,bo@example.com,1235,x\n"
    )
    reading = read(text)
    assert "Is Nummber meant to be Number?" in reading.note.remedy
    assert reading.valid == [ADA]
    assert reading.rows[1][:6] == (3, "atach", "bo@example.com", "", "1235", "x")


def test_a_misspelt_pbx_never_widens_a_detach_to_every_pbx():
    both = Destinations({"hq": FRENCH, "lab": FRENCH}, {}, "hq")
    fault = read("Action,LoginEmail,Extension,PbxIdd\ndetach,ada@example.com,1234,hq\n", both).fault
    assert (fault.column, fault.code) == ("PbxId", "missing_column")
    assert read("Action,LoginEmail,Extension\ndetach,ada@example.com,1234\n", both).errors == []


def test_all_columns_that_are_not_read_are_one_warning():
    head = ",".join(f"sip_setting_{n}" for n in range(60))
    reading = read(f"Action,Email,Extension,{head}\nattach,ada@example.com,1234{',x' * 60}\n")
    assert reading.warnings == [(1, "", "unknown_column")]
    assert "and 55 more" in reading.note.message


def test_the_feeds_own_name_wins_over_every_name_that_linecard_knows():
    """3CX calls the extension Number."""
    columns = {"Action": ("Op",), "LoginEmail": ("EmailAddress",), "Extension": ("Number",)}
    text = "Op,EmailAddress,Number\n{},ada@example.com,1234\n"
    assert read(text.format("attach"), columns=columns).valid == [ADA]
    assert read(text.format("detach"), columns=columns).valid[0][4] == "1234"
    swapped = {"Extension": ("Number",), "Number": ("Extension",)}
    reading = read("Action,LoginEmail,Number,Extension\nattach,ada@example.com,1234,+33123456789\n", columns=swapped)
    assert reading.valid[0][4:6] == ("1234", "+33123456789")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (
            "Action,LoginEmail,Extension\nattach,ada@example.com,1001\nattach,bo@example.com,1002\n",
            {"second_header": True},
        ),
        ("Action,LoginEmail,Extension\natach,ada@example.com,1001\nattach,bo@example.com,1\n", {"second_header": True}),
        ("Action,LoginEmail,Extension\nattach,ada,1001\nattach,bo@example.com,1002\n", {"second_header": True}),
        ("attach,ada@example.com,1001\nattach,bo@example.com,1002\n", {"skip_lines": 1, "positions": POSITIONS}),
        ("attach,ada@example.com,1001\nAction,LoginEmail,Extension\nattach,bo@example.com,1002\n", {"skip_lines": 1}),
    ],
)
def test_a_row_that_stands_where_a_header_or_title_should_refuses_the_file(text, form):
    """The export has changed: nothing vanishes without a word."""
    fault = read(text, **form).fault
    assert fault.code == "no_header"
    assert "is a row" in fault.message


def test_a_second_header_and_a_title_are_passed_over():
    text = "Joiners of May\nAction,LoginEmail,Extension\nwhat to do,who,which\nattach,ada@example.com,1234\n"
    assert [row[0] for row in read(text, skip_lines=1, second_header=True).valid] == [4]


@pytest.mark.parametrize(
    "again",
    [
        "Action,LoginEmail,Extension",
        "ACTION,login-email,extension,,",
        "__action__,Email,ShortNumber",
        "\x1aAction,Email,Extension",
    ],
)
def test_the_header_once_more_is_passed_over_with_a_warning(again):
    """Files were joined, perhaps of two programs that spell the columns in two ways, or on DOS."""
    head = "Action,LoginEmail,Extension\n"
    reading = read(f"{head}attach,ada@example.com,1001\n{again}\nattach,bo@example.com,1002\n")
    assert [row[0] for row in reading.valid] == [2, 4]
    assert reading.warnings == [(3, "", "header_again")]


def test_a_name_may_span_lines():
    """Alt+Enter in a header cell: the lines after it keep their numbers."""
    reading = file("spanning.csv")
    assert [row[:5] for row in reading.valid] == [(3, "attach", "ada@example.com", "hq", "1234")]
    assert reading.errors == [(7, "Action", "bad_action")]


def test_a_quote_in_a_name_does_not_swallow_rows():
    """Neither an apostrophe, nor a quote that is never closed."""
    reading = read("Action,LoginEmail,Extension,Employee's\nattach,ada@example.com,1234,O'Brien\n", quote="'")
    assert [row[:2] for row in reading.valid] == [(2, "attach")]
    reading = read('Action,LoginEmail,"Extension\n' + 20 * "attach,ada@example.com,1234\n")
    assert [row[0] for row in reading.valid] == list(range(2, 22))


def test_blank_cells_and_rows_at_the_end_mean_nothing():
    reading = file("trailing.csv")
    assert [row[0] for row in reading.valid] == [2, 3]
    assert reading.errors == reading.warnings == []


def test_a_sheet_is_read_the_same_by_every_default():
    """With one PBX as default, a blank PbxId means it; without one it must be named."""
    text = "Action,LoginEmail,PbxId,Extension\nattach,ada@example.com,,1234\nattach,eve@example.com,HQ,1235\n"
    assert [row[3] for row in read(text, HQ).valid] == ["hq", "hq"]
    reading = read(text, TWO)
    assert reading.errors == [(2, "PbxId", "missing_cell")]
    assert "hq, lab" in reading.rows[0].faults[0].remedy


def test_a_remedy_speaks_of_the_file_and_a_setting_is_told_beside_it():
    """Whoever writes a sheet cannot change the configuration; whoever runs linecard is told what could be set."""
    for text in ("Acton,LoginEmail\n", "Action,LoginEmail,Extension,Shoe\n", "Action,LoginEmail,Cost\n", "A,B\n"):
        reading = read(text, ignored=())
        for fault in reading.faults:
            if fault.code != "no_rows":
                assert "inbox" not in fault.remedy
                assert "on the inbox" in find_setting(fault)


SETTING = re.compile(r"`(?!linecard |pjsip |withIntegrityPacket)[^`]*`")


@pytest.mark.parametrize("code", SENTENCES)
def test_what_rows_say_names_no_setting(code):
    """People who write sheets cannot set anything."""
    assert not SETTING.search(" ".join(SENTENCES[code]))


@pytest.mark.parametrize("said", FILE_SENTENCES)
def test_what_files_say_names_no_setting(said):
    assert not SETTING.search(said)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_lines_and_cells_in_single_quotes_are_told_as_what_they_are(delimiter):
    rows = [("Action", "LoginEmail", "Extension"), ("attach", "ada@example.com", "1234")]
    lines = read("".join(f"'{delimiter.join(row)}'\n" for row in rows)).fault
    assert (lines.line, lines.code, lines.message) == (1, "no_header", "Each line of the file is quoted as one cell.")
    assert not find_setting(lines)
    between = f"'{delimiter}'"
    text = "".join(f"'{between.join(row)}'\n" for row in rows)
    cells = read(text).fault
    assert (cells.line, cells.code, cells.message) == (1, "no_header", "The cells of the file are in single quotes.")
    assert "quote:" in find_setting(cells)
    assert len(read(text, quote="'").valid) == 1


def test_typographic_quotes_around_lines_are_told():
    reading = read("\u201cAction,LoginEmail,Extension\u201d\n\u201cattach,ada@example.com,1234\u201d\n")
    assert reading.fault.message == "Each line of the file is quoted as one cell."


@pytest.mark.parametrize("head", ["Acton,Login,Extention", "Aktion;Mail;Extenson;Numbr", "Acton,Extention"])
def test_a_header_of_which_every_name_is_misspelt_is_told_name_by_name(head):
    reading = read(f"{head}\nattach,ada@example.com,1234\n".replace(",", ";" if ";" in head else ","))
    assert {code for _, _, code in reading.errors} == {"missing_column"}
    remedies = [fault.remedy for fault in reading.faults]
    assert sum(remedy.startswith("Did you mean the column") for remedy in remedies) >= 2


@pytest.mark.parametrize("line", ["Extensions of March", "Telephones,Extenson", "hello"])
def test_a_title_is_no_misspelt_header(line):
    assert read(f"{line}\nAction,LoginEmail,Extension\n").codes == ["no_header"]


def test_one_apostrophe_in_a_header_is_no_quote():
    """A spreadsheet has it before texts."""
    assert len(read("'Action,LoginEmail,Extension\nattach,ada@example.com,1234\n").valid) == 1


def test_no_short_name_is_taken_for_a_misspelt_number():
    """A telephone system numbers its own columns: c164 is no E164."""
    wide = "Action,LoginEmail,Extension," + ",".join(f"c{n}" for n in range(150, 180))
    assert "Did you mean" not in read(f"{wide}\n").faults[0].remedy


def test_a_name_of_nothing_is_the_name_of_no_column():
    assert not is_same_name("", "", Column.ACTION)
    assert is_same_name("Login_Email", "login email", Column.MEMBER)
