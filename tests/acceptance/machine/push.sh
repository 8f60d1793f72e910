#!/bin/sh
# Two producers push by SFTP into folders of their own: what docs/pushing.md says, typed by an administrator.
set -eux
share=/opt/linecard/share/linecard
systemd-sysusers $share/systemd/sysusers.conf
groupadd --system linecard-drop
install -D -m 644 $share/systemd/sshd-drop.conf /etc/ssh/sshd_config.d/linecard-drop.conf
add() {
    useradd --no-create-home --home-dir / --shell /usr/sbin/nologin --groups linecard-drop "$1"
    install -d -o root -g root -m 755 /srv/linecard-drop "/srv/linecard-drop/$1" /etc/ssh/linecard-drop
    install -d -o "$1" -g linecard -m 2770 "/srv/linecard-drop/$1/in"
    install -d -o linecard -g "$1" -m 2750 "/srv/linecard-drop/$1/out"
    install -m 644 "$2" "/etc/ssh/linecard-drop/$1.pub"
}
cd /root
ssh-keygen -q -t ed25519 -N '' -f acme
ssh-keygen -q -t ed25519 -N '' -f other
add hr-acme acme.pub
add hr-other other.pub

mkdir -p /run/sshd
ssh-keygen -A
/usr/sbin/sshd -t
/usr/sbin/sshd -p 2222 -o ListenAddress=127.0.0.1 -E /root/sshd.log
echo "[127.0.0.1]:2222 $(cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub)" > known
as() { user=$1; key=$2; shift 2; sftp -q -b - -P 2222 -i $key -o UserKnownHostsFile=known -o StrictHostKeyChecking=yes "$user@127.0.0.1"; }

printf 'Action,LoginEmail,Extension\nattach,ada@example.com,1000\n' > joiners.csv
printf 'Action,LoginEmail,Extension\nattach,bob@example.com,1001\n' > others.csv
printf 'put joiners.csv .joiners.csv\nrename .joiners.csv joiners.csv\nls -l\n' | as hr-acme acme > acme.out
printf 'put others.csv\nls -l\n' | as hr-other other > other.out
# What a producer cannot do: see the other's files, leave its folder, make links, open a shell or a tunnel.
echo 'ls /../hr-other/in' | as hr-acme acme > escape.out 2>&1 && exit 1
echo 'get ../../hr-other/in/others.csv stolen' | as hr-acme acme && exit 1
echo 'symlink /etc/passwd link.csv' | as hr-acme acme && exit 1
echo 'mkdir deeper' | as hr-acme acme && exit 1
ssh -T -p 2222 -i acme -o UserKnownHostsFile=known hr-acme@127.0.0.1 id > shell.out 2>&1 || true
if grep uid= shell.out; then exit 1; fi
stat -c '%a %U %G' /srv/linecard-drop/*/in/*.csv | sort > /proof/modes

install -d -o linecard -g linecard -m 700 /srv/site
cat > /srv/site/linecard.yaml <<'Y'
region: FR
pbxs:
  hq: {backend: directory, options: {path: state/hq.sqlite3}, extensions: 1000-4999}
inboxes:
  acme: {path: /srv/linecard-drop/hr-acme/in, reply: ../out, settle: 1 s}
  other: {path: /srv/linecard-drop/hr-other/in, settle: 1 s}
Y
linecard() { setpriv --reuid=linecard --regid=linecard --init-groups /opt/linecard/bin/linecard --config /srv/site/linecard.yaml "$@"; }
(umask 0027; linecard once)
# The producer reads its results, and can change nothing there.
echo 'get /out/*.csv result.csv' | as hr-acme acme
cp result.csv /proof/result.csv
echo 'put joiners.csv /out/joiners.csv' | as hr-acme acme && exit 1
echo 'rm /out/*.csv' | as hr-acme acme && exit 1
# OpenSSH's client gives the mode of the producer's own file along; what linecard may not read it tells, and leaves.
printf 'Action,LoginEmail,Extension\nattach,eve@example.com,1002\n' > private.csv
chmod 600 private.csv
echo 'put private.csv' | as hr-acme acme
linecard once 2> /proof/private && exit 1
test -e /srv/linecard-drop/hr-acme/in/private.csv
echo 'chmod 640 private.csv' | as hr-acme acme
linecard once
linecard members --json > /proof/pushed.json
find /srv/linecard-drop/*/in -mindepth 1 > /proof/left
kill "$(cat /run/sshd.pid)"
