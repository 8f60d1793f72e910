"""The one thread that keeps watch over all connections."""

from __future__ import annotations

import threading
import time

from linecard_sftp.alarm import Alarm

LONG = 20.0


def running() -> int:
    return sum(thread.name == "sftp-alarm" for thread in threading.enumerate())


def test_what_is_set_is_called_and_one_that_fails_stops_no_other():
    alarm, called = Alarm(), threading.Event()
    alarm.set("broken", time.monotonic(), lambda: 1 / 0)
    alarm.set("good", time.monotonic(), called.set)
    assert called.wait(LONG)


def test_what_is_taken_off_is_not_called():
    alarm, wrong, right = Alarm(), threading.Event(), threading.Event()
    now = time.monotonic()
    alarm.set("later", now + 0.05, wrong.set)
    alarm.cancel("later")
    alarm.set("last", now + 0.1, right.set)
    assert right.wait(LONG)
    assert not wrong.is_set()


def test_what_is_set_anew_is_called_at_the_new_time_alone():
    alarm, called = Alarm(), []
    done = threading.Event()
    alarm.set("it", time.monotonic() + LONG, lambda: called.append("old"))
    alarm.set("it", time.monotonic(), lambda: (called.append("new"), done.set()))
    assert done.wait(LONG)
    assert called == ["new"]


def test_what_takes_too_long_is_ended_from_outside():
    ended = threading.Event()
    with Alarm().within(0.01, ended.set):
        assert ended.wait(LONG)


def test_many_watches_are_one_thread():
    before = running()
    alarm = Alarm()
    for number in range(100):
        alarm.set(number, time.monotonic() + LONG, lambda: None)
    assert running() == before + 1
    for number in range(100):
        alarm.cancel(number)
