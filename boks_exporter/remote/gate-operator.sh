#!/bin/sh
# boks-gate, the operator gate: changes this BoKS host for `boks-exporter failover`, each change exactly once.
#
# It is the forced command of the operator's key, and works only where root's own configuration says OPERATOR=yes. A
# request is one line of exact words on standard input. POSIX sh and POSIX utilities only. The protocol is in
# docs/gate-protocol.md. RUN is the name of a run, ID is RUN.STEP.
#
#   request                     what runs                                                                   as whom
#   preflight, lock-show        reads files, ps, df, loginctl; writes STATE/probe.N and removes it          root
#   registered                  BOKSADM -S hostadm -l -t BOKSREPLICA -S               (on a master)         root
#   reach HOST PORT             opens one TCP connection by perl or bash                                    root
#   record ID                   reads STATE/records/ID                                                      root
#   asides                      lists BOKS_VAR/data/removed-*, by du and STATE/records                      root
#   freeze SECONDS OWNER REASON writes STATE/freeze, which ends after at most seven days                    root
#   unfreeze                    removes STATE/freeze                                                        root
#   lock RUN OWNER              makes STATE/lock                                                            root
#   unlock RUN, break-lock RUN  removes STATE/lock, if it is that run's                                     root
#   void ID                     makes STATE/records/ID, so that nothing is ever run under that id           root
#   do ID convert ROLE          BOKSADM -S convert -v ROLE                            (legal changes only)  root
#   do ID boot-stop             BOKSADM -S Boot -k                                                          root
#   do ID boot-start            BOKSADM -S Boot                                                             root
#   do ID set-shm-size N        BOKSADM -S cadm -E SHM_SIZE=N                                               root
#   do ID remove-database       mv BOKS_VAR/data/*.dat and sequence to removed-ID     (on a client)         root
#   do ID restore-database ID   mv them back                                          (on a client)         root
#   do ID remove-aside ID       rm BOKS_VAR/data/removed-ID, plain files only         (no half removal)     root
#
# What `do` starts runs detached from the connection, under the claim STATE/change that only one can have at a time,
# and keeps a record from which the same request is answered from then on.
#
# shellcheck disable=SC2034,SC2329,SC3045 # what serves the other gate only; shells whose ulimit has no -v have no limit
# shellcheck disable=SC2046,SC2254 # words of what a program prints, and patterns, are wanted; globbing is off

gate_version=2.1.2
gate_sent=no
gate_request=
# -- the common part of both gates: scripts/gate_common.sh, by scripts/generate_gates.py --
gate_shell=/bin/sh
gate_etc=/etc/opt/boksm
gate_var=/var/opt/boksm
gate_boksadm=/opt/boksm/sbin/boksadm
gate_prefix=none
gate_limit=8
gate_memory=262144
gate_polls=8
gate_operator=no
gate_state=/var/opt/boks-gate
gate_master=
gate_services=/etc/services
gate_ps='ps'
# -- the sender's settings are inserted here --
# Nothing of the caller's environment counts: an installed gate starts again without any. This is Bourne's own syntax,
# so that the /bin/sh of Solaris 10, which is no POSIX shell, comes as far as the one that is.
case $gate_sent,$1 in
yes,* | no,clean | no,clean-root | no,clean-worker) ;;
*)
	/usr/bin/test -x /usr/xpg4/bin/sh && gate_shell=/usr/xpg4/bin/sh
	case $1 in
	request-on-stdin) exec /usr/bin/env -i "$gate_shell" "$0" clean-root "${SUDO_USER-}" ;;
	worker) shift && exec /usr/bin/env -i "$gate_shell" "$0" clean-worker "$@" ;;
	*) exec /usr/bin/env -i "$gate_shell" "$0" clean "${SSH_ORIGINAL_COMMAND-$*}" ;;
	esac
	;;
esac

PATH=/usr/xpg4/bin:/usr/bin:/bin:/usr/sbin:/sbin
HOME=/
LC_ALL=C
UNIX95=1 # HP-UX: makes ps understand -o
export PATH HOME LC_ALL UNIX95
unset TIME_STYLE QUOTING_STYLE _POSIX2_VERSION # the login's, where the gate is sent: GNU's ls and tail obey them
set -f
umask 077
nl='
'
tab='	'
IFS=" $tab$nl"
odd="*[!$tab$nl -~]*" # text with anything but printable ASCII
mark='' requests=0 worker='' timer='' booted='' host='' ksh93=''

case $(command -v print) in # a builtin where it has no path; such a shell's printf can be a program
print) say() { print -r -- "$1"; } ;;
*) say() { printf '%s\n' "$1"; } ;;
esac

refuse() { # REASON STATUS [TEXT]
	[ -z "${3-}" ] || echo "boks-gate: $3" >&2
	say "=${mark}refused $1"
	exit "$2"
}

# -- configuration: a root-owned file beside the installed gate --------------------------------------------------------
read_config() {
	config=${0%/*}/boks-gate.conf
	[ -e "$config" ] || [ -h "$config" ] || return 0
	for trusted in "${0%/*}/." "$0" "$config"; do
		is_trusted "$trusted" 0 || refuse untrusted_config 78 "$trusted must be root's and writable by root only"
	done
	number=0
	while IFS='=' read -r key value || [ -n "$key" ]; do
		number=$((number + 1))
		take_setting "$key" "$value" || refuse bad_config 78 "$config: line $number is not understood"
	done <"$config"
}

is_trusted() { # PATH UID: a plain file or directory of that user's, writable by that user only
	owner=$2
	set -- $(ls -ldn "$1" 2>/dev/null)
	case ${3-},${1-} in "$owner",[d-]????-??-*) ;; *) return 1 ;; esac
}

take_setting() { # KEY VALUE
	case $1,$2 in
	, | '#'*) return 0 ;;
	*[[:cntrl:]]* | *' ') return 1 ;;
	BOKS_ETC,/*) gate_etc=$2 ;;
	BOKS_VAR,/*) gate_var=$2 ;;
	BOKSADM,/*) gate_boksadm=$2 ;;
	STATE,/*) gate_state=$2 ;;
	OPERATOR,yes | OPERATOR,no) gate_operator=$2 ;;
	PREFIX,none | PREFIX,sudo | PREFIX,suexec) gate_prefix=$2 ;;
	SECTION_TIMEOUT,*) is_number "$2" 9999 && gate_limit=$2 ;;
	POLLS,*) is_number "$2" 9999 && gate_polls=$2 ;;
	MASTER,*[!A-Za-z0-9._:-]* | MASTER,-* | MASTER,) return 1 ;;
	MASTER,*) gate_master=$2 ;;
	*) return 1 ;;
	esac
}

is_number() { # WORD LIMIT: from 1 to the limit
	case $1 in '' | 0* | *[!0-9]* | ?????????*) return 1 ;; esac
	[ "$1" -le "$2" ]
}

# -- from the forced command to the process that answers ---------------------------------------------------------------
prepare() { # ARGUMENT...: configuration and root; refuses what is not the protocol's command
	[ "$gate_sent" = yes ] || read_config
	case $gate_sent,${1-},${2-} in
	yes,*) ;;
	no,clean-root,*) gate_login=${2-} gate_prefix=none ;;
	no,clean,boks-gate/2)
		# Only root can end a command of root's that hangs, so an installed gate is root as a whole or not at all.
		case $gate_prefix in s*) as_root "$0" request-on-stdin ;; esac
		;;
	*) refuse unknown_protocol 64 ;;
	esac
	exec 2>/dev/null
	# A line or an output without end must not eat the host's memory: the shells that hold them have a limit.
	memory=$(ulimit -S -v) && ulimit -S -v "$gate_memory"
}

begin() { # what holds for all requests of a channel, once the first one has been checked
	trap leave EXIT
	trap 'exit 129' HUP INT TERM PIPE
	host=$(uname -n)
	case $host in '' | *[!A-Za-z0-9._-]*) host= ;; *) host=" host=$host" ;; esac
	[ ! -r /proc/stat ] || booted=$(sed -n 's/^btime //p' /proc/stat)
}

leave() { # nothing stays behind
	[ -n "$worker" ] || return 0
	kill -KILL "$timer" "$worker"
	end_family
}

as_root() { # COMMAND...: in place of the shell that calls this
	# Where sudo and BoKS's suexec live on AIX, Solaris and HP-UX; nothing else is looked for there.
	PATH=$PATH:/usr/local/bin:/opt/freeware/bin:/opt/csw/bin:/usr/sfw/bin:/opt/sudo/bin:/opt/boksm/bin
	case $gate_prefix in
	sudo) exec sudo -n "$@" ;;
	suexec) exec suexec "$@" ;;
	*) exec "$@" ;;
	esac
}

# -- one request -------------------------------------------------------------------------------------------------------
next_request() { # reads and checks one, or ends
	line=$gate_request
	[ -n "$line" ] || IFS= read -r line || exit 0
	gate_request='' mark=''
	[ "${#line}" -le 400 ] || refuse too_long 64
	case $line in $forbidden) refuse bad_character 64 ;; esac
	# shellcheck disable=SC2086 # the words are wanted; globbing is off
	set -- $line
	[ "${1-}" = boks-gate/2 ] || refuse unknown_protocol 64
	case ${2-} in '' | *[!0123456789abcdef]* | ?????????????????????????????????????????*) refuse bad_nonce 64 ;; esac
	mark="$2 "
	shift 2
	check_words "$@"
}

answer() { # one request, within the time limit: a process of its own composes the reply, and ends the timer
	sleep "$gate_limit" >/dev/null &
	timer=$!
	work </dev/null &
	worker=$!
	if wait "$timer"; then cut_off; fi
	wait "$worker" || { worker='' && refuse interrupted 70; }
	worker=
}

open_reply() {
	reply="=${mark}boks-gate/2 version=$gate_version$host"
	case $requests,$words in 1,* | *' queue '* | *' op '*) reply="$reply clock=$(date -u '+%Y-%m-%dT%H:%M:%S')" ;; esac
	if [ -f "$gate_var/LCK/boks_init" ] && read -r pid <"$gate_var/LCK/boks_init"; then tell_start; fi
	reply="$reply$nl"
}

tell_start() { # of boks_init, $pid: from Linux's /proc, in hundredths of a second since the machine's own
	case $pid in '' | *[!0-9]*) return ;; esac
	read -r stat <"/proc/$pid/stat" || return
	case $stat in *'(boks_init)'*) ;; *) return ;; esac
	# shellcheck disable=SC2086 # the fields are wanted as words
	set -- ${stat##*\) }
	reply="$reply boks_init=$pid started=$((booted + ${20} / 100))"
}

work() {
	trap 'late=yes cut=yes' USR1
	late='' limit=$gate_limit
	open_reply
	compose
	say "$reply"
	[ -n "$late" ] || kill -KILL "$timer" || : # it may have ended just now
}

# -- a section ---------------------------------------------------------------------------------------------------------
add_section() { # NAME ENDING [TEXT]
	reply="$reply=${mark}section $1$nl${3-}${3:+$nl}=${mark}end $1 $2$nl"
}

run() { # NAME COMMAND...
	name=$1 cut=''
	shift
	piece=$(isolated "$@")
	ending=${piece%%"$nl"*}
	text=${piece#"$ending"}
	[ -n "$piece" ] || ending='exit=137 cut=bytes'
	# One command that hangs is seldom the only one: the others still get a chance, within the client's patience.
	[ -z "$cut" ] || ending=timeout=$limit limit=1
	add_section "$name" "$ending" "${text#"$nl"}"
}

# This shell holds output and errors, and can be ended, as each one that hands them on: a line that no output can
# contain, $end, follows them through all of them. Where it is missing in the end, some of them are.
isolated() { # COMMAND...: prints how it ended, its output, then its errors
	errors='' out='' cut='' plain='' frame="=${mark}errors $name" end="=${mark}whole"
	case $1 in
	find_*) "$@"; status=$?; out=$out${errors:+$nl$frame$nl$errors}$nl$end ;; # needs no shells to keep them apart
	*) collect "$@"; status=$? ;;
	esac
	[ "$status" -le 256 ] || status=$((status - 128)) # ksh93 reports a signal so
	[ "${#out}" -gt 65536 ] || case $out in
	*"$nl$frame$nl"* | *"$nl$nl$nl$end") ;;
	*"$nl$end") plain=yes out=${out%"$nl$end"} out=${out%"$nl"} ;; # what is usual costs no program
	esac
	[ -n "$plain" ] || out=$(say "$frame$nl$end$nl$out" | limited) || status=137 cut=bytes
	case $out in $odd) out=$(say "$out" | printable) ;; esac
	case $out$nl in *" [cut]$nl"*) cut=${cut:-lines} ;; esac
	case $nl$out$nl=$mark in *"${nl}[cut]$nl=$mark"*) cut=bytes ;; esac
	say "exit=$status${cut:+ cut=$cut}${out:+$nl}$out"
}

# COMMAND...: leaves in $out what it prints, its errors behind a line with the frame, and the end; its status
if (eval ': "${.sh.version:?}"') 2>/dev/null; then
	ksh93=yes
	# It ends a command substitution with its command; only where it reads a pipe itself it waits for who holds it
	collect() {
		ulimit -S -v "$gate_memory" # makes ksh93 fork here: a subshell of its own kind would take the whole poll along
		# shellcheck disable=SC3040 # ksh93 knows it
		set -o pipefail
		{
			{ # a shell of its own: a pipe reports 9 for both, an exit status of 9 and the signal
				(unbounded "$@" </dev/null >&3 2>&4 3>&- 4>&-)
				status=$?
				say "$nl$end"
				exit "$((status > 256 ? status - 128 : status))"
			} 4>&1 | read_all
			status=$?
			case $piece in
			"$nl$end$nl") say "$nl$end" ;;
			*"$nl$end$nl") say "$nl$frame$nl${piece%"$nl"}" ;;
			esac
			exit "$status"
		} 3>&1 | read_all
		status=$?
		out=${piece%"$nl"}
		return "$status"
	}
	read_all() { # a null byte ends a part; where `read` has no memory for one it loses that, and no end comes
		piece=''
		while part=lost; IFS= read -r -d '' part && [ -n "$part" ]; do piece=$piece$part; done
		piece=$piece$part
	}
else
	collect() {
		out=$({
			errors=$(unbounded "$@" </dev/null 2>&1 >&3 3>&-)
			status=$?
			say "${errors:+$nl$frame$nl$errors}$nl$end"
			exit "$status"
		} 3>&1)
	}
fi

unbounded() { ulimit -S -v "$memory"; "$@"; } # without the limit that the gate's own shells have

# Reads a frame, an end, an output, errors behind that frame, and that end. Fails where it is not the last line.
limited() { # lines are cut, and the rest of output and errors is left out
	awk '
		NR == 1 { frame = $0; most = 1000; left = 640000; next }
		NR == 2 { end = $0; next }
		{ whole = $0 == end }
		whole { next }
		$0 == frame { if (!errors) print; errors = 1; most = 500; next }
		$0 == "" { blank++; next }
		length($0) > most { $0 = substr($0, 1, most) " [cut]" }
		errors { if (errors++ <= 50) print; next }
		(left -= length($0) + 1 + blank) < 0 { if (!full++) print "[cut]"; next }
		{ for (; blank; blank--) print ""; print }
		END { exit !whole }'
}

printable() { # control characters become `?`, also those of 8 bits: alone, or as UTF-8 writes them
	c1=$(printf '\200')-$(printf '\237') high=$(printf '\200')-$(printf '\377') two=$(printf '\302')
	tr '\015\000-\010\013\014\016-\037\177' ' [?*]' |
		sed -e "s/${two}[$c1]/?/g" -e :a -e "s/^[$c1]/?/" -e "s/\([^$high]\)[$c1]/\1?/" -e ta
}

# -- ENV: three keys with their values; nothing else of it leaves the host ---------------------------------------------
read_env() { # leaves the lines in $env_lines, the word of the last BOKSINIT in $role, and how it ended in $env_ending
	env_lines='' role='' env_ending=exit=0
	if [ -r "$gate_etc/ENV" ] && [ -f "$gate_etc/ENV" ]; then
		while IFS= read -r line || [ -n "$line" ]; do take_line; done <"$gate_etc/ENV"
	else
		name=role cut=
		text=$(isolated as_root /bin/cat "$gate_etc/ENV")
		env_ending=${text%%"$nl"*}
		[ -z "$cut" ] || env_ending="timeout=$limit" limit=1
		IFS=$nl
		for line in $text; do take_line; done
		IFS=" $tab$nl"
		[ "$env_ending" = exit=0 ] || env_lines=${text#*"$nl"}
	fi
}

take_line() { # $line of ENV, which is the name of a key, perhaps behind blanks and `export`
	while :; do
		case $line in
		' '* | "$tab"*) line=${line#?} ;;
		export' '* | export"$tab"*) line=${line#export} ;;
		*) break ;;
		esac
	done
	value=${line#*=}
	case $line in
	BOKSINIT=* | SHM_SIZE=*) value=${value%%[!]A-Za-z0-9_.:,/\"\'[-]*} ;;
	BRIDGE_ACCEPT_MASTER_IPS=*) value=${value%%[!]A-Za-z0-9_.:,/\"\' "$tab"[-]*} ;;
	*) return ;;
	esac
	env_lines="$env_lines${env_lines:+$nl}${line%%=*}=$value"
	case $line in BOKSINIT=*) role=${value#[\"\']} role=${role%%[\"\']*} ;; esac
}

# -- whether a TCP port of another host answers ------------------------------------------------------------------------
knock() { # HOST PORT: leaves in $reached what it met, by perl, which AIX, Solaris and HP-UX have, or by Linux's bash
	tool=perl
	reached=$(perl -e 'use Socket; alarm 3; my $to = inet_aton($ARGV[0]) or exit;
		socket(my $s, PF_INET, SOCK_STREAM, 6) or exit;
		$SIG{ALRM} = sub { print "timeout"; exit }; alarm 4;
		print connect($s, sockaddr_in($ARGV[1], $to)) ? "reachable" : $!{ECONNREFUSED} ? "refused" :
			$!{ETIMEDOUT} || $!{EHOSTUNREACH} || $!{ENETUNREACH} ? "timeout" : ""' "$1" "$2" 2>/dev/null)
	[ -z "$reached" ] || return 0
	tool=bash
	# shellcheck disable=SC2016 # bash is to expand this
	case $(timeout 4 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1; echo "status=$?") in
	status=0) reached=reachable ;;
	*refused*) reached=refused ;;
	status=124 | *'timed out'* | *unreachable* | *'No route'*) reached=timeout ;;
	*) reached=unknown tool=none ;;
	esac
}

# -- the time limit ----------------------------------------------------------------------------------------------------
# shellcheck disable=SC2086 # lists of process ids
cut_off() { # ends what hangs in the request: asked, then forced, then without the shells that wait for its output
	strikes=1 section=
	while kill -0 "$worker"; do
		before=$section
		list_family
		[ -z "$before" ] || [ "$section" = "$before" ] || strikes=0 # the next section: it has a second from here
		# Without a section it may not have set its trap yet, on a loaded host, or has only the reply to write.
		[ "$strikes" = 0 ] || [ -z "$section" ] || kill -USR1 "$worker"
		case $strikes in
		0) ;;
		1) kill -TERM $programs ;;
		2) kill -KILL $programs ;;
		3 | 4 | 5) kill -KILL $programs $readers ;; # a loaded host needs time for what is ended
		*) kill -KILL $programs $readers "$worker" ;;
		esac
		strikes=$((strikes + 1))
		sleep 1 >/dev/null
	done
	end_family
}

# shellcheck disable=SC2086 # lists of process ids
end_family() { # without the worker: a list that was made while it ended may lack something, so the last one is empty
	strikes=0
	while list_family && [ "$programs$readers" ] && [ "$strikes" -lt 10 ]; do
		kill -KILL $programs $readers
		strikes=$((strikes + 1))
	done
}

list_family() { # leaves in $section the worker's child, the gate's shells below it in $readers, all else in $programs
	family=$(ps -A -o pid= -o ppid= -o pgid= -o args= | awk -v gate="$$" -v worker="$worker" '
		{ parent[$1] = $2; group[$1] = $3; pid = $1; $1 = $2 = $3 = ""; args[pid] = $0 }
		END {
			for (pid = gate; pid in parent && !(pid in above); pid = parent[pid]) above[pid] = 1
			kin[worker] = 1
			# what has lost its parent in the process group of this gate
			for (pid in group)
				if (group[pid] == group[gate] && group[parent[pid]] != group[gate] && !(pid in above) &&
					(parent[pid] <= 1 || parent[pid] != parent[gate])) kin[pid] = 1
			do {
				found = 0
				for (pid in parent) if (!(pid in kin) && parent[pid] in kin) { kin[pid] = 1; found = 1 }
			} while (found)
			delete kin[worker]
			for (pid in kin) {
				if (parent[pid] == worker) section = pid
				if (args[pid] == args[gate]) readers = readers " " pid; else programs = programs " " pid
			}
			print section "/" readers "/" programs
		}')
	section=${family%%/*} programs=${family##*/} readers=${family#*/} readers=${readers%/*}
}
# -- the common part ends here --
forbidden='*[!ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/ -]*'

# -- the request -------------------------------------------------------------------------------------------------------
check_words() { # op WORD...: refuses, or leaves the words behind `op` in $operation
	words=' op ' asked=1
	[ "${1-}" = op ] || refuse unknown_word 64
	shift
	operation=$*
	case "$# $*" in
	'1 preflight' | '1 registered' | '1 lock-show' | '1 asides' | '1 unfreeze') return ;;
	'4 freeze '*) is_number "$2" 604800 && is_owner "$3" && is_reason "$4" ;;
	'3 reach '*) is_host "$2" && is_number "$3" 65535 ;;
	'3 lock '*) is_name "$2" && is_owner "$3" ;;
	'2 unlock '* | '2 break-lock '*) is_name "$2" ;;
	'2 record '* | '2 void '*) is_id "$2" ;;
	'4 do '*' convert master' | '4 do '*' convert server' | '4 do '*' convert client') is_id "$2" ;;
	'3 do '*' boot-stop' | '3 do '*' boot-start' | '3 do '*' remove-database') is_id "$2" ;;
	'4 do '*' set-shm-size '*) is_id "$2" && is_number "$4" 99999999 ;;
	'4 do '*' restore-database '* | '4 do '*' remove-aside '*) is_id "$2" && is_id "$4" ;;
	*) refuse unknown_word 64 ;;
	esac || refuse bad_argument 64
}

is_name() { # WORD: letters, digits and dashes, as a run's name
	case $1 in -* | *[!A-Za-z0-9-]*) return 1 ;; esac
	[ "${#1}" -le 40 ]
}

is_id() { # WORD: a run's name, a dot, and the step's name
	case $1 in *. | *..* | *[!A-Za-z0-9.-]*) return 1 ;; *.*) ;; *) return 1 ;; esac
	[ "${#1}" -le 64 ] && [ -n "${1%%.*}" ] && is_name "${1%%.*}"
}

is_owner() { # WORD: who holds a lock
	[ "${#1}" -le 64 ]
}

is_reason() { # WORD: why, with `_` for each blank
	[ "${#1}" -le 120 ]
}

is_host() { # WORD: a name or an address
	case $1 in [.:_/-]* | */*) return 1 ;; esac
}

# -- the reply ---------------------------------------------------------------------------------------------------------
serve() {
	[ "$gate_operator" = yes ] || refuse operator_disabled 64
	next_request
	begin
	# shellcheck disable=SC2086 # the checked words; globbing is off
	set -- $operation
	case $1 in
	do | record | void)
		open_reply
		word=$1
		shift
		"answer_$word" "$@"
		say "$reply=${mark}done sections=1"
		;;
	reach) [ "$gate_limit" -le 6 ] || gate_limit=6; answer ;;
	*) answer ;;
	esac
}

compose() {
	read_env
	# shellcheck disable=SC2086
	set -- $operation
	word=$1
	shift
	case $word,$role in
	registered,master) run registered as_root "$gate_boksadm" -S hostadm -l -t BOKSREPLICA -S ;;
	registered,*) add_section registered skipped=not_master ;;
	lock,*) run lock take_lock "$1" "$2" ;;
	unlock,* | break-lock,*) run "$word" give_lock_back "$1" ;;
	lock-show,*) run lock-show tell_lock - ;;
	*) run "$word" "$word" "$@" ;;
	esac
	reply="$reply=${mark}done sections=1"
}

# -- what only looks ---------------------------------------------------------------------------------------------------
usable_state() { # the directory of locks and records exists, and only its owner can write it
	[ -d "$gate_state" ] || mkdir -p "$gate_state"
	[ ! -h "$gate_state" ] && is_trusted "$gate_state/." "$(id -u)" && [ -w "$gate_state" ]
}

probe() { # a file can be written now: there is room
	if echo probe >"$gate_state/probe.$$"; then room=yes; else room=no; fi
	rm -f "$gate_state/probe.$$"
	[ "$room" = yes ]
}

preflight() { # everything that a change needs, over the very way that it takes
	echo "hostname=$(uname -n)"
	echo "role=${role:-unknown}"
	echo "daemons=$(daemons)"
	# Root may, and so may a login to which BoKS's directories belong (PREFIX=none).
	if [ -w "$gate_var/data" ] && [ -x "$gate_var/data" ]; then echo permitted=yes; else echo permitted=no; fi
	if [ -x "$gate_boksadm" ]; then echo boksadm=yes; else echo boksadm=no; fi
	if usable_state && probe; then echo state=writable; else echo state=unusable; fi
	read_lock
	echo "lock=${lock_run:-none}${lock_run:+ $lock_owner $lock_since}"
	echo "busy=$(running_id)"
	unchanged_since
	read_freeze || tell_freeze
	set -- $(df -Pk "$gate_var/data" | sed -n '$p')
	case ${4-} in '' | *[!0-9]*) ;; *) echo "free_kilobytes=$4" ;; esac
	echo "database=$(database)"
	! session_is_killed || echo session=killed
} 2>/dev/null

unchanged_since() { # the newest change that ended, where ENV, and with it the role, was not written after it
	[ "$(running_id)" = none ] && is_plain "$gate_etc/ENV" || return
	# shellcheck disable=SC2012 # an id has no character that ls would change
	for id in $(ls -1t "$gate_state/records" | sed 20q); do
		[ -s "$gate_state/records/$id/exit" ] || continue
		[ "$(find "$gate_etc/ENV" -newer "$gate_state/records/$id/exit")" ] || echo "unchanged_since=$id"
		return
	done
}

session_is_killed() { # logind ends all that the login started with its session: BoKS's daemons, too (logind.conf)
	logind() { loginctl show-user -p "$1" | sed -n "s/^$1=//p"; }
	[ "$(logind KillUserProcesses)" = yes ] || return 1
	login=${gate_login:-$(id -un)}
	case " $(logind KillExcludeUsers) " in *" $login "*) return 1 ;; esac
	case " $(logind KillOnlyUsers) " in '  ' | *" $login "*) return 0 ;; esac
	return 1
}

daemons() { # running where anything says so; stopped only where BoKS's own directory of pid files says so, too
	listed=$(ps -A -o pid= -o comm=) || { echo unknown; return; }
	pid=$(sed -n '1s/[^0-9]//g;1p' "$gate_var/LCK/boks_init")
	case "$(echo "$listed" | awk -v pid="${pid:-none}" '
		$1 == pid || $2 ~ /(^|\/)boks_(init|master|drainmast)$/ { print "found" }')" in
	*found*) echo running ;;
	*) if [ -d "$gate_var/LCK" ]; then echo stopped; else echo unknown; fi ;;
	esac
}

database() { # present: whole, as far as can be known; partial: a removal or its undoing is not at its end; absent; odd
	set +f
	files=0 is_sequence=no
	[ ! -h "$gate_var/data" ] || { echo odd; return; }
	for file in "$gate_var"/data/*.dat "$gate_var/data/sequence"; do
		is_there "$file" || continue
		is_plain "$file" || { echo odd; return; }
		files=$((files + 1))
		[ "${file##*/}" != sequence ] || is_sequence=yes
	done
	for file in "$gate_var"/data/removed-*/manifest; do [ ! -e "$file" ] || { echo partial; return; }; done
	case $files,$is_sequence in 0,*) echo absent ;; 1,* | *,no) echo partial ;; *) echo present ;; esac
}

is_there() { # PATH: a link that leads nowhere is there, too
	[ -e "$1" ] || [ -h "$1" ]
}

is_plain() { # PATH: a file, and no link to one; its name is one line
	case $1 in *"$nl"*) return 1 ;; esac
	[ -f "$1" ] && [ ! -h "$1" ]
}

reach() { # HOST PORT: whether this host can open a TCP connection there
	knock "$1" "$2"
	echo "reach=$reached"
	echo "tool=$tool"
}

asides() { # what runs have moved aside here, one directory a line
	set +f
	for aside in "$gate_var"/data/removed-*; do
		id=${aside##*/removed-}
		if ! is_id "$id" || ! is_there "$aside"; then continue; fi
		set -- "$aside"/*
		is_there "$1" || shift
		state=whole
		[ ! -e "$aside/manifest" ] || state=partial
		[ -d "$aside" ] && [ ! -h "$aside" ] || state=odd
		files=$#
		for file in "$@"; do
			is_plain "$file" || state=odd
			case ${file##*/} in manifest | manifest.*) files=$((files - 1)) ;; esac
		done
		size=$(du -sk "$aside" | sed -n '1s/[^0-9].*//p')
		moved=$(sed -n 5p "$gate_state/records/$id/start")
		echo "$id files=$files kilobytes=${size:-unknown} moved=${moved:-unknown} state=$state"
	done
} 2>/dev/null

# -- the freeze of this domain -----------------------------------------------------------------------------------------
read_freeze() { # succeeds where there is none; leaves it in $frozen, which is `unreadable` after a crash
	frozen=unreadable ends='' by='' why=''
	[ -e "$gate_state/freeze" ] || return 0
	read -r ends by why <"$gate_state/freeze"
	case $ends,$why in [!1-9]* | ?*[!0-9]*,* | ???????????*,* | *,) return 1 ;; esac
	# A clock that was set back makes no freeze longer: its end is unreadable then, and an operator lifts it.
	[ "$((ends - $(now)))" -le 604800 ] || return 1
	frozen="$ends $by $why"
	[ "$ends" -le "$(now)" ]
} 2>/dev/null

tell_freeze() {
	read_freeze && frozen=none
	echo "freeze=$frozen"
}

freeze() { # SECONDS OWNER REASON: instead of one that is there
	usable_state || { echo "boks-gate: $gate_state cannot be used" >&2; return 73; }
	mine=$gate_state/freeze.$$
	echo "$(($(now) + $1)) $2 $3" >"$mine" && mv -f "$mine" "$gate_state/freeze" && tell_freeze
}

unfreeze() {
	usable_state || { echo "boks-gate: $gate_state cannot be used" >&2; return 73; }
	rm -f "$gate_state/freeze" && tell_freeze
}

# -- the lock of this host ---------------------------------------------------------------------------------------------
read_lock() { # leaves the holder in $lock_run, $lock_owner and $lock_since; a file that a crash has emptied has none
	lock_run='' lock_owner='' lock_since=''
	read -r lock_run lock_owner lock_since <"$gate_state/lock" || lock_run=''
	[ -n "$lock_since" ] || lock_run=''
	[ -n "$lock_run" ]
} 2>/dev/null

tell_lock() { # RUN or -: who holds it; status 1 where that is another run
	read_lock || { echo lock=none; return 0; }
	case $1 in "$lock_run" | -) word=held ;; *) word=other ;; esac
	echo "lock=$word"
	echo "run=$lock_run"
	echo "owner=$lock_owner"
	echo "since=$lock_since"
	[ "$word" = held ]
}

take_lock() { # RUN OWNER: a link to a whole file is made by one of many only, and never without its content
	usable_state || { echo "boks-gate: $gate_state cannot be used" >&2; return 73; }
	mine=$gate_state/lock.$$
	if echo "$1 $2 $(utc)" >"$mine"; then
		tries=0
		remove_void lock read_lock
		until ln "$mine" "$gate_state/lock" || read_lock || [ "$tries" = 20 ]; do tries=$((tries + 1)) && pause; done
	fi 2>/dev/null
	rm -f "$mine"
	tell_lock "$1" | sed 's/^lock=none$/lock=failed/'
	read_lock && [ "$lock_run" = "$1" ]
}

once() { # TEXT: succeeds for one of many, and once only since the machine has started
	mkdir "$gate_state/once.$(echo "$1 $(boot_mark)" | cksum | tr -d ' ')"
}

remove_void() { # NAME READ: a file in which a crash has left nothing that READ understands; one of many removes it
	inode=$(ls -i "$gate_state/$1")
	[ -n "$inode" ] && ! "$2" && [ -e "$gate_state/$1" ] && ! "$2" && once "$inode" && rm -f "$gate_state/$1"
}

give_lock_back() { # RUN: moved away before it is looked at again, so that no new lock of another run is removed
	read_lock
	[ "$lock_run" = "$1" ] || { tell_lock "$1"; return; }
	mine=$gate_state/lock.$$
	mv -f "$gate_state/lock" "$mine"
	case $(cat "$mine") in "$1 "* | '') ;; *) ln "$mine" "$gate_state/lock" ;; esac
	rm -f "$mine"
	tell_lock "$1"
} 2>/dev/null

# -- records -----------------------------------------------------------------------------------------------------------
utc() {
	date -u '+%Y-%m-%dT%H:%M:%S'
}

now() { # seconds since 1970: a difference of two is right over midnight and the new year, too
	set -- $(date -u '+%Y %j %H %M %S')
	days=$((($1 - 1970) * 365 + ($1 - 1969) / 4 + 1$2 - 1001))
	echo $(((days * 24 + 1$3 - 100) * 3600 + (1$4 - 100) * 60 + 1$5 - 100))
}

boot_mark() {
	cat /proc/sys/kernel/random/boot_id 2>/dev/null || who -b 2>/dev/null
}

start_of() { # PID: when it began, a number of hundredths of a second or of seconds; nothing where it is gone
	if read -r stat <"/proc/$1/stat"; then
		# shellcheck disable=SC2086 # the fields are wanted as words
		set -- ${stat##*\) }
		echo "${20}"
	else
		set -- $(ps -o etime= -p "$1" | sed 's/[-:]/ /g; s/^ *0*\([0-9]\)/\1/; s/ 0\([0-9]\)/ \1/g')
		case $# in
		2) echo $(($(now) - $1 * 60 - $2)) ;;
		3) echo $(($(now) - $1 * 3600 - $2 * 60 - $3)) ;;
		4) echo $(($(now) - $1 * 86400 - $2 * 3600 - $3 * 60 - $4)) ;;
		esac
	fi
} 2>/dev/null

is_alive() { # PID START: the process that began then, and no other that has its id now
	found=$(start_of "$1")
	[ -n "$found" ] && [ "$((found - $2))" -ge -2 ] && [ "$((found - $2))" -le 2 ]
}

# The lines of a record's `start`: the request, the worker's process id, the boot, whose request it was, the time, the
# worker's start. Older gates wrote no start.
record_state() { # ID: none, void, running, done or interrupted
	record=$gate_state/records/$1
	[ -e "$record/start" ] || { echo none; return; }
	[ "$(sed -n 1p "$record/start")" != "$1 void" ] || { echo void; return; }
	case $(cat "$record/exit" 2>/dev/null) in
	'') ;;
	*[!0-9]*) echo interrupted; return ;;
	*) echo "done"; return ;;
	esac
	still=interrupted
	if [ "$(sed -n 3p "$record/start")" = "$(boot_mark | tr '\n' ' ')" ]; then
		worker_start=$(sed -n 6p "$record/start")
		is_alive "$(sed -n 2p "$record/start")" "${worker_start:--9}" && still=running
		read -r pid began <"$record/pid" && is_alive "$pid" "${began:--9}" && still=running
	fi 2>/dev/null
	# Its exit may have been written while this looked for its process.
	if [ -s "$record/exit" ]; then echo "done"; else echo "$still"; fi
}

running_id() { # the id of the change that holds the claim, and still runs, or none
	if read_claim && [ "$(record_state "$claim_id")" = running ]; then echo "$claim_id"; else echo none; fi
}

# -- the claim: one change at a time on this host ----------------------------------------------------------------------
read_claim() { # leaves the holder in $claim_id, $claim_pid and $claim_start
	claim_id='' claim_pid='' claim_start=''
	read -r claim_id claim_pid claim_start <"$gate_state/change"
	[ -n "$claim_start" ] || claim_id=''
	[ -n "$claim_id" ]
}

claim_host() { # ID: one of many gets it; what a dead worker has left is removed by one of many, once
	mine=$gate_state/change.$$
	echo "$1 $$ $(start_of $$)" >"$mine" || return
	if ! ln "$mine" "$gate_state/change"; then
		remove_void change read_claim
		# The claim of a worker that is gone: its words are its own, so it can be removed by one of many, and once.
		read_claim && ! is_alive "$claim_pid" "$claim_start" && [ "$(record_state "$claim_id")" != running ] &&
			once "$claim_id $claim_pid $claim_start" && rm -f "$gate_state/change"
		ln "$mine" "$gate_state/change"
	fi
	rm -f "$mine"
	read_claim && [ "$claim_id $claim_pid" = "$1 $$" ]
} 2>/dev/null

objection() { # ID WORDS...: why the change is not made, or nothing
	{ usable_state && probe; } || { echo state_unusable; return; }
	{ read_lock && [ "$lock_run" = "${1%%.*}" ]; } || { echo not_locked; return; }
	case $2,${3-},$role in
	convert,master,master | convert,server,server | convert,client,client) ;;
	convert,*,master | convert,*,server | convert,*,client) transition_objection "$3" ;;
	convert,*) echo role_unknown ;;
	remove-database,,client) [ "$(database)" != odd ] || echo odd_files ;;
	remove-database,* | restore-database,*,master | restore-database,*,server) echo not_client ;;
	restore-database,*) restore_objection "$3" ;;
	remove-aside,*) aside_objection "$gate_var/data/removed-$3" ;;
	esac
}

transition_objection() { # ROLE: from $role, which is another
	case $role,$1,$(database) in
	*,partial) echo partial_database ;;
	client,server,odd | server,master,odd | client,master,odd) echo odd_files ;;
	client,server,* | server,client,* | master,client,*) ;;
	# A host without a database would be an empty master. A client has one only right after it was master itself.
	server,master,present | client,master,present) ;;
	server,master,* | client,master,*) echo no_database ;;
	*) echo illegal_transition ;;
	esac
}

restore_objection() ( # ID of the removal
	set +f
	found=
	for aside in "$gate_var/data/removed-${1%%.*}."*; do
		if [ -d "$aside" ] && [ ! -h "$aside" ]; then found=yes; fi
		for file in "$aside"/manifest.*; do # the rest was moved by another run: it is restored first
			case ${file##*.} in "${1%%.*}" | done | new | '*') ;; *) echo partial_database; exit ;; esac
		done
		for file in "$aside"/*.dat "$aside/sequence"; do
			if is_there "$file" && is_there "$gate_var/data/${file##*/}"; then echo exists; exit; fi
		done
	done
	[ -n "$found" ] || { echo nothing_there; exit; }
	case $(database) in absent | partial) ;; odd) echo odd_files ;; *) echo exists ;; esac
)

aside_objection() ( # DIRECTORY
	set +f
	is_there "$1" || { echo nothing_there; exit; }
	[ -d "$1" ] && [ ! -h "$1" ] || { echo odd_files; exit; }
	[ ! -e "$1/manifest" ] || { echo partial_database; exit; }
	for file in "$1"/* "$1"/.[!.]*; do
		if is_there "$file" && ! is_plain "$file"; then echo odd_files; exit; fi
	done
)

# -- what changes ------------------------------------------------------------------------------------------------------
answer_do() { # ID WORDS...: has it run if that id never ran, and follows its record
	asked_at=$(now) token=$$.$asked_at
	usable_state || { add_section "do" 'state=refused reason=state_unusable'; return; }
	record=$gate_state/records/$1
	if [ "$(record_state "$1")" = none ]; then
		mkdir -p "$record"
		detach "$1" "$token" "$@"
		until [ -e "$record/start" ] || [ -e "$record/refused.$token" ] || [ $(($(now) - asked_at)) -ge 20 ]; do
			pause
		done
	fi
	if [ -e "$record/refused.$token" ]; then
		add_section "do" "state=refused reason=$(cat "$record/refused.$token")"
		rm -f "$record/refused.$token"
		rmdir "$record" # unless it holds anything
	elif [ ! -e "$record/start" ]; then
		# A loaded host: it may begin yet. Who asks again begins it at last, or finds it begun.
		add_section "do" "state=running seconds=$(($(now) - asked_at))"
	elif [ "$(record_state "$1")" = void ]; then
		add_section "do" 'state=refused reason=void'
	elif [ -s "$record/start" ] && [ "$(sed -n 1p "$record/start")" != "$*" ]; then
		add_section "do" 'state=refused reason=other_request'
	else
		follow "do" "$1" "$gate_limit"
	fi
}

pause() {
	sleep 0.1 || sleep 1
}

detach() { # ID TOKEN ID WORDS...: beyond this connection, its terminal, its process group and the gate's memory limit
	if command -v setsid >/dev/null; then
		(unbounded exec setsid "$0" worker "$@") </dev/null >/dev/null &
	elif command -v perl >/dev/null; then
		(unbounded exec perl -e 'use POSIX; fork and exit; POSIX::setsid(); exec @ARGV' "$0" worker "$@") \
			</dev/null >/dev/null &
	else
		(trap '' HUP && unbounded exec "$0" worker "$@") </dev/null >/dev/null &
	fi
}

work_detached() { # ID TOKEN ID WORDS...: the one process that gets the host and the id runs it
	id=$1 token=$2 record=$gate_state/records/$1
	shift 2
	mkdir -p "$record" || exit 73
	if ! claim_host "$id"; then
		[ "$claim_id" = "$id" ] || decline busy
		exit 0
	fi
	# No other change of this host begins from here on: what was checked before is checked again.
	read_env
	reason=$(objection "$@")
	if [ -n "$reason" ] && [ ! -e "$record/start" ]; then decline "$reason"; fi
	if [ -z "$reason" ] && claim_id_for "$*"; then
		(umask 022 && cd / && perform "$@") </dev/null >"$record/out" 2>"$record/err" &
		echo "$! $(start_of $!)" >"$record/pid"
		wait $!
		status=$?
		[ "$status" -le 256 ] || status=$((status - 128)) # ksh93 tells a signal so
		# A full disk must not turn what is done into what is not known: it waits for room.
		until echo "$status" >"$record/exit.$$" && mv -f "$record/exit.$$" "$record/exit"; do sleep 5; done
	fi
	rm -f "$gate_state/change"
	forget_old_output
}

decline() { # REASON
	echo "$1" >"$record/refused.$token.$$" && mv -f "$record/refused.$token.$$" "$record/refused.$token"
}

claim_id_for() { # REQUEST: a link to a whole file is made by one of many only
	{
		echo "$1"
		echo $$
		boot_mark | tr '\n' ' '
		echo
		echo "$token"
		utc
		start_of $$
	} >"$record/start.$$" && ln "$record/start.$$" "$record/start"
	claimed=$?
	rm -f "$record/start.$$"
	return "$claimed"
}

forget_old_output() { # beyond two hundred records the oldest keep their outcome only
	# shellcheck disable=SC2012 # an id has no character that ls would change
	ls -1t "$gate_state/records" | sed 1,200d | while IFS= read -r old; do
		[ ! -s "$gate_state/records/$old/exit" ] || rm -f "$gate_state/records/$old/out" "$gate_state/records/$old/err"
	done
}

perform() { # ID WORDS...
	case $2 in
	convert)
		if [ "$role" = "$3" ]; then echo "boks-gate: BOKSINIT is $3 already: nothing was run"; return; fi
		exec "$gate_boksadm" -S convert -v "$3"
		;;
	boot-stop) exec "$gate_boksadm" -S Boot -k ;;
	boot-start) exec "$gate_boksadm" -S Boot ;;
	set-shm-size) exec "$gate_boksadm" -S cadm -E "SHM_SIZE=$3" ;;
	remove-database) remove_database "$gate_var/data" "$1" ;;
	restore-database) restore_database "$gate_var/data" "${3%%.*}" ;;
	remove-aside) remove_aside "$gate_var/data/removed-$3" ;;
	esac
}

remove_database() { # DATA ID: nothing is deleted, and nothing but these files is touched
	set +f
	aside=$1/removed-$2
	mkdir "$aside" || return
	for file in "$1"/*.dat "$1/sequence"; do
		is_there "$file" || continue
		if ! is_plain "$file"; then
			echo "boks-gate: $file is no plain file" >&2
			rm -f "$aside/manifest.new"
			rmdir "$aside"
			return 73
		fi
		say "${file##*/}" >>"$aside/manifest.new" || return
	done
	if [ ! -e "$aside/manifest.new" ]; then
		rmdir "$aside" && end_removals "$1" "${2%%.*}" && echo 'boks-gate: no database was there'
		return
	fi
	# As long as this file is there, the database is partial.
	mv "$aside/manifest.new" "$aside/manifest" || return
	while IFS= read -r name; do
		mv -f "$1/$name" "$aside/" || return
		say "moved $name to removed-$2"
	done <"$aside/manifest"
	end_removals "$1" "${2%%.*}"
}

end_removals() { # DATA RUN: nothing of a database is left there, so no removal is half done either, by that run
	for manifest in "$1"/removed-*/manifest; do
		[ ! -e "$manifest" ] || mv "$manifest" "$manifest.$2" || return
	done
}

restore_database() { # DATA RUN: all that the run has moved aside; what it had ended of others is half done again
	set +f
	for manifest in "$1"/removed-*/manifest."$2"; do
		[ ! -e "$manifest" ] || mv "$manifest" "${manifest%.*}" || return
	done
	for aside in "$1/removed-$2."*; do
		[ -d "$aside" ] && [ ! -h "$aside" ] || continue
		[ ! -e "$aside/manifest.done" ] || mv "$aside/manifest.done" "$aside/manifest" || return
		for file in "$aside"/*.dat "$aside/sequence"; do
			name=${file##*/}
			is_there "$file" || continue
			if is_there "$1/$name"; then echo "boks-gate: $1/$name is there" >&2; return 73; fi
			mv "$file" "$1/$name" || return
			say "moved $name back"
		done
		rm -f "$aside/manifest" "$aside/manifest.new"
		rmdir "$aside" || return
	done
}

remove_aside() { # DIRECTORY: of plain files only, as was checked right before
	set +f
	for file in "$1"/* "$1"/.[!.]*; do
		! is_plain "$file" || rm -f "$file" || return
	done
	rmdir "$1" && echo "removed ${1##*/}"
}

follow() { # SECTION ID SECONDS: waits for its end for so long, and tells how it stands
	state=$(record_state "$2")
	while [ "$state" = running ] && [ $(($(now) - asked_at)) -lt "$3" ]; do
		pause
		state=$(record_state "$2")
	done
	repeated=' repeated=yes'
	[ "$(sed -n 4p "$record/start")" != "$token" ] || repeated=
	status=
	[ "$state" != "done" ] || status=" exit=$(cat "$record/exit")"
	name=$1
	output=$(isolated tell_output | sed 1d)
	add_section "$1" "state=$state$status seconds=$(($(now) - asked_at))$repeated" "$output"
}

tell_output() { # what the command has printed so far
	sed 2000q "$record/out"
	cat "$record/err" >&3
} 3>&2 2>/dev/null

answer_record() { # ID
	asked_at=$(now) token=none record=$gate_state/records/$1
	case $(record_state "$1") in
	none) add_section record state=none ;;
	void) add_section record state=void ;;
	*) follow record "$1" 0 ;;
	esac
}

answer_void() { # ID: nothing runs under it any more, unless something has begun already
	asked_at=$(now) token=$$.$asked_at record=$gate_state/records/$1
	if usable_state && mkdir -p "$record"; then claim_id_for "$1 void"; fi
	case $(record_state "$1") in
	none) add_section void 'state=refused reason=state_unusable' ;;
	void) add_section void state=void ;;
	*) follow void "$1" 0 ;;
	esac
}

{
	case ${1-} in
	clean-worker)
		exec 2>/dev/null
		read_config
		shift
		gate_prefix=none
		[ "$gate_operator" = yes ] && work_detached "$@"
		;;
	*)
		prepare "$@"
		serve
		;;
	esac
	exit
}
