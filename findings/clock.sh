#!/bin/sh
# cronsim 2.8 (PyPI): a range of one value with a step is read as if it had no end.
#
# crontab(5): "Following a range with /<number> specifies skips of the number's value through the range." A range of one
# value, such as 3-3/2 (generators of crontabs write it, and so does 30-30/5 for a minute), is that value alone: so
# Debian's cron reads it. cronsim, which otherwise follows Debian's cron closely, drops the range before it looks at the
# step: 3-3/2 becomes 3/2, "from Wednesday to the end of the week, every second day", and 30-30/5 becomes six minutes of
# each hour. Nothing is refused, the first time is right, and only the later ones are too many.
#
# Exits with 0 while that is so.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check cronsim==2.8
"$work/env/bin/python" - <<'PYTHON'
from datetime import datetime, timezone
from importlib.metadata import version
from itertools import islice

from cronsim import CronSim

begin = datetime(2026, 11, 30, tzinfo=timezone.utc)  # a Monday


def times(text):
    return [f"{at:%a %d %H:%M}" for at in islice(CronSim(text, begin), 4)]


print("cronsim", version("cronsim"))
plain, stepped = times("0 7 * * 3-3"), times("0 7 * * 3-3/2")
minutes = times("30-30/5 7 * * *")
print("0 7 * * 3-3      ", plain)
print("0 7 * * 3-3/2    ", stepped)
print("30-30/5 7 * * *  ", minutes)
assert plain == ["Wed 02 07:00", "Wed 09 07:00", "Wed 16 07:00", "Wed 23 07:00"], plain
assert stepped == ["Wed 02 07:00", "Fri 04 07:00", "Sun 06 07:00", "Wed 09 07:00"], stepped
assert minutes == ["Mon 30 07:30", "Mon 30 07:35", "Mon 30 07:40", "Mon 30 07:45"], minutes
PYTHON
echo "still so: a range of one value with a step runs to the end of the field"
