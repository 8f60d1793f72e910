#!/bin/sh
# A package is upgraded while its service is at work: installed in the version before, busy, then the next version.
set -eux
systemctl disable --now linecard || true
rm -rf /opt/linecard /usr/local/bin/linecard /etc/linecard /var/lib/linecard /etc/systemd/system/linecard.service*
systemctl daemon-reload
export DEBIAN_FRONTEND=noninteractive
dpkg --force-depends --install /proof/before.deb
sed -i 's/    default_pbx: hq/    default_pbx: hq\n    settle: 1 s/; s/1000-4999/10000-99999/' /etc/linecard/linecard.yaml
grep 10000-99999 /etc/linecard/linecard.yaml
systemctl enable --now linecard
systemctl show linecard -p MainPID --value > /proof/pid-before
until_true() { timeout 120 sh -c "until $1; do sleep 0.1; done"; }
drop() { # a careful producer
    cp "$1" "/var/lib/linecard/inbox/hr/$2.part"
    chmod 666 "/var/lib/linecard/inbox/hr/$2.part"
    mv "/var/lib/linecard/inbox/hr/$2.part" "/var/lib/linecard/inbox/hr/$2"
}
drop /proof/large.csv large.csv
until_true "/usr/bin/python3 -c \"import sqlite3; db = sqlite3.connect('/var/lib/linecard/state/linecard.db', timeout=9); raise SystemExit(not db.execute('SELECT 1 FROM run WHERE state = ?', ['applying']).fetchone())\""

# A file every third of a second, also while no daemon is there.
(
    n=0
    while [ ! -e /tmp/upgraded ]; do
        printf 'Action,LoginEmail,Extension\nattach,late%d@example.com,%d\n' "$n" $((90000 + n)) > "/tmp/late$n.csv"
        drop "/tmp/late$n.csv" "late$n.csv"
        n=$((n + 1))
        sleep 0.3
    done
    echo "$n" > /proof/dropped
) &
dpkg --force-depends --install /proof/after.deb > /proof/said 2>&1
touch /tmp/upgraded
wait
until_true 'systemctl is-active linecard'
systemctl show linecard -p ActiveState -p NRestarts > /proof/upgraded
systemctl show linecard -p MainPID --value > /proof/pid-after
dpkg-query -W -f '${Version}' linecard > /proof/version
count=$(cat /proof/dropped)
until_true "test \$(ls /var/lib/linecard/reports/*/*/*.html | grep -v index.html | wc -l) = $((count + 1))"
linecard runs --last 1000 --json > /proof/runs.json
linecard members --json > /proof/upgraded-members.json
linecard doctor > /proof/upgraded-doctor
ls /var/lib/linecard/inbox/hr > /proof/left
/usr/bin/python3 -c "
import sqlite3
db = sqlite3.connect('/var/lib/linecard/state/hq.pbx.sqlite3')
for row in db.execute('SELECT extension, count(*) FROM operations GROUP BY extension HAVING count(*) > 1'):
    print(*row)
" > /proof/made-twice
# And while nothing is at work, for what a stopped service that was not to run has to stay.
systemctl stop linecard
dpkg --force-depends --install /proof/after.deb
if systemctl is-active linecard; then exit 1; fi
journalctl -u linecard -o cat > /proof/upgrade-journal
