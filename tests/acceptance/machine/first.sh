#!/bin/sh
# The first boot of a machine with linecard installed: what docs/operate.md says, typed by an administrator.
set -eux
ln -sf /opt/linecard/bin/linecard /usr/local/bin/linecard
/usr/local/bin/linecard init --system
sed -i 's/    default_pbx: hq/    default_pbx: hq\n    settle: 1 s/' /etc/linecard/linecard.yaml
systemctl daemon-reload
systemctl enable linecard
# A start that cannot succeed is said once, and not tried again by systemd.
sed -i 's/settle:/settel:/' /etc/linecard/linecard.yaml
if systemctl start linecard; then exit 1; fi
systemctl is-failed linecard # else it would wait for RestartSec
systemctl show linecard -p ActiveState -p NRestarts -p ExecMainStatus > /proof/not-repeated
sed -i 's/settel:/settle:/' /etc/linecard/linecard.yaml
systemctl start linecard

# docs/pushing.md: a folder elsewhere, in the order that works.
install -d -o root -g root -m 755 /srv/pushed
mkdir -p /etc/systemd/system/linecard.service.d
printf '[Service]\nReadWritePaths=/srv/pushed\n' > /etc/systemd/system/linecard.service.d/drop.conf
systemctl daemon-reload
systemctl restart linecard

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
if systemctl reload linecard; then exit 1; fi
cp /var/lib/linecard/state/status.json /proof/refused.json
if linecard status > /proof/blinded; then exit 1; fi
until_true 'systemctl show linecard -p StatusText | grep alert'
sed -i 's/settel:/settle:/' /etc/linecard/linecard.yaml
systemctl reload linecard
until_true 'systemctl show linecard -p StatusText | grep watching$'
# Root types a command in its own home: what it leaves is the service's.
cd /root
/opt/linecard/bin/linecard plan /tmp/two.csv > /proof/as-root 2>&1
find /var/lib/linecard ! -user linecard > /proof/not-the-service
install -d -o root -g root -m 755 /srv/pushed/acme
install -d -o nobody -g linecard -m 2770 /srv/pushed/acme/in
cat >> /etc/linecard/linecard.yaml <<'Y'
  acme: {path: /srv/pushed/acme/in, default_pbx: hq, settle: 1 s}
Y
systemctl reload linecard
setpriv --reuid=nobody --regid=linecard --clear-groups sh -c "printf 'Action,LoginEmail\ndetach,eve@example.com\n' > /srv/pushed/acme/in/pushed.csv"
until_true 'ls /var/lib/linecard/reports/*/*/*pushed.html'
drop three.csv attach,cyd@example.com,1002
systemctl show linecard -p ActiveState -p NRestarts > /proof/before-reboot
