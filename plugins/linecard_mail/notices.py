"""A notice as a mail: heads and both forms of the body."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

from linecard.api import Concern, Context, sanitize, sanitize_line
from linecard.api.report import BUILT_IN, COUNTED, FINE, Ended, Outcome, Summary, Wording, result
from linecard.api.sink import Note
from linecard_mail.convert import COLOURS, TONES, bar, link, moments
from linecard_mail.message import MOST_BODY, Head, enveloped, sent_size, sum_of, words_of
from linecard_mail.options import MailOptions
from linecard_mail.printing import both, in_head

MOST_LINES = 40
"""Of each list of a digest; fewer where the mail would be clipped."""
DIGEST = "digest"
FILES = ("{count} file", "{count} files")
NO_FILE = "No file came"
NOTHING_TO_DO = "Nothing to do."
REMEDIES = (
    ("{count} plan waits for a decision.", "{count} plans wait for a decision."),
    ("{count} row is still not right.", "{count} rows are still not right."),
    ("{count} thing should be seen to.", "{count} things should be seen to."),
)


def notice_mail(note: Note, context: Context, options: MailOptions) -> tuple[EmailMessage, str]:
    """The mail, and what is wrong with a template of the site's own. Raises `SinkError` for a wrong address.

    Sent again it is the same, id and date included.
    """
    notice = note.notice
    kind = DIGEST if isinstance(notice.about, Summary) else "warning"
    keep = MOST_LINES
    while True:
        given = facts(note, context, options, keep)
        plain, html, wrong = both(kind, BUILT_IN, given, context.site.templates)
        if not keep or sent_size(plain, html) <= MOST_BODY:
            break
        keep //= 2
    head = Head(
        note.address,
        given["subject"],
        notice.at.astimezone(ZoneInfo(notice.timezone)),
        id=f"{kind}.{sum_of(context.site.name, notice.at.isoformat(), str(note.id))}",
        thread=f"{kind}.{sum_of(context.site.name)}",
        group=kind,
    )
    made = enveloped(head, options, plain, html)
    made["Content-Language"] = note.language
    return made, wrong


def facts(note: Note, context: Context, options: MailOptions, keep: int = MOST_LINES) -> dict[str, Any]:
    """All that a template may use (docs/mail.md lists it); of each list of a digest, so many at most."""
    notice, words = note.notice, words_of(note)
    about = notice.about
    if isinstance(about, Summary):
        told = _digest(_shortened(about, keep), words, context, options)
    else:
        told = _warning(about, words)
    name = f"linecard {notice.site} {words(DIGEST)}" if isinstance(about, Summary) else f"linecard {notice.site}"
    return {
        "language": words.language,
        "_": words,
        "many": words.many,
        "number": words.number,
        "moment": moments(words, ZoneInfo(notice.timezone)),
        "subject": in_head(sanitize_line(sanitize(f"{name}: {told['said']}"))[:180]),
        "notice": notice,
        "answers": bool(options.reply_to),
        "sink": context.name,
    } | told


def _warning(concern: Concern, words: Wording) -> dict[str, Any]:
    said = words.again(concern.message)
    return {
        "said": f"{said[:1].upper()}{said[1:]}",  # what a log has in small letters, for a reader
        "remedy": words.again(concern.remedy),
        "tone": TONES["attention"],
    }


def _digest(found: Summary, words: Wording, context: Context, options: MailOptions) -> dict[str, Any]:
    counts = {outcome: found.counts.get(outcome, 0) for outcome in Outcome}
    rows = [words.many(*COUNTED[outcome], n) for outcome, n in counts.items() if n]
    files = words.many(*FILES, found.files) if found.files else words(NO_FILE)
    numbers = (len(found.undecided) + found.more_undecided, len(found.wrong) + found.more_wrong, len(found.concerns))
    remedies = [words.many(*forms, n) for forms, n in zip(REMEDIES, numbers, strict=True) if n]
    *before, last = found.weeks
    not_fine = sum(n for outcome, n in counts.items() if outcome not in FINE)
    most = max([1, *(week.done + week.not_done for week in found.weeks)])
    return {
        "said": ", ".join([files, *rows]),
        "remedy": " ".join(remedies) or words(NOTHING_TO_DO),
        "tone": TONES["attention" if remedies or not_fine else "good"],
        "summary": found,
        "bar": bar(counts),
        "colours": COLOURS,
        "names": {outcome: words(outcome.value) for outcome in Outcome},
        "result": lambda one: result(one.state, one.counts, words),
        "link": lambda one: link(one.filed, context, options) if isinstance(one, Ended) else "",
        "concerns": [_warning(concern, words) for concern in found.concerns],
        "usual": round(sum(week.not_done for week in before) / len(before)) if before else 0,
        "week": last,
        "weeks": [
            (week, max(1, 100 * (week.done + week.not_done) // most), _parts(week.done, week.not_done))
            for week in found.weeks
        ],
    }


def _shortened(found: Summary, keep: int) -> Summary:
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


def _parts(done: int, not_done: int) -> list[tuple[Outcome, int]]:
    return bar({Outcome.DONE: done, Outcome.REFUSED: not_done})
