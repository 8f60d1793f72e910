"""What is wrong is told all at once, each with file, line, column, key, what was found and what is expected."""

from __future__ import annotations

import pytest

from linecard.config import load
from linecard.errors import ConfigError
from unit.config.sites import PLUGINS, SMALL, Site, small

WRONG = """\
region: FR
timezone: Europe/Pari
pbxs:
  hq:
    backend: directory
    options:
      path: hq.sqlite3
    extensions:
      - 4999-1000
      - 10-100
    extentions: 1
inboxes:
  hr:
    path: inbox/hr
    default_pbx: HQ
    sheet:
      max_rows: many
"""


def only(site: Site, text: str) -> str:
    problems = site.problems(text)
    assert len(problems) == 1, problems
    return problems[0]


def test_all_problems_come_at_once_in_the_order_of_the_file(site: Site) -> None:
    assert site.problems(WRONG) == (
        (
            "linecard.yaml:2:11 timezone: found 'Europe/Pari', expected a time zone such as Europe/Paris"
            " (did you mean Europe/Paris?)"
        ),
        (
            "linecard.yaml:9:9 pbxs.hq.extensions.0: found '4999-1000', expected a range such as 1000-4999 with the"
            " lower end first"
        ),
        (
            "linecard.yaml:10:9 pbxs.hq.extensions.1: found '10-100', expected a range with as many digits at both"
            " ends, such as 0100-4999"
        ),
        (
            "linecard.yaml:11:5 pbxs.hq.extentions: found an unknown key, expected one of backend, options, region,"
            " extensions, emergency, second_extension, second_number, aliases, followers, patience"
            " (did you mean extensions?)"
        ),
        "linecard.yaml:15:18 inboxes.hr.default_pbx: found 'HQ', expected a PBX of this site: hq (did you mean hq?)",
        "linecard.yaml:17:17 inboxes.hr.sheet.max_rows: found 'many', expected a whole number",
    )


def test_the_message_counts_them_and_names_the_file(site: Site) -> None:
    with pytest.raises(ConfigError) as caught:
        site.load(WRONG)
    assert str(caught.value) == f"{site.file} cannot be used: 6 problems."


@pytest.mark.parametrize(
    ("part", "text", "key", "found", "expected"),
    [
        ("site", "«region: FR", "region", "this key a second time (first in line 1)", "each key once"),
        ("site", "site: «[a]", "site", "a list", "text"),
        ("site", "site: «''", "site", "''", "not empty"),
        ("site", "site: «true", "site", "true", "quotes"),
        ("site", "timezone: «Mars", "timezone", "'Mars'", "time zone"),
        ("site", "timezone: «Europe", "timezone", "'Europe'", "time zone"),
        ("site", "timezone: «/etc/passwd", "timezone", "'/etc/passwd'", "time zone"),
        ("site", "state: «~/state", "state", "'~/state'", "~ is not understood"),
        ("site", "reports: «7", "reports", "7", "text"),
        ("pbx", "region: «ZZ", "region", "'ZZ'", "two letters"),
        ("pbx", "region: «FRA", "region", "'FRA'", "two letters"),
        ("pbx", "extensions: «x", "extensions", "'x'", "0100 or a range"),
        ("pbx", "extensions: [«1.5]", "extensions.0", "1.5", "quotes"),
        ("pbx", "extensions: «{a: b}", "extensions", "keys and values", "a list"),
        ("pbx", "emergency: [«123456789]", "emergency.0", "123456789", "1 to 8 digits"),
        ("pbx", "emergency: [«'+112']", "emergency.0", "'+112'", "1 to 8 digits"),
        ("pbx", "second_extension: «keep", "second_extension", "'keep'", "'move', 'add' or 'refuse'"),
        ("inbox", "pbxs: «[]", "pbxs", "an empty list", "1 or more"),
        ("inbox", "expect: {by: '07:00', days: [«monn]}", "expect.days.0", "'monn'", "'mon', 'tue'"),
        ("inbox", "pbxs: [hq, «hq]", "pbxs.1", "'hq'", "each PBX once"),
        ("inbox", "pbxs: [«lab]", "pbxs.0", "'lab'", "a PBX of this site: hq"),
        ("inbox", "limits: {detach: {share: «101}}", "limits.detach.share", "101", "100 or less"),
        ("inbox", "limits: {move: {count: «-1}}", "limits.move.count", "-1", "0 or more"),
        ("inbox", "limits: {force: «-1}", "limits.force", "-1", "0 or more"),
        ("inbox", "limits: {force: {count: «1.5}}", "limits.force.count", "1.5", "a whole number"),
        ("sheet", "encoding: «utf-9", "encoding", "'utf-9'", "Python knows"),
        ("sheet", "encoding: «hex", "encoding", "'hex'", "Python knows"),
        ("sheet", "delimiter: «':'", "delimiter", "':'", "'tab'"),
        ("sheet", "quote: «'`'", "quote", "'`'", "'\"' or \"'\""),
        ("sheet", "escape: «slash", "escape", "'slash'", "'double' or 'backslash'"),
        ("sheet", "skip_lines: «-1", "skip_lines", "-1", "0 or more"),
        ("sheet", "second_header: «yes", "second_header", "'yes'", "true or false"),
        ("sheet", "max_bytes: «5 XB", "max_bytes", "'5 XB'", "200 MB"),
        ("sheet", "max_bytes: «0", "max_bytes", "0", "200 MB"),
        ("sheet", "max_rows: «true", "max_rows", "true", "a whole number"),
        ("sheet", "max_cell: «0", "max_cell", "0", "1 or more"),
        ("sheet", "columns: {«Mail: x}", "columns.Mail", "'Mail'", "LoginEmail"),
        ("sheet", "columns: «[x]", "columns", "a list", "a ready map"),
        ("sheet", "columns: {Number: «[]}", "columns.Number", "an empty list", "1 or more"),
        ("sheet", "columns: «{Number: a, PbxId: A}", "columns", "keys and values", "Number and PbxId"),
        ("sheet", "columns: «{Number: a, num_ber: b}", "columns", "keys and values", "each column once"),
        ("sheet", "actions: {hired: «atach}", "actions.hired", "'atach'", "'attach'"),
        ("sheet", "actions: «{'': attach}", "actions", "keys and values", "not empty"),
        ("sheet", "actions: «{attach: detach}", "actions", "keys and values", "one meaning"),
        ("sheet", "actions: «{A b: attach, a_b: detach}", "actions", "keys and values", "one meaning"),
        ("sheet", "positions: [«Acton, Email]", "positions.0", "'Acton'", "did you mean Action"),
        ("sheet", "positions: «[Action]", "positions", "a list", "a column LoginEmail"),
        ("sheet", "positions: «[Action, Email, DDI, DID]", "positions", "a list", "Number is there twice"),
        (
            "sheet",
            "positions: [Action, Email], «columns: {Number: x}",
            "columns",
            "keys and values",
            "beside positions",
        ),
        ("sheet", "positions: [Action, Email], «second_header: true", "second_header", "true", "beside positions"),
    ],
)
def test_each_value_is_checked_where_it_stands(
    site: Site, part: str, text: str, key: str, found: str, expected: str
) -> None:
    """The mark « shows the place that the problem must name; it is not part of the file."""
    marked = small(**{part: text})
    before = marked[: marked.index("«")].split("\n")
    above = {"site": "", "pbx": "pbxs.hq.", "inbox": "inboxes.hr.", "sheet": "inboxes.hr.sheet."}[part]
    place, _, said = only(site, marked.replace("«", "")).partition(": found ")
    assert place == f"linecard.yaml:{len(before)}:{len(before[-1]) + 1} {above}{key}"
    told = said.split(", expected ", 1)
    assert told[0] == found
    assert expected in told[1]


def test_a_missing_key_is_told_with_what_it_is_for(site: Site) -> None:
    assert site.problems("site: x\n") == (
        (
            "linecard.yaml:1:1 pbxs: found nothing, expected this key: The telephone systems, each under a name of your"
            " choice"
        ),
        (
            "linecard.yaml:1:1 inboxes: found nothing, expected this key: Where files arrive, each inbox under a name"
            " of your choice"
        ),
    )


def test_an_empty_file_lacks_everything(site: Site) -> None:
    assert [problem.split(":")[2] for problem in site.problems("# nothing yet\n")] == ["1 pbxs", "1 inboxes"]


@pytest.mark.parametrize("text", ["pbxs: {}", "pbxs:\n", "pbxs: []"])
def test_there_must_be_a_pbx(site: Site, text: str) -> None:
    problem = only(site, f"{text}\ninboxes:\n  hr: {{path: in}}\n")
    assert " pbxs: found " in problem


def test_a_file_that_is_a_list_is_told_at_its_start(site: Site) -> None:
    assert only(site, "- a\n") == "linecard.yaml:1:1: found a list, expected keys with values below it"


def test_a_part_left_empty_is_told(site: Site) -> None:
    problem = only(site, SMALL + "  payroll:\n")
    assert problem.startswith("linecard.yaml:6:11 inboxes.payroll: found nothing, expected keys")


@pytest.mark.parametrize("name", ["a b", "-a", "é", "a/b", "x" * 65, "''"])
def test_names_of_pbxs_and_inboxes_are_plain(site: Site, name: str) -> None:
    problem = only(site, SMALL + f"  {name}: {{path: in}}\n")
    assert problem.startswith("linecard.yaml:6:3 inboxes.")
    assert "expected a name of up to 64 letters" in problem


def test_a_key_that_stands_twice_is_told_with_both_lines(site: Site) -> None:
    assert only(site, SMALL + "region: DE\n") == (
        "linecard.yaml:6:1 region: found this key a second time (first in line 1), expected each key once"
    )


@pytest.mark.parametrize(
    ("aliases", "problem"),
    [
        ("[HQ]", "4:61 pbxs.lab.aliases.0: found 'HQ', expected a spelling that does not already mean the PBX hq"),
        ("[ok, main]", "4:65 pbxs.lab.aliases.1: found 'main', expected a spelling that does not already mean"),
    ],
)
def test_a_spelling_means_one_pbx(site: Site, aliases: str, problem: str) -> None:
    text = (
        "region: FR\npbxs:\n"
        "  hq: {backend: directory, options: {path: a}, aliases: [Main]}\n"
        f"  lab: {{backend: directory, options: {{path: b}}, aliases:   {aliases}}}\n"
        "inboxes:\n  hr: {path: in}\n"
    )
    assert only(site, text).startswith(f"linecard.yaml:{problem}")


def test_names_of_pbxs_differ_in_more_than_case(site: Site) -> None:
    text = (
        "region: FR\npbxs:\n  hq: {backend: directory, options: {path: a}}\n"
        "  HQ: {backend: directory, options: {path: b}}\ninboxes:\n  hr: {path: in}\n"
    )
    assert only(site, text).startswith("linecard.yaml:4:3 pbxs.HQ: found 'HQ', expected a name that differs from hq")


def test_a_pbx_may_repeat_its_own_name_among_its_aliases(site: Site) -> None:
    assert site.load(small(pbx="aliases: [HQ, head, HEAD]")).pbxs["hq"].aliases == ("HQ", "head", "HEAD")


def test_every_pbx_needs_a_region(site: Site) -> None:
    problem = only(site, SMALL.replace("region: FR\n", ""))
    assert problem.startswith("linecard.yaml:2:3 pbxs.hq.region: found nothing, expected the two letters of a country")


def test_the_default_pbx_is_one_of_the_inboxes_own(site: Site) -> None:
    text = (
        "region: FR\npbxs:\n  hq: {backend: directory, options: {path: a}}\n"
        "  lab: {backend: directory, options: {path: b}}\n"
        "inboxes:\n  hr: {path: in, pbxs: [hq], default_pbx: lab}\n"
    )
    assert only(site, text) == (
        "linecard.yaml:6:43 inboxes.hr.default_pbx: found 'lab', expected a PBX of this inbox: hq"
    )


@pytest.mark.parametrize("path", ["inbox/hr", "./inbox/hr/", "inbox/../inbox/hr", "archive", "reports", "state"])
def test_an_inbox_has_a_folder_of_its_own(site: Site, path: str) -> None:
    problem = only(site, SMALL + f"  other: {{path: {path}}}\n")
    assert problem.startswith(f"linecard.yaml:6:17 inboxes.other.path: found '{path}', expected a folder of its own")


@pytest.mark.parametrize("use", ["archive", "reports", "quarantine"])
def test_an_inbox_is_not_below_a_folder_that_is_cleared(site: Site, use: str) -> None:
    """Else a new file whose date is old would be removed as an old drop or report, before anybody has read it."""
    problem = only(site, SMALL + f"  other: {{path: {use}/in/hr}}\n")
    assert problem.endswith(f"expected a folder of its own; {use} has the one around it")


@pytest.mark.parametrize("reply", [".", "../hr", "sub/..", "../../archive", "../../state"])
def test_replies_go_where_no_files_arrive(site: Site, reply: str) -> None:
    """Each would be taken for a new file, and have a reply of its own."""
    problem = only(site, SMALL.replace("path: inbox/hr", f"path: inbox/hr, reply: '{reply}'"))
    assert "inboxes.hr.reply: found" in problem
    assert "expected a folder of its own" in problem


SFTP = "{{kind: sftp, path: {path}, options: {{host: {host}, user: hr}}, reply: {reply}}}"


@pytest.mark.parametrize(("host", "wrong"), [("sftp.example.org", True), ("other.example.org", False)])
def test_on_a_server_too(site: Site, host: str, wrong: bool) -> None:
    """Also where it is another inbox of the same server; a path of another machine is another folder."""
    first = SFTP.format(path="in/hr", host="sftp.example.org", reply="../other")
    other = SFTP.format(path="in/other", host=host, reply="results")
    problems = site.problems(SMALL + f"  first: {first}\n  second: {other}\n")
    assert any("inboxes.first.reply: found '../other'" in problem for problem in problems) == wrong
    assert not any("inboxes.second.reply" in problem for problem in problems)


def test_positions_without_a_pbx_need_a_default_pbx(site: Site) -> None:
    text = (
        "region: FR\npbxs:\n  hq: {backend: directory, options: {path: a}}\n"
        "  lab: {backend: directory, options: {path: b}}\n"
        "inboxes:\n  hr: {path: in, sheet: {positions: [Action, Email, Extension]}}\n"
    )
    problem = only(site, text)
    assert problem.startswith("linecard.yaml:6:37 inboxes.hr.sheet.positions: found a list without it")
    assert "a column PbxId among them, or a default_pbx" in problem


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        ("positions: [Email, Extension]", "a column Action among the positions, or an action for all rows"),
        ("ignore_rows: {Action: [leave, Detach]}", "one meaning for each word; 'detach' is an action"),
        ("actions: {LOA: detach}, ignore_rows: {Action: loa}", "one meaning for each word; 'LOA' is an action"),
        ("ignore_rows: {Extention: x}", "a column of linecard: Action"),
        ("trailer: 'TRL|{count}'", "a pattern such as TRL|{rows}"),
        ("action: delete", "attach"),
    ],
)
def test_what_a_feed_cannot_say_is_told(site: Site, sheet: str, expected: str) -> None:
    assert expected in only(site, small(sheet=sheet))


def test_what_a_feed_can_say(site: Site) -> None:
    sheet = "action: attach, positions: [Email, Extension], ignore_rows: {Extension: ['', 0, n/a], Action: loa}"
    found = site.load(small(sheet=sheet)).inboxes["hr"].sheet
    assert found.ignore_rows == {"Extension": ("", "0", "n/a"), "Action": ("loa",)}


def test_a_backend_that_no_plugin_serves_is_told_where_it_is_named(site: Site) -> None:
    assert only(site, SMALL.replace("directory", "asterix")) == (
        "linecard.yaml:3:17 pbxs.hq.backend: found 'asterix', expected a kind that a plugin serves:"
        " There is no plugin asterix. Install it."
    )


def test_options_are_checked_by_the_plugins_own_model(site: Site) -> None:
    text = (
        "region: FR\npbxs:\n  hq:\n    backend: wire\n    options:\n      prt: 1\n      port: 0\n"
        "  lab: {backend: wire}\n"
        "inboxes:\n  hr: {path: in}\n"
    )
    assert site.problems(text) == (
        "linecard.yaml:5:5 pbxs.hq.options.host: found nothing, expected this key: The address of the PBX",
        (
            "linecard.yaml:6:7 pbxs.hq.options.prt: found an unknown key, expected one of host, port, secret, password"
            " (did you mean port?)"
        ),
        "linecard.yaml:7:13 pbxs.hq.options.port: found 0, expected 1 or more",
        "linecard.yaml:8:3 pbxs.lab.options.host: found nothing, expected this key: The address of the PBX",
    )


def test_no_problem_repeats_what_may_be_a_secret(site: Site) -> None:
    text = (
        "region: FR\npbxs:\n  hq: {backend: wire, options: {host: h, secret: hunter2, password: hunter}}\n"
        "inboxes:\n  hr: {path: in}\n"
    )
    problems = site.problems(text)
    assert "hunter" not in " ".join(problems)
    assert problems[0].startswith("linecard.yaml:3:50 pbxs.hq.options.secret: found a value that is not shown here")
    assert "env:NAME" in problems[0]
    assert problems[1].endswith("found a value that is not shown here, expected 8 or more characters")


def test_a_problem_is_one_line_whatever_was_found(site: Site) -> None:
    problem = only(site, SMALL + '  "a\\n\\e[31mb": {path: "x"}\n')
    assert problem.isprintable()


def test_a_value_used_by_an_alias_is_told_where_it_is_written(site: Site) -> None:
    text = (
        "region: FR\npbxs:\n  hq: {backend: directory, options: {path: a}}\n"
        "inboxes:\n  a:\n    path: a\n    sheet: &feed\n      max_rows: 0\n  b: {path: b, sheet: *feed}\n"
    )
    assert site.problems(text) == (
        "linecard.yaml:8:17 inboxes.a.sheet.max_rows: found 0, expected 1 or more",
        "linecard.yaml:8:17 inboxes.b.sheet.max_rows: found 0, expected 1 or more",
    )


def test_a_file_that_cannot_be_opened_is_told(site: Site) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(site.folder, PLUGINS)


PROCESSORS = """\
region: FR
pbxs:
  hq: {backend: directory, options: {path: hq.sqlite3}}
processors:
  company: {kind: require_domain, options: {domains: [example.com]}}
inboxes:
  hr: {path: inbox/hr, processors: [company]}
"""


@pytest.mark.parametrize(
    ("found", "instead", "problem"),
    [
        ("[company]", "[compnay]", "expected a name under processors: company (did you mean company?)"),
        ("[company]", "[company, company]", "expected each processor once"),
        ("require_domain", "require_domian", "expected a kind that a plugin serves"),
        ("[example.com]", "['*.example.com']", "expected a domain such as example.com"),
        ("options:", "seconds: 0, options:", "seconds"),
        ("domains:", "domain:", "domain"),
    ],
)
def test_a_processor_that_cannot_work_is_a_problem_with_its_place(
    site: Site, found: str, instead: str, problem: str
) -> None:
    assert site.load(PROCESSORS).inboxes["hr"].processors == ("company",)
    said = site.problems(PROCESSORS.replace(found, instead, 1))
    assert problem in said[0]
