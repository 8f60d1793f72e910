"""A bug in a sink, which plugins may bring."""

from __future__ import annotations


class Broken:
    """Fails for the first letter in a way that nobody has thought of."""

    def __init__(self, inner) -> None:
        self.inner, self.given = inner, 0

    def deliver(self, letter, write):
        self.given += 1
        if self.given == 1:
            raise ZeroDivisionError("never thought of")
        return self.inner.deliver(letter, write)

    def close(self) -> None:
        self.inner.close()


def test_a_bug_keeps_no_other_letter_from_its_reader(server, make):
    """Its letter waits with the others that fail, and is told as what it is."""
    site = make(server.port, to=("anna@example.org", "zoe@example.org"))
    site.post._sinks["post"] = Broken(site.post._sink("post"))
    site.run()
    site.deliver()
    assert [mail.to for mail in server.mails] == [["zoe@example.org"]]
    assert site.problems == [
        "A bug in linecard: ZeroDivisionError('never thought of'). Report it with the traceback in the log."
    ]
    site.later()
    assert site.waiting == []
