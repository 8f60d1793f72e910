"""What a reader gets, as a real server has taken it."""

from __future__ import annotations

import csv
import io
import zipfile
from email.utils import parsedate_to_datetime

import openpyxl

from linecard.model.run import State


def part(message, ending):
    (found,) = [p for p in message.iter_attachments() if p.get_filename().endswith(ending)]
    return found


def test_a_letter_says_the_result_and_what_to_do(server, make):
    """Subject, first lines, both forms of the body, the rows in two files; to one reader alone."""
    site = make(server.port)
    run = site.run(description="Joiners of December")
    assert run.state is State.PARTIAL
    site.deliver()
    (mail,) = server.mails
    message = mail.message
    assert (mail.sender, mail.to) == ("linecard@example.org", ["anna@example.org"])
    assert message["Subject"] == "linecard hr: 1 done, 1 refused - joiners.csv"
    assert message["From"] == "linecard <linecard@example.org>"
    assert message["To"] == "anna@example.org"
    plain, html = (message.get_body((form,)).get_content().replace("\r\n", "\n") for form in ("plain", "html"))
    assert plain.startswith("1 of 2 rows is as it should be; 1 row needs attention.\nCorrect the rows below")
    for said in ("1 row needs attention", "bob@x.org", "1000 is held by ada@x.org.", "Joiners of December"):
        assert said in plain
        assert said in html
    rows = list(csv.DictReader(io.StringIO(part(message, "-joiners.csv").get_content().removeprefix("\ufeff"))))
    assert [row["Outcome"] for row in rows] == ["done", "refused"]
    retry = list(csv.DictReader(io.StringIO(part(message, ".retry.csv").get_content().removeprefix("\ufeff"))))
    assert [row["LoginEmail"] for row in retry] == ["bob@x.org"]
    assert site.waiting == site.health.alerts == []


def test_a_letter_is_known_as_a_machine_s_and_goes_with_its_inbox(server, make):
    """No holiday notice answers it; a mail program shows an inbox's letters as one conversation; sent anew it is the
    same."""
    site = make(server.port)
    first, second = site.run(), site.run("attach,eve@x.org,1001\n", "second.csv")
    site.deliver()
    one, two = (mail.message for mail in server.mails)
    for message in (one, two):
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Precedence"] == "list"
        assert message["List-Id"] == "<hr.linecard.example.org>"
    assert one["References"] == two["References"] == one["In-Reply-To"]
    assert one["Message-ID"] != two["Message-ID"]
    assert parsedate_to_datetime(one["Date"]) == first.changed.replace(microsecond=0)
    assert parsedate_to_datetime(two["Date"]) == second.changed.replace(microsecond=0)
    with site.service.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE outbox SET delivered = NULL WHERE kind LIKE 'post:%'")
    site.deliver()
    assert [mail.message["Message-ID"] for mail in server.mails[2:]] == [one["Message-ID"], two["Message-ID"]]


def test_each_reader_gets_a_letter_of_their_own_in_their_language(server, make):
    """Over one connection; nobody sees who else gets one."""
    tell = [
        {"sink": "post", "to": ["anna@example.org"]},
        {"sink": "post", "to": ["zoe@example.org"], "language": "fr", "when": "problems"},
        {"sink": "post", "to": ["uwe@example.org"], "language": "de", "when": "held"},
    ]
    site = make(server.port, tell=tell)
    site.run()
    site.deliver()
    assert [mail.to for mail in server.mails] == [["anna@example.org"], ["zoe@example.org"]]
    assert server.mails[1].message["Subject"] == "linecard hr: 1 faite, 1 refusée - joiners.csv"
    assert "Le poste 1000 appartient à ada@x.org." in server.mails[1].message.get_body(("plain",)).get_content()
    assert server.connections == 1
    for mail in server.mails:
        others = {"anna@example.org", "zoe@example.org"} - set(mail.to)
        assert not any(other.encode() in mail.content for other in others)


def test_the_rows_to_correct_come_as_a_workbook_where_the_site_says_so(server, make):
    """Saved from the mail, corrected in a cell and sent in, it is done; the rows for reading stay CSV."""
    site = make(server.port, retry_form="workbook")
    site.run()
    site.deliver()
    message = server.mails[0].message
    names = [attached.get_filename() for attached in message.iter_attachments()]
    assert [name.rsplit("joiners", 1)[1] for name in names] == [".retry.xlsx", ".csv"]
    assert names[0] in message.get_body(("plain",)).get_content()
    retry = part(message, ".retry.xlsx")
    assert retry.get_content_type() == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    book = openpyxl.load_workbook(io.BytesIO(retry.get_content()))
    sheet = book["Sheet"]
    assert [cell.value for cell in sheet[2]][:4] == ["attach", "bob@x.org", "hq", "1000"]
    assert sheet["F2"].value.startswith("held_by_other: 1000 is held by ada@x.org.")
    sheet["D2"] = "1001"
    file = site.folder / "corrected.xlsx"
    book.save(file)
    assert site.import_(file).state is State.APPLIED


def test_large_files_are_packed_and_too_large_ones_stay_at_home(server, make):
    """The mail says so; what the server has room for decides in the end."""
    site = make(server.port, plain_most=300)
    rows = "".join(f"attach,m{n}@x.org,{n}\n" for n in range(10))
    site.run(rows)
    site.deliver()
    message = server.mails[0].message
    packed = part(message, "joiners.retry.csv.zip").get_content()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        (name,) = archive.namelist()
        assert name.endswith("joiners.retry.csv")
        assert archive.read(name).count(b"\r\n") == 11
    assert "Large files are packed." in message.get_body(("plain",)).get_content()


def test_a_server_with_little_room_gets_the_letter_without_its_files(serve, make):
    """What was to be attached lies in the reports, and the letter says which."""
    server = serve(data_size_limit=30_000)
    site = make(server.port)
    site.run("".join(f"attach,member-number-{n}@x.org,{n}\n" for n in range(400)))
    site.deliver()
    (mail,) = server.mails
    assert len(mail.content) < 30_000
    assert list(mail.message.iter_attachments()) == []
    assert "joiners.retry.csv is too large for a mail" in mail.message.get_body(("plain",)).get_content()


def test_a_link_leads_to_the_report_that_was_filed(server, make):
    """Where the folder of reports can be read by web."""
    site = make(server.port, link="https://reports.example.org/linecard/")
    run = site.run()
    site.deliver()
    filed = site.service.store.report_location(run.id).removeprefix(f"{site.folder}/reports/")
    link = f"https://reports.example.org/linecard/{filed}"
    body = server.mails[0].message.get_body(("html",)).get_content()
    assert f'href="{link}"' in body
    assert link in server.mails[0].message.get_body(("plain",)).get_content()
    assert body.count("http") == 1, "and nowhere else"


def test_a_site_has_templates_of_its_own_and_an_inbox_before_it(server, make):
    """The inbox's own, else the site's own, else linecard's."""
    site = make(server.port)
    own = site.folder / "templates"
    (own / "mail.txt.j2").write_text("Site: {{ said.title }}\n")
    (own / "mail.html.j2").write_text(
        "{% extends 'linecard/mail.html.j2' %}{% block foot %}Ours & {{ run.inbox }}{% endblock %}"
    )
    site.run()
    site.deliver()
    (own / "hr").mkdir()
    (own / "hr" / "mail.txt.j2").write_text("Inbox: {{ said.title }}\n")
    site.run("attach,cyd@x.org,1002\n", "second.csv")
    site.deliver()
    first, second = (mail.message.get_body(("plain",)).get_content() for mail in server.mails)
    assert first.startswith("Site: 1 of 2 rows")
    assert second.startswith("Inbox: The only row")
    assert "Ours & hr" in server.mails[0].message.get_body(("html",)).get_content()


def test_a_broken_template_loses_no_letter(server, make):
    """linecard's own takes its place, and the letter says what is wrong with the site's."""
    site = make(server.port)
    (site.folder / "templates" / "mail.html.j2").write_text("<p>\n{{ said.nothing_like_it }}\n")
    (site.folder / "templates" / "mail.txt.j2").write_bytes(b"\xff\xfe {{")
    site.run()
    site.deliver()
    html = server.mails[0].message.get_body(("html",)).get_content()
    assert "1 of 2 rows is as it should be" in html
    assert "mail.html.j2, line 2" in html
    assert "could not be used" in server.mails[0].message.get_body(("plain",)).get_content()
    assert site.waiting == []


def test_a_template_cannot_leave_its_sandbox(server, make):
    """Templates are trusted with words, not with the machine."""
    site = make(server.port)
    (site.folder / "templates" / "mail.txt.j2").write_text("{{ said.__class__.__mro__[1].__subclasses__() }}")
    site.run()
    site.deliver()
    assert "is unsafe" in server.mails[0].message.get_body(("plain",)).get_content()


def test_what_was_put_into_a_file_s_name_stays_in_the_subject(server, make):
    """Line ends that a name carries end no line, and other alphabets arrive whole."""
    site = make(server.port, name="Nord\u202e & <Süd>\u2028")
    site.run(name="a\r\nBcc: eve@evil.example\n\n<b>Ελένη 山田.csv", description="x\r\nX-Evil: 1")
    site.deliver()
    message = server.mails[0].message
    assert message["Bcc"] is None
    assert message["X-Evil"] is None
    assert message["Subject"].endswith("<b>Ελένη 山田.csv")
    assert "\ufffd" in message["Subject"] or "Bcc: eve" in message["Subject"]
    assert server.mails[0].to == ["anna@example.org"]


def test_no_break_spaces_stay_as_french_sets_them(server, make):
    """In the subject too, which is one line."""
    site = make(server.port)
    site.run(name="Arrivées\u00a0: mars.csv", description="1\u202f234 personnes\u00a0!")
    site.deliver()
    message = server.mails[0].message
    assert message["Subject"].endswith("Arrivées\u00a0: mars.csv")
    for form in ("plain", "html"):
        text = message.get_body((form,)).get_content()
        assert "1\u202f234 personnes\u00a0!" in text
        assert "\ufffd" not in text
