#!/bin/sh
# The first boot of a machine with linecard installed: what docs/operate.md says, typed by an administrator.
set -eux
share=/opt/linecard/share/linecard
install -D -m 644 $share/systemd/linecard.service /etc/systemd/system/linecard.service
install -D -m 644 $share/systemd/sysusers.conf /usr/lib/sysusers.d/linecard.conf
install -D -m 644 $share/systemd/tmpfiles.conf /usr/lib/tmpfiles.d/linecard.conf
systemd-sysusers linecard.conf
systemd-tmpfiles --create linecard.conf
install -m 640 -o root -g linecard $share/systemd/linecard.yaml /etc/linecard/linecard.yaml
sed -i 's/    default_pbx: hq/    default_pbx: hq\n    settle: 1 s/' /etc/linecard/linecard.yaml
systemctl daemon-reload
systemctl enable linecard
systemctl start linecard

linecard() { setpriv --reuid=linecard --regid=linecard --init-groups /opt/linecard/bin/linecard "$@"; }
drop() { # by a producer that is no member of anything but the group of the inbox
    printf 'Action,LoginEmail,Extension\n%s\n' "$2" > "/tmp/$1"
    setpriv --reuid=nobody --regid=linecard --clear-groups sh -c "umask 002; cp /tmp/$1 /var/lib/linecard/inbox/hr/$1.part; mv /var/lib/linecard/inbox/hr/$1.part /var/lib/linecard/inbox/hr/$1"
}
until_true() { timeout 60 sh -c "until $1; do sleep 0.1; done"; }

drop one.csv attach,ada@example.com,1000
until_true 'ls /var/lib/linecard/reports/*/*/*one.html'
systemctl show linecard -p StatusText -p ActiveState -p NRestarts > /proof/after-one

kill -KILL "$(systemctl show linecard -p MainPID --value)"
until_true 'test "$(systemctl show linecard -p NRestarts --value)" = 1 && systemctl is-active linecard'
drop two.csv attach,bob@example.com,1001
until_true 'ls /var/lib/linecard/reports/*/*/*two.html'
linecard status --json > /proof/status.json

sed -i 's/settle:/settel:/' /etc/linecard/linecard.yaml
systemctl reload linecard
until_true 'systemctl show linecard -p StatusText | grep alert'
cp /var/lib/linecard/state/status.json /proof/refused.json
sed -i 's/settel:/settle:/' /etc/linecard/linecard.yaml
systemctl reload linecard
until_true 'systemctl show linecard -p StatusText | grep watching$'
drop three.csv attach,cyd@example.com,1002
systemctl show linecard -p ActiveState -p NRestarts > /proof/before-reboot
