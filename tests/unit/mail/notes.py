"""Notices, made into mails without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from linecard.api import Alert, Site
from linecard.api.report import Ended, Notice, Outcome, State, Summary, Undecided, Week, Wrong, wording
from linecard.api.sink import Note
from linecard.testing import make_context
from linecard_mail.notices import compose_notice
from unit.mail.letters import OPTIONS

ENDS = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LATE = Alert(
    "file of it",
    "No file arrived by 2026-11-30 07:00; none has ever arrived.",
    "Ask the producer whether its export ran; linecard takes a late file like any other.",
)
REPORTS = Path("/srv/linecard/reports")


def digest(said: str = "", rows: int = 2, language: str = "en") -> Summary:
    """A summary with `rows` of each thing that needs a person; `said` is a text from outside, to stand everywhere."""
    words = wording(language)
    counts = {
        "done": 340,
        "unchanged": 12,
        "invalid": 1,
        "refused": 2,
        "failed": 0,
        "unknown": 0,
        "skipped": 0,
        "planned": 0,
    }
    wrong = [
        Wrong(
            run=40 + at,
            inbox="hr",
            file=said or "joiners.csv",
            line=2 + at,
            outcome=Outcome.REFUSED,
            action="attach",
            member=said or f"bob{at}@example.com",
            pbx="hq",
            extension=f"{1000 + at}",
            number="+33123456789" if at else "",
            message=said or f"{1000 + at} is held by ada@example.com.",
            remedy=said or "Detach ada@example.com first.",
            since=ENDS - (9 - at % 9) * DAY,
            times=3 - at % 3,
        )
        for at in range(rows)
    ]
    day = ENDS - DAY
    ended = [
        Ended(41, "hr", said or "joiners.csv", day, State.PARTIAL, counts, fine=False, filed=_filed("000041-hr")),
        Ended(42, "it", said or "broken.csv", day, State.REJECTED, {}, fine=False, filed=""),
        *(
            Ended(43 + at, "hr", said or f"day{at}.csv", day, State.APPLIED, {"done": 7}, fine=True, filed="")
            for at in range(rows)
        ),
    ]
    why = said or "12 members would lose their extension on hq: more than 10."
    return Summary(
        begins=ENDS - 7 * DAY,
        ends=ENDS,
        language=language,
        inboxes=("hr", said or "it"),
        files=len(ended) + 3 if rows else 0,
        counts=counts if rows else {},
        ended=tuple(ended[:30]) if rows else (),
        more_ended=3 if rows else 0,
        undecided=tuple(
            Undecided(44 + at, "hr", said or "leavers.csv", ENDS - DAY, 64 * "a", (words.translate_stored(why),))
            for at in range(min(rows, 20))
        ),
        more_undecided=0,
        wrong=tuple(wrong),
        more_wrong=1 if rows else 0,
        alerts=(Alert(said, said, said) if said else LATE,) if rows else (),
        weeks=tuple(
            Week(ENDS - (back + 1) * 7 * DAY, ENDS - back * 7 * DAY, back * rows, back * rows * 100, back % 2 * rows)
            for back in (4, 3, 2, 1, 0)
        ),
    )


def _filed(name: str) -> str:
    return str(REPORTS / "2026/11" / f"{name}.html")


def mail(
    about: Alert | Summary, language: str = "en", templates: Path | None = None, site: str = "Nord"
) -> EmailMessage:
    note = Note(7, Notice(about, site, "Europe/Paris", ENDS), "anna@example.org", language)
    of = Site(name=site, folder=REPORTS.parent, state=REPORTS, reports=REPORTS, quarantine=REPORTS, templates=templates)
    return compose_notice(note, make_context(REPORTS.parent, "post", site=of), OPTIONS)[0]


def notice(name: str, language: str) -> EmailMessage:
    about = {"digest": digest(language=language), "quiet": digest(rows=0, language=language), "alert": LATE}
    return mail(about[name], language)
