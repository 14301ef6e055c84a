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
