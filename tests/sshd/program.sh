#!/bin/sh
# A BoKS command of a simulated host. It hands its words to the simulator through a FIFO, waits on one of its own until
# the simulator says that the output is complete, and prints it. What follows is filled in where the program is made.
tree='@tree@'
host='@host@'
command='@command@'

PATH=/usr/bin:/bin
umask 022

if [ "$command" = boksadm ]; then
	if [ "$1" != -S ] || [ $# -lt 2 ]; then
		echo 'usage: boksadm -S COMMAND [ARGUMENT...]' >&2
		exit 64
	fi
	shift
else
	set -- "$command" "$@"
fi

call=$(mktemp -d "$tree/calls/XXXXXXXXXX") || exit 71
chmod 755 "$call"
printf '%s\n' "$@" >"$call/argv"
mkfifo -m 622 "$call/status" || exit 71
# Open for both ends, so that neither side waits for the other to come.
exec 3<>"$call/status"
printf '%s %s\n' "$host" "${call##*/}" >"$tree/requests"
read -r status <&3
cat "$call/stdout"
[ ! -s "$call/stderr" ] || cat "$call/stderr" >&2
rm -rf "$call"
exit "$status"
