"""What an answer means, by the rules of its request and of the profile, and by what HTTP says where none fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from linecard.api import sanitize_line
from linecard_http.connection import Incoming
from linecard_http.expression import search
from linecard_http.profile import AnswerRule, Meaning, Profile, RequestRule

MOST_WORDS = 300
_OF_STATUS = {
    401: Meaning.EXPIRED,
    403: Meaning.BROKEN,
    404: Meaning.ABSENT,
    407: Meaning.BROKEN,
    408: Meaning.LOST,
    410: Meaning.ABSENT,
    425: Meaning.LATER,
    429: Meaning.LATER,
    504: Meaning.LOST,
}
_REMEDIES = {
    401: "Check the secrets and settings with which linecard logs in.",
    403: "Give the account the right to do this.",
    407: "Check `proxy`.",
}


class Judgement(NamedTuple):
    """What an answer means, and what it says about that."""

    verdict: Meaning
    words: str
    remedy: str


def judge(answer: Incoming, request: RequestRule, profile: Profile) -> Judgement:
    """The first rule that fits; a good answer that is no JSON is none of an API."""
    for rule in (*request.answers, *profile.answers):
        if (not rule.status or answer.status in rule.status) and _fits(rule, answer.body):
            return Judgement(rule.means, _find_words(answer, (rule.words, profile.words)), rule.remedy)
    words = _find_words(answer, (profile.words,))
    if 200 <= answer.status < 300:
        if answer.is_readable:
            return Judgement(Meaning.GOOD, words, "")
        remedy = "Check `url`: a portal, a proxy or a page of maintenance may stand in front of the API."
        return Judgement(Meaning.BROKEN, f"what answers is not its API: it sent {answer.kind or 'no JSON'}", remedy)
    if answer.status == 503 and "retry-after" in answer.headers:
        return Judgement(Meaning.LATER, words, "")
    usual = Meaning.REFUSED if answer.status >= 400 else Meaning.BROKEN
    if answer.status >= 500:
        # An error in the API's own form ends the request; that of a gateway says nothing of who works behind it.
        usual = Meaning.FAILED if isinstance(answer.body, dict | list) and answer.status == 500 else Meaning.LOST
    return Judgement(_OF_STATUS.get(answer.status, usual), words, _REMEDIES.get(answer.status, ""))


def _fits(rule: AnswerRule, body: Any) -> bool:
    return rule.when is None or (body is not None and bool(search(rule.when, body)))


def _find_words(answer: Incoming, paths: Sequence[str | None]) -> str:
    """What it says why, on one line; its status where it says nothing."""
    for path in filter(None, paths):
        said = search(path, answer.body) if answer.body is not None else None
        if isinstance(said, list):
            said = "; ".join(map(str, said))
        if said not in (None, ""):
            return _cut(str(said))
    said = answer.content[: 4 * MOST_WORDS].decode("utf-8", errors="replace").strip()
    if answer.status < 400 or said.startswith(("<", "{", "[")) or not said:
        return f"status {answer.status}"
    return f"{_cut(said)} ({answer.status})"


def _cut(text: str) -> str:
    return sanitize_line(text)[:MOST_WORDS].strip().rstrip(".")
