"""A notice as a mail: headers and both forms of the body."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

from linecard.api import Alert, Context, sanitize, sanitize_line
from linecard.api.report import BUILT_IN, COUNTED, FINE, Ended, Outcome, Summary, Wording, result
from linecard.api.sink import Note
from linecard_mail.convert import COLOURS, TONES, bar_shares, make_moment_formatter, report_link
from linecard_mail.message import MOST_BODY, Headers, compose_mail, encoded_size, load_wording, short_hash
from linecard_mail.options import MailOptions
from linecard_mail.template_renderer import render_both, sanitize_header

MOST_LINES = 40
"""Of each list of a digest; fewer where the mail would be clipped."""
DIGEST = "digest"
FILES = ("{count} file", "{count} files")
NO_FILE = "No file arrived"
NOTHING_TO_DO = "Nothing to do."
REMEDIES = (
    ("{count} plan waits for a decision.", "{count} plans wait for a decision."),
    ("{count} row is still not right.", "{count} rows are still not right."),
    ("{count} thing needs attention.", "{count} things need attention."),
)


def compose_notice(note: Note, context: Context, options: MailOptions) -> tuple[EmailMessage, str]:
    """The mail, and what is wrong with a template of the site's own. Raises `SinkError` for a wrong address.

    Sent again it is the same, id and date included.
    """
    notice = note.notice
    kind = DIGEST if isinstance(notice.about, Summary) else "alert"
    keep = MOST_LINES
    while True:
        given = collect_facts(note, context, options, keep)
        plain, html, wrong = render_both(kind, BUILT_IN, given, context.site.templates)
        if not keep or encoded_size(plain, html) <= MOST_BODY:
            break
        keep //= 2
    headers = Headers(
        note.address,
        given["subject"],
        notice.at.astimezone(ZoneInfo(notice.timezone)),
        id=f"{kind}.{short_hash(context.site.name, notice.at.isoformat(), str(note.id))}",
        thread=f"{kind}.{short_hash(context.site.name)}",
        group=kind,
    )
    made = compose_mail(headers, options, plain, html)
    made["Content-Language"] = note.language
    return made, wrong


def collect_facts(note: Note, context: Context, options: MailOptions, keep: int = MOST_LINES) -> dict[str, Any]:
    """All that a template may use (docs/mail.md lists it); of each list of a digest, so many at most."""
    notice, words = note.notice, load_wording(note)
    about = notice.about
    if isinstance(about, Summary):
        told = _summary_facts(_shorten(about, keep), words, context, options)
    else:
        told = _alert_facts(about, words)
    name = f"linecard {notice.site} {words(DIGEST)}" if isinstance(about, Summary) else f"linecard {notice.site}"
    return {
        "language": words.language,
        "_": words,
        "many": words.many,
        "number": words.number,
        "moment": make_moment_formatter(words, ZoneInfo(notice.timezone)),
        "subject": sanitize_header(sanitize_line(sanitize(f"{name}: {told['said']}"))[:180]),
        "notice": notice,
        "answers": bool(options.reply_to),
        "sink": context.name,
    } | told


def _alert_facts(alert: Alert, words: Wording) -> dict[str, Any]:
    said = words.translate_stored(alert.message)
    return {
        "said": f"{said[:1].upper()}{said[1:]}",  # what a log has in small letters, for a reader
        "remedy": words.translate_stored(alert.remedy),
        "tone": TONES["attention"],
    }


def _summary_facts(found: Summary, words: Wording, context: Context, options: MailOptions) -> dict[str, Any]:
    counts = {outcome: found.counts.get(outcome, 0) for outcome in Outcome}
    rows = [words.many(*COUNTED[outcome], n) for outcome, n in counts.items() if n]
    files = words.many(*FILES, found.files) if found.files else words(NO_FILE)
    numbers = (len(found.undecided) + found.more_undecided, len(found.wrong) + found.more_wrong, len(found.alerts))
    remedies = [words.many(*forms, n) for forms, n in zip(REMEDIES, numbers, strict=True) if n]
    *before, last = found.weeks
    not_fine = sum(n for outcome, n in counts.items() if outcome not in FINE)
    most = max([1, *(week.done + week.not_done for week in found.weeks)])
    return {
        "said": ", ".join([files, *rows]),
        "remedy": " ".join(remedies) or words(NOTHING_TO_DO),
        "tone": TONES["attention" if remedies or not_fine else "good"],
        "summary": found,
        "bar": bar_shares(counts),
        "colours": COLOURS,
        "names": {outcome: words(outcome.value) for outcome in Outcome},
        "result": lambda one: result(one.state, one.counts, words),
        "link": lambda one: report_link(one.filed, context, options) if isinstance(one, Ended) else "",
        "alerts": [_alert_facts(alert, words) for alert in found.alerts],
        "usual": round(sum(week.not_done for week in before) / len(before)) if before else 0,
        "week": last,
        "weeks": [
            (week, max(1, 100 * (week.done + week.not_done) // most), _week_shares(week.done, week.not_done))
            for week in found.weeks
        ],
    }


def _shorten(found: Summary, keep: int) -> Summary:
    ended, undecided, wrong = found.ended, found.undecided, found.wrong
    return replace(
        found,
        ended=ended[:keep],
        more_ended=found.more_ended + len(ended[keep:]),
        undecided=undecided[:keep],
        more_undecided=found.more_undecided + len(undecided[keep:]),
        wrong=wrong[:keep],
        more_wrong=found.more_wrong + len(wrong[keep:]),
    )


def _week_shares(done: int, not_done: int) -> list[tuple[Outcome, int]]:
    return bar_shares({Outcome.DONE: done, Outcome.REFUSED: not_done})
