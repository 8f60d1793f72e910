"""A token bucket whose whole state is two points in time: the generic cell rate algorithm (ITU-T I.371, annex A).

All times are seconds by one clock that nobody sets.
"""

from __future__ import annotations

from typing import NamedTuple

JITTER = 0.01
"""By this share of the window, one request may be longer on its way to the service than another."""
PROBE = 1.0
"""Seconds for which the first request after a hold goes alone: its answer tells whether the others may follow."""
LONGEST_HOLD = 3600.0
"""Seconds. A service that asks for more is asked again after these, by one request."""


class Rate(NamedTuple):
    """`interval` seconds lie between two requests on average; a request may be sent up to `burst` seconds early."""

    interval: float
    burst: float


class Bucket(NamedTuple):
    """What was sent so far.

    `due` is when the next request would be sent if all went evenly. Nothing is sent before `held`; after a hold,
    the first request is `probing`.
    """

    due: float
    held: float = 0.0
    probing: bool = False


def plan_rate(requests: int, seconds: float) -> Rate:
    """The rate at which no window of so many seconds, seen at the service, has more than so many requests.

    Within any window, up to b requests come at once and the others evenly: b + (seconds + jitter) / interval <=
    requests + 1, of which the last one lies outside. From 50 requests on, at least 97 % of them can be used, and a
    program that slept too long catches up.
    """
    if requests < 1 or not 0 < seconds < float("inf"):
        raise ValueError(f"a rate of {requests} requests in {seconds} seconds lets nothing through")
    at_once = 1 + max(requests // 100, requests >= 50)
    interval = seconds * (1 + JITTER) / (requests - at_once + 1)
    return Rate(interval, (at_once - 1) * interval)


def empty_bucket(rate: Rate, now: float) -> Bucket:
    """Where nothing is known of what was sent, that may have been as much as the rate allows: no burst is left."""
    return Bucket(now + rate.burst)


def find_time(bucket: Bucket, rate: Rate, now: float, requests: int = 1) -> float:
    """When the last of so many requests may be sent; `now` if at once."""
    if requests < 1:
        return now
    if bucket.probing and requests > 1:
        first = find_time(bucket, rate, now)
        return find_time(spend(bucket, rate, first), rate, first, requests - 1)
    start = max(now, bucket.held)
    return max(start, max(bucket.due, start) + (requests - 1) * rate.interval - rate.burst)


def spend(bucket: Bucket, rate: Rate, now: float) -> Bucket:
    """A request is sent now, which is not before `find_time`."""
    return Bucket(max(bucket.due, now) + rate.interval, now + PROBE if bucket.probing else bucket.held)


def suspend(bucket: Bucket, now: float, seconds: float) -> Bucket:
    """Nothing is sent for so long, and then one request alone; a longer hold stays."""
    return bucket._replace(held=max(bucket.held, now + min(max(seconds, 0.0), LONGEST_HOLD)), probing=True)


def shift(bucket: Bucket, seconds: float) -> Bucket:
    """The same bucket by a clock that is ahead by so many seconds."""
    return bucket._replace(due=bucket.due + seconds, held=bucket.held + seconds)
