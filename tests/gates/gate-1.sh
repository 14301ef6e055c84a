#!/bin/sh
# boks-gate: answers one request of boks-exporter about this BoKS host, and does nothing else.
#
# It is the forced command of a restricted SSH key, or is sent to `sh -s` where it is not installed. The request is one
# line of words (SSH_ORIGINAL_COMMAND, or the arguments); only the exact words below are accepted, and no byte of a
# request ever reaches a shell or a command. POSIX sh and POSIX utilities only: Linux, AIX, Solaris, HP-UX.
#
# Reply: lines that begin with `=` are frames, with `|` a command's output, with `!` its errors. Every line of output
# is prefixed, so nothing that a command prints can look like a frame. Control characters become `?` (carriage returns
# blanks): what stands in a log cannot play with the terminal of whoever asks by hand.
#
#   =boks-gate/1 version=1.0.0 clock=2026-11-23T08:40:12  the host's UTC time
#   =section sequence
#   |T7 13678d 8:33:46 5053 (5053)
#   =end sequence exit=0 seconds=1                        or timeout=8 seconds=9, or skipped=REASON
#   =done sections=1
#
# That is all that the reading key can do. A second vocabulary, `boks-gate/1 op …`, changes the host. It exists only
# where root's own configuration says OPERATOR=yes and the forced command of another key says `operator` at its end.
#
# shellcheck disable=SC2329 # the sections' functions are called by `section`

gate_version=1.0.0
gate_shell=/bin/sh
gate_sent=no
gate_etc=/etc/opt/boksm
gate_var=/var/opt/boksm
gate_boksadm=/opt/boksm/sbin/boksadm
gate_prefix=none
gate_limit=8
gate_operator=no
gate_state=/var/opt/boks-gate
# -- the sender's settings are inserted here --
# Nothing of the caller's environment counts, neither variables (sshd can be set up to let a client choose some) nor
# functions that bash would import: an installed gate starts again without any. All this is Bourne's own syntax, so
# that the /bin/sh of Solaris 10, which is no POSIX shell, comes as far as the one that is.
case $gate_sent,$1 in
yes,* | no,clean | no,clean-root | no,clean-operator | no,clean-operator-root | no,clean-worker) ;;
*)
	/usr/bin/test -x /usr/xpg4/bin/sh && gate_shell=/usr/xpg4/bin/sh
	case $1 in
	request-on-stdin) exec /usr/bin/env -i "$gate_shell" "$0" clean-root ;;
	operator-on-stdin) exec /usr/bin/env -i "$gate_shell" "$0" clean-operator-root "${SUDO_USER-}" ;;
	operator) shift && exec /usr/bin/env -i "$gate_shell" "$0" clean-operator "${SSH_ORIGINAL_COMMAND-$*}" ;;
	worker) shift && exec /usr/bin/env -i "$gate_shell" "$0" clean-worker "$@" ;;
	*) exec /usr/bin/env -i "$gate_shell" "$0" clean "${SSH_ORIGINAL_COMMAND-$*}" ;;
	esac
	;;
esac

PATH=/usr/xpg4/bin:/usr/bin:/bin:/usr/sbin:/sbin
HOME=/
LC_ALL=C
UNIX95=1 # HP-UX: makes ps understand -o
IFS=' 	
'
export PATH HOME LC_ALL UNIX95
unset TIME_STYLE QUOTING_STYLE _POSIX2_VERSION # the login's, where the gate is sent: GNU's ls and tail obey them
set -f
umask 077

refuse() { # REASON STATUS [TEXT]
	printf '=refused %s\n' "$1"
	[ -z "${3-}" ] || printf 'boks-gate: %s\n' "$3" >&2
	exit "$2"
}

# -- configuration: a root-owned file beside the installed gate --------------------------------------------------------
read_config() {
	config=${0%/*}/boks-gate.conf
	[ -e "$config" ] || [ -h "$config" ] || return 0
	for trusted in "${0%/*}/." "$0" "$config"; do
		is_trusted "$trusted" || refuse untrusted_config 78 "$trusted must be root's and writable for nobody else"
	done
	number=0
	while IFS='=' read -r key value || [ -n "$key" ]; do
		number=$((number + 1))
		take_setting "$key" "$value" || refuse bad_config 78 "$config: line $number is not understood"
	done <"$config"
}

is_trusted() { # PATH [UID]: a plain file or directory of root's, or of that user's, that nobody else can write
	owner=${2-0}
	# shellcheck disable=SC2046 # the fields of ls are wanted as words; globbing is off
	set -- $(ls -ldn "$1" 2>/dev/null)
	case ${3-},${1-} in
	"$owner",[d-]????-??-*) return 0 ;;
	esac
	return 1
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
	SECTION_TIMEOUT,0* | SECTION_TIMEOUT,*[!0-9]* | SECTION_TIMEOUT,?????*) return 1 ;;
	SECTION_TIMEOUT,?*) gate_limit=$2 ;;
	*) return 1 ;;
	esac
}

# -- request: an exact list of words -----------------------------------------------------------------------------------
check_request() { # REQUEST: refuses, or leaves the sections in $sections
	[ "${#1}" -le 200 ] || refuse too_long 64
	case $1 in
	*[!abcdefghijklmnopqrstuvwxyz0123456789/\ -]*) refuse bad_character 64 ;;
	esac
	# shellcheck disable=SC2086 # the words are wanted; globbing is off
	set -- $1
	[ "${1-}" = boks-gate/1 ] || refuse unknown_protocol 64
	shift
	[ $# -gt 0 ] || refuse no_section 64
	asked=$#
	sections=' '
	for word in "$@"; do
		case $word in
		role | sequence | list | memory | errlog | queue | checksums) ;;
		*) refuse unknown_word 64 ;;
		esac
		case $sections in
		*" $word "*) refuse repeated_word 64 ;;
		esac
		sections="$sections$word "
	done
}

utc() {
	date -u '+%Y-%m-%dT%H:%M:%S'
}

# -- running a command within its limit --------------------------------------------------------------------------------
seconds_of_day() {
	# shellcheck disable=SC2046 # three numbers
	set -- $(date -u '+%H %M %S')
	echo $((${1#0} * 3600 + ${2#0} * 60 + ${3#0}))
}

family() { # PID: the process, all below it, and what has lost its parent in this gate's process group
	ps -A -o pid= -o ppid= -o pgid= 2>/dev/null | awk -v root="$1" -v gate="$$" '
		{ parent[$1] = $2; group[$1] = $3 }
		END {
			for (pid = gate; pid in parent && !(pid in above); pid = parent[pid]) above[pid] = 1
			kin[root] = 1
			for (pid in group)
				if (group[pid] == group[gate] && group[parent[pid]] != group[gate] && !(pid in above) &&
					(parent[pid] <= 1 || parent[pid] != parent[gate])) kin[pid] = 1
			do {
				found = 0
				for (pid in parent) if (!(pid in kin) && parent[pid] in kin) { kin[pid] = 1; found = 1 }
			} while (found)
			for (pid in kin) print pid
		}'
}

cut_off() { # SECONDS PID: ends the process and all that it started if it takes a whole second longer
	left=$(($1 + 1))
	while [ "$left" -gt 0 ]; do
		sleep 1
		kill -0 "$2" || exit 0
		left=$((left - 1))
	done
	doomed=
	for signal in TERM KILL KILL; do
		# What ignores the first signal loses its parent by it, hence the list that grows.
		doomed="$doomed $(family "$2")"
		# shellcheck disable=SC2086 # a list of process ids
		kill -"$signal" $doomed
		[ "$signal" = KILL ] || sleep 1
	done
}

limited() { # COMMAND...: runs it, and leaves how it ended in $ending
	began=$(seconds_of_day)
	"$@" </dev/null 3>&- 4>&- &
	command_pid=$!
	cut_off "$gate_limit" "$command_pid" </dev/null >/dev/null 2>&1 3>&- 4>&- &
	timer_pid=$!
	wait "$command_pid" 2>/dev/null
	status=$?
	[ "$status" -le 256 ] || status=$((status - 128)) # ksh93 tells a signal so
	took=$(($(seconds_of_day) - began))
	[ "$took" -ge 0 ] || took=$((took + 86400))
	# What took longer than the limit by the clock's whole seconds may have been cut, what did not cannot have been. The
	# timer's own word is not asked for: ksh93 can lose its status, and mksh puts off a TERM until its sleep has ended.
	ending="exit=$status"
	if [ "$took" -gt "$gate_limit" ]; then ending="timeout=$gate_limit"; else kill -KILL "$timer_pid"; fi
	wait "$timer_pid" 2>/dev/null
	ending="$ending seconds=$took"
}

# The end of an output is a mark, not the end of the file: a process left in the background can hold that open for ever.
until_mark() { # PREFIX
	sed -n -e "/$gate_mark\$/{" -e 's///' -e "/./s/^/$1/p" -e q -e '}' -e "s/^/$1/p" | printable
}

errors_until_mark() { # the first 50 lines, cut at 500 characters; at the second mark, what stood behind the first
	sed -n -e "/^$gate_mark\$/{" -e x -e p -e q -e '}' -e "/^$gate_mark/{" -e 's///' -e h -e d -e '}' \
		-e '/^$/d' -e 's/^\(.\{250\}.\{250\}\).*/\1/' -e '1,50s/^/!/p' | printable
}

printable() { # tabs stay
	tr '\015\000-\010\013\014\016-\037\177' ' [?*]'
}

section() { # NAME COMMAND...
	name=$1
	shift
	printf '=section %s\n' "$name"
	# Output streams to descriptor 4; errors and, as last line, the ending come back through 3. The second mark comes
	# when all output is written: ksh waits only for the last command of a pipeline, which reads the errors.
	errors=$({
		{
			limited "$@" 2>&3
			printf '\n%s%s\n' "$gate_mark" "$ending" >&3
			printf '%s\n' "$gate_mark"
		} | until_mark '|' >&4
		printf '\n%s\n' "$gate_mark" >&3
	} 3>&1 | errors_until_mark)
	ending=$(printf '%s\n' "$errors" | sed -n '$p')
	printf '%s\n' "$errors" | sed '$d'
	printf '=end %s %s\n' "$name" "$ending"
	# One command that hangs is seldom the only one: the others still get a chance, within the asker's patience.
	case $ending in timeout=*) gate_limit=1 ;; esac
}

# -- what is read ------------------------------------------------------------------------------------------------------
as_root() { # COMMAND...: in place of the subshell that calls this, so that no shell reports its end
	# Where sudo and BoKS's suexec live on AIX, Solaris and HP-UX; nothing else is looked for there.
	PATH=$PATH:/usr/local/bin:/opt/freeware/bin:/opt/csw/bin:/usr/sfw/bin:/opt/sudo/bin:/opt/boksm/bin
	case $gate_prefix in
	sudo) exec sudo -n "$@" ;;
	suexec) exec suexec "$@" ;;
	*) exec "$@" ;;
	esac
}

on_file() { # FILE COMMAND...: as root only where the file cannot be read without; replaces its subshell, too
	file=$1
	shift
	if [ -r "$file" ]; then exec "$@" "$file"; else as_root "$@" "$file"; fi
}

env_lines() { # three keys of ENV with their values; nothing else of it leaves the host
	env_text=$(on_file "$gate_etc/ENV" /bin/cat) || return
	start='^[[:blank:]]*\(export[[:blank:]]\{1,\}\)\{0,1\}'
	word="[]A-Za-z0-9_.:,/\"'[-]*"
	printf '%s\n' "$env_text" | sed -n \
		-e "s|$start\\(BOKSINIT=$word\\).*|\\2|p" \
		-e "s|$start\\(SHM_SIZE=$word\\).*|\\2|p" \
		-e "s|$start\\(BRIDGE_ACCEPT_MASTER_IPS=[^;#&|<>(){}\$\`\\\\=]*\\).*|\\2|p"
}

errlog() {
	count=$(on_file "$gate_var/boks_errlog" /usr/bin/wc -l) || return
	# shellcheck disable=SC2086 # the number without the blanks and the name around it
	set -- $count
	printf 'lines=%s\n' "$1"
	# Not -n 30: the tail of Solaris outside /usr/xpg4 does not know it, and a sudo rule names one path for all.
	on_file "$gate_var/boks_errlog" /usr/bin/tail -30 | sed 's/^/> /'
}

queue() {
	TZ=UTC0
	export TZ
	spool=$(on_file "$gate_var/data/master_spool" /bin/ls -ltr) || return
	printf '%s\n' "$spool" | awk '
		$NF ~ /^dd_fcom_/ { if (!files++) oldest = $0 }
		END { print "files=" files + 0; if (files) print "oldest=" oldest }'
}

checksums() {
	{ [ -x "$gate_etc" ] && [ ! -e "$gate_etc/method.conf" ]; } ||
		on_file "$gate_etc/method.conf" /usr/bin/cksum | awk '{ print "method.conf", $1, $2 }'
	# As a shell reads assignments: the last one counts, and quotes and blanks around the value do not.
	for key in SHM_SIZE BRIDGE_ACCEPT_MASTER_IPS; do
		printf '%s\n' "$known_env" | sed -n "s/^$key=//p" | sed -n "s/[\"']//g; s/[[:blank:]]*\$//; \$p" |
			cksum | awk -v key="$key" '$2 > 0 { print key, $1, $2 }'
	done
}

answer() { # SECTION
	case $1,$role in
	role,*) if [ -n "$known_env" ]; then section role printf '%s\n' "$known_env"; else section role env_lines; fi ;;
	sequence,client | memory,client) printf '=section %s\n=end %s skipped=client\n' "$1" "$1" ;;
	list,server | list,client | queue,server | queue,client)
		printf '=section %s\n=end %s skipped=not_master\n' "$1" "$1"
		;;
	sequence,* | list,*) section "$1" as_root "$gate_boksadm" -S boksdiag "$1" ;;
	memory,*) section memory as_root "$gate_boksadm" -S dumpbase -m ;;
	*) section "$1" "$1" ;;
	esac
}

know_role() { # leaves the lines of ENV that matter in $known_env, and the word of BOKSINIT in $role
	gate_mark=mark$$x$(od -An -N8 -tx1 /dev/urandom 2>/dev/null | tr -d ' \n')
	known_env=$({ limited env_lines 2>/dev/null && printf '%s\n' "$gate_mark"; } | until_mark '')
	role=$(printf '%s\n' "$known_env" | sed -n 's/^BOKSINIT=["'\'']*\([A-Za-z]*\).*$/\1/p' | sed -n '$p')
}

main() { # REQUEST
	check_request "$1"
	# Only root can end a command of root's that hangs, so an installed gate is root as a whole or not at all.
	case $gate_sent,$gate_prefix in no,s*) printf '%s\n' "$1" | as_root "$0" request-on-stdin; exit ;; esac
	exec 4>&1
	printf '=boks-gate/1 version=%s clock=%s\n' "$gate_version" "$(utc)"
	know_role
	for word in $sections; do answer "$word"; done
	printf '=done sections=%s\n' "$asked"
}

# -- the operator's vocabulary: a gate that is sent along has nothing of it --------------------------------------------
# Changes, each exactly once. A request that changes something carries an id, RUN.STEP. What it starts runs detached
# from the connection and keeps a record, $gate_state/records/ID, from which the same request is answered ever after:
#
#   =end do state=done exit=0 seconds=3        its command has ended; repeated=yes: an earlier request's
#   =end do state=running seconds=8            it still runs: ask again
#   =end do state=interrupted seconds=0        it began, and its process is gone without an exit status: look closely
#   =end do state=refused reason=not_locked    nothing was run, nothing was recorded
check_operation() { # REQUEST: refuses, or leaves its words behind `op` in $operation
	[ "${#1}" -le 200 ] || refuse too_long 64
	case $1 in
	*[!ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/\ -]*) refuse bad_character 64 ;;
	esac
	# shellcheck disable=SC2086 # the words are wanted; globbing is off
	set -- $1
	[ "${1-}" = boks-gate/1 ] || refuse unknown_protocol 64
	[ "${2-}" = op ] || refuse unknown_word 64
	shift 2
	operation=$*
	case "$# $*" in
	'1 preflight' | '1 registered' | '1 lock-show') return ;;
	'3 reach '*) is_host "$2" && is_number "$3" 65535 ;;
	'3 lock '*) is_name "$2" && is_owner "$3" ;;
	'2 unlock '* | '2 break-lock '*) is_name "$2" ;;
	'2 record '*) is_id "$2" ;;
	'4 do '*' convert master' | '4 do '*' convert server' | '4 do '*' convert client') is_id "$2" ;;
	'3 do '*' boot-stop' | '3 do '*' boot-start' | '3 do '*' remove-database') is_id "$2" ;;
	'4 do '*' set-shm-size '*) is_id "$2" && is_number "$4" 99999999 ;;
	'4 do '*' restore-database '*) is_id "$2" && is_id "$4" ;;
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

is_host() { # WORD: a name or an address
	case $1 in [.:_/-]* | */*) return 1 ;; esac
}

is_number() { # WORD LIMIT: from 1 to the limit
	case $1 in 0* | *[!0-9]* | ?????????*) return 1 ;; esac
	[ "$1" -le "$2" ]
}

# -- what only looks ---------------------------------------------------------------------------------------------------
usable_state() { # the directory of locks and records is there, and nobody else can write it
	[ -d "$gate_state" ] || mkdir -p "$gate_state" 2>/dev/null
	[ ! -h "$gate_state" ] && is_trusted "$gate_state/." "$(id -u)" && [ -w "$gate_state" ]
}

preflight() { # everything that a change needs, over the very way that it takes
	printf 'hostname=%s\nrole=%s\ndaemons=%s\n' "$(uname -n)" "${role:-unknown}" "$(daemons)"
	# Root may, and so may a login to which BoKS's directories belong (PREFIX=none).
	if [ -w "$gate_var/data" ] && [ -x "$gate_var/data" ]; then echo permitted=yes; else echo permitted=no; fi
	if [ -x "$gate_boksadm" ]; then echo boksadm=yes; else echo boksadm=no; fi
	if usable_state && probe; then echo state=writable; else echo state=unusable; fi
	printf 'lock=%s\nbusy=%s\n' "$(holder=$(lock_holder) && echo "$holder" || echo none)" "$(running_id)"
	# shellcheck disable=SC2046 # the fields of df are wanted as words
	set -- $(df -Pk "$gate_var/data" 2>/dev/null | sed -n '$p')
	case ${4-} in '' | *[!0-9]*) ;; *) printf 'free_kilobytes=%s\n' "$4" ;; esac
	if has_database; then echo database=present; else echo database=absent; fi
	! session_is_killed || echo session=killed
}

session_is_killed() { # logind ends all that the login started with its session: BoKS's daemons, too (logind.conf)
	logind() { loginctl show-user -p "$1" 2>/dev/null | sed -n "s/^$1=//p"; }
	[ "$(logind KillUserProcesses)" = yes ] || return 1
	login=${gate_login:-$(id -un)}
	case " $(logind KillExcludeUsers) " in *" $login "*) return 1 ;; esac
	case " $(logind KillOnlyUsers) " in '  ' | *" $login "*) return 0 ;; esac
	return 1
}

probe() { # a file can be written now: there is room
	if { echo probe >"$gate_state/probe.$$"; } 2>/dev/null; then room=yes; else room=no; fi
	rm -f "$gate_state/probe.$$"
	[ "$room" = yes ]
}

daemons() { # running where anything says so; stopped only where BoKS's own directory of pid files says so, too
	listed=$(ps -A -o pid= -o comm= 2>/dev/null) || { echo unknown; return; }
	pid=$(sed -n '1s/[^0-9]//g;1p' "$gate_var/LCK/boks_init" 2>/dev/null)
	case "$(printf '%s\n' "$listed" | awk -v pid="${pid:-none}" '
		$1 == pid || $2 ~ /(^|\/)boks_(init|master|drainmast)$/ { print "found" }')" in
	*found*) echo running ;;
	*) if [ -d "$gate_var/LCK" ]; then echo stopped; else echo unknown; fi ;;
	esac
}

has_database() (
	set +f
	is_plain "$gate_var/data/sequence" || exit 1
	for file in "$gate_var"/data/*.dat; do is_plain "$file" && exit 0; done
	exit 1
)

is_plain() { # PATH: a file, and no link to one
	[ -f "$1" ] && [ ! -h "$1" ]
}

reach() { # HOST PORT: whether this host can open a TCP connection there, by the first tool that can tell
	printf '=section reach\n'
	[ "$gate_limit" -le 6 ] || gate_limit=6
	tried=$({ limited knock "$1" "$2" 2>/dev/null; printf 'ending=%s\n' "$ending"; })
	told() { printf '%s\n' "$tried" | sed -n "s/^$1=//p" | sed -n '$p'; }
	ending=$(told ending)
	case $ending in timeout=*) word=timeout ;; *) word=$(told answer) ;; esac
	printf '|reach=%s\n|tool=%s\n=end reach exit=0 %s\n' "${word:-unknown}" "$(told tool)" "${ending##* }"
}

knock() { # HOST PORT
	for tool in perl python3 bash nc telnet; do
		command -v "$tool" >/dev/null || continue
		echo "tool=$tool"
		"knock_by_$tool" "$1" "$2" >/dev/null
		case $? in 0) echo answer=reachable ;; 1) echo answer=refused ;; 2) echo answer=timeout ;; *) continue ;; esac
		return
	done
	echo tool=none
}

knock_by_perl() {
	perl -e 'use Socket; alarm 3; my $to = inet_aton($ARGV[0]) or exit 3;
		socket(my $s, PF_INET, SOCK_STREAM, 6) or exit 3;
		$SIG{ALRM} = sub { exit 2 }; alarm 4; exit 0 if connect($s, sockaddr_in($ARGV[1], $to));
		exit($!{ECONNREFUSED} ? 1 : $!{ETIMEDOUT} || $!{EHOSTUNREACH} || $!{ENETUNREACH} ? 2 : 3)' "$1" "$2"
}

knock_by_python3() {
	python3 -I -c 'import socket, sys
try: socket.create_connection((sys.argv[1], int(sys.argv[2])), 4)
except ConnectionRefusedError: sys.exit(1)
except socket.gaierror: sys.exit(3)
except OSError: sys.exit(2)' "$1" "$2"
}

# The others cannot tell a closed port from a bad name: what they do not reach stays unknown.
knock_by_bash() {
	# shellcheck disable=SC2016 # bash is to expand this
	bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" || return 3
}

knock_by_nc() {
	nc -z -w 4 "$1" "$2" || return 3
}

knock_by_telnet() {
	case $(telnet "$1" "$2") in *'Connected to'*) ;; *) return 3 ;; esac
}

# -- the lock of this host ---------------------------------------------------------------------------------------------
lock_holder() { # prints `RUN OWNER SINCE`, or fails
	cat "$gate_state/lock" 2>/dev/null
}

tell_lock() { # RUN or -: who holds it; status 1 where that is another run
	# shellcheck disable=SC2046 # three words
	set -- "$1" $(lock_holder)
	[ $# -gt 1 ] || { echo lock=none; return 0; }
	case $1 in "$2" | -) word=held ;; *) word=other ;; esac
	printf 'lock=%s\nrun=%s\nowner=%s\nsince=%s\n' "$word" "$2" "${3-}" "${4-}"
	[ "$word" = held ]
}

take_lock() { # RUN OWNER: a link to a whole file is made by one of many only, and never without its content
	usable_state || { echo "boks-gate: $gate_state cannot be used" >&2; return 73; }
	mine=$gate_state/lock.$$
	printf '%s %s %s\n' "$1" "$2" "$(utc)" >"$mine" && ln "$mine" "$gate_state/lock" 2>/dev/null
	rm -f "$mine"
	tell_lock "$1" | sed 's/^lock=none$/lock=failed/'
	[ "$(lock_holder | sed 's/ .*//')" = "$1" ]
}

give_lock_back() { # RUN: moved away before it is looked at again, so that nobody's new lock is removed
	tell_lock "$1" >/dev/null || { tell_lock "$1"; return 1; }
	mine=$gate_state/lock.$$
	mv -f "$gate_state/lock" "$mine" 2>/dev/null
	case $(cat "$mine" 2>/dev/null) in "$1 "* | '') ;; *) ln "$mine" "$gate_state/lock" ;; esac
	rm -f "$mine"
	tell_lock "$1"
}

# -- records -----------------------------------------------------------------------------------------------------------
boot_mark() {
	cat /proc/sys/kernel/random/boot_id 2>/dev/null || who -b 2>/dev/null
}

record_state() { # ID: none, running, done or interrupted
	record=$gate_state/records/$1
	[ -e "$record/start" ] || { echo none; return; }
	case $(cat "$record/exit" 2>/dev/null) in
	'') ;;
	*[!0-9]*) echo interrupted; return ;;
	*) echo "done"; return ;;
	esac
	still=interrupted
	if [ "$(sed -n 3p "$record/start")" = "$(boot_mark | tr '\n' ' ')" ]; then
		worker=$(sed -n 2p "$record/start")
		case "$(ps -A -o pid= -o args= 2>/dev/null | awk -v pid="$worker" '$1 == pid')" in
		*clean-worker*) still=running ;;
		esac
		pid=$(cat "$record/pid" 2>/dev/null)
		if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then still=running; fi
	fi
	# Its exit may have been written while this looked for its process.
	if [ -s "$record/exit" ]; then echo "done"; else echo "$still"; fi
}

running_id() { # the id of a command that still runs on this host, or none
	(
		set +f
		for start in "$gate_state"/records/*/start; do
			id=${start%/start}
			id=${id##*/}
			[ -e "$start" ] && [ ! -s "${start%/start}/exit" ] && [ "$(record_state "$id")" = running ] || continue
			echo "$id"
			exit
		done
		echo none
	)
}

objection() { # ID WORDS...: why the change is not made, or nothing
	{ usable_state && probe; } || { echo state_unusable; return; }
	[ "$(lock_holder | sed 's/ .*//')" = "${1%%.*}" ] || { echo not_locked; return; }
	[ "$(running_id)" = none ] || { echo busy; return; }
	case $2,${3-},$role in
	convert,master,master | convert,server,server | convert,client,client) ;;
	convert,*,master | convert,*,server | convert,*,client) transition_objection "$3" ;;
	convert,*) echo role_unknown ;;
	remove-database,,client) odd_database && echo odd_files ;;
	remove-database,* | restore-database,*,master | restore-database,*,server) echo not_client ;;
	restore-database,*) restore_objection "$3" ;;
	esac
}

transition_objection() { # ROLE: from $role, which is another
	case $role,$1 in
	client,server | server,client | master,client) ;;
	# A host without a database would be an empty master. A client has one only right after it was master itself.
	server,master | client,master) has_database || echo no_database ;;
	*) echo illegal_transition ;;
	esac
}

odd_database() ( # whether a name of the database is no plain file, or the directory is a link
	set +f
	[ ! -h "$gate_var/data" ] || exit 0
	for file in "$gate_var"/data/*.dat "$gate_var/data/sequence"; do
		if [ -e "$file" ] || [ -h "$file" ]; then is_plain "$file" || exit 0; fi
	done
	exit 1
)

restore_objection() ( # ID of the removal
	set +f
	[ -d "$gate_var/data/removed-$1" ] && [ ! -h "$gate_var/data/removed-$1" ] || { echo nothing_there; exit; }
	for file in "$gate_var"/data/*.dat "$gate_var/data/sequence"; do
		if [ -e "$file" ] || [ -h "$file" ]; then echo exists; exit; fi
	done
)

# -- what changes ------------------------------------------------------------------------------------------------------
operate() { # ID WORDS...: has it run if that id never ran, and follows its record
	printf '=section do\n'
	began=$(seconds_of_day)
	state=$(record_state "$1")
	if [ "$state" = none ]; then
		reason=$(objection "$@")
		# Somebody with the same id may have been quicker, and the host is changed already.
		if [ -n "$reason" ] && [ "$(record_state "$1")" = none ]; then
			printf '=end do state=refused reason=%s\n' "$reason"
			return
		fi
		detach "$1" "$gate_mark" "$@"
		until [ -e "$gate_state/records/$1/start" ] || [ "$(since "$began")" -ge 20 ]; do pause; done
	fi
	if [ ! -e "$gate_state/records/$1/start" ]; then
		# A loaded host: it may begin yet. Who asks again begins it at last, or finds it begun.
		printf '=end do state=running seconds=%s\n' "$(since "$began")"
	elif [ "$(sed -n 1p "$gate_state/records/$1/start")" != "$*" ]; then
		printf '=end do state=refused reason=other_request\n'
	else
		follow "do" "$1" "$gate_limit"
	fi
}

since() { # SECONDS OF DAY: how long ago that was
	passed=$(($(seconds_of_day) - $1))
	[ "$passed" -ge 0 ] || passed=$((passed + 86400))
	echo "$passed"
}

pause() {
	sleep 0.1 2>/dev/null || sleep 1
}

detach() { # ID TOKEN ID WORDS...: beyond the end of this connection, its terminal and its process group
	if command -v setsid >/dev/null; then
		setsid "$0" worker "$@" </dev/null >/dev/null 2>&1 4>&- &
	elif command -v perl >/dev/null; then
		perl -e 'use POSIX; fork and exit; POSIX::setsid(); exec @ARGV' "$0" worker "$@" \
			</dev/null >/dev/null 2>&1 4>&- &
	else
		(trap '' HUP && exec "$0" worker "$@") </dev/null >/dev/null 2>&1 4>&- &
	fi
}

work() { # ID TOKEN ID WORDS...: the one process that claims the id runs it
	id=$1 token=$2 record=$gate_state/records/$1
	shift 2
	mkdir -p "$record" || exit 73
	printf '%s\n' "$*" "$$" "$(boot_mark | tr '\n' ' ')" "$token" "$(utc)" >"$record/start.$$" &&
		ln "$record/start.$$" "$record/start" 2>/dev/null
	claimed=$?
	rm -f "$record/start.$$"
	[ "$claimed" = 0 ] || exit 0
	(umask 022 && cd / && perform "$@") </dev/null >"$record/out" 2>"$record/err" &
	echo $! >"$record/pid"
	wait $!
	status=$?
	[ "$status" -le 256 ] || status=$((status - 128)) # ksh93 tells a signal so
	# A full disk must not turn what is done into what is not known: it waits for room.
	until { echo "$status" >"$record/exit.$$" && mv -f "$record/exit.$$" "$record/exit"; } 2>/dev/null; do sleep 5; done
	forget_old_output
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
	restore-database) restore_database "$gate_var/data" "$3" ;;
	esac
}

remove_database() { # DATA ID: nothing is deleted, and nothing but these files is touched
	set +f
	mkdir "$1/removed-$2" || return
	for file in "$1"/*.dat "$1/sequence"; do
		if [ -e "$file" ] || [ -h "$file" ]; then
			is_plain "$file" || { echo "boks-gate: $file is no plain file" >&2; return 73; }
			mv -f "$file" "$1/removed-$2/" || return
			echo "moved ${file##*/} to removed-$2"
		fi
	done
	rmdir "$1/removed-$2" 2>/dev/null && echo 'boks-gate: no database was there'
	return 0
}

restore_database() { # DATA ID
	set +f
	for file in "$1/removed-$2"/*.dat "$1/removed-$2/sequence"; do
		name=${file##*/}
		[ -e "$file" ] || continue
		if [ -e "$1/$name" ] || [ -h "$1/$name" ]; then echo "boks-gate: $1/$name is there" >&2; return 73; fi
		mv -f "$file" "$1/$name" || return
		echo "moved $name back"
	done
	rmdir "$1/removed-$2"
}

follow() { # SECTION ID SECONDS: streams the output for so long, and tells how it ended
	record=$gate_state/records/$2 shown=0
	repeated=' repeated=yes'
	[ "$(sed -n 4p "$record/start")" != "$gate_mark" ] || repeated=
	while state=$(record_state "$2"); [ "$state" = running ] && [ "$(since "$began")" -lt "$3" ]; do
		tell_output
		pause
	done
	tell_output rest
	[ ! -s "$record/err" ] ||
		sed -e '51,$d' -e 's/^\(.\{250\}.\{250\}\).*/\1/' -e 's/^/!/' "$record/err" | printable
	status=
	[ "$state" != "done" ] || status=" exit=$(cat "$record/exit")"
	printf '=end %s state=%s%s seconds=%s%s\n' "$1" "$state" "$status" "$(since "$began")" "$repeated"
}

tell_output() { # [rest]: the lines that are complete and were not told yet, up to two thousand in all
	[ -e "$record/out" ] || return 0
	lines=$(wc -l <"$record/out")
	[ -z "${1-}" ] || lines=$((lines + 1))
	[ "$lines" -le 2000 ] || lines=2000
	[ "$lines" -gt "$shown" ] || return 0
	printable <"$record/out" | awk -v from="$shown" -v to="$((lines))" 'NR > to { exit } NR > from { print "|" $0 }'
	shown=$((lines))
}

operate_main() { # REQUEST
	[ "$gate_operator" = yes ] || refuse operator_disabled 64
	check_operation "$1"
	case $gate_prefix in s*) printf '%s\n' "$1" | as_root "$0" operator-on-stdin; exit ;; esac
	exec 4>&1
	printf '=boks-gate/1 version=%s clock=%s\n' "$gate_version" "$(utc)"
	know_role
	# shellcheck disable=SC2086 # the checked words; globbing is off
	set -- $operation
	word=$1
	shift
	case $word,$role in
	preflight,*) section preflight preflight ;;
	registered,master) section registered as_root "$gate_boksadm" -S hostadm -l -t BOKSREPLICA -S ;;
	registered,*) printf '=section registered\n=end registered skipped=not_master\n' ;;
	reach,*) reach "$1" "$2" ;;
	lock,*) section lock take_lock "$1" "$2" ;;
	unlock,* | break-lock,*) section "$word" give_lock_back "$1" ;;
	lock-show,*) section lock-show tell_lock - ;;
	record,*) tell_record "$1" ;;
	do,*) operate "$@" ;;
	esac
	printf '=done sections=1\n'
}

tell_record() { # ID
	printf '=section record\n'
	began=$(seconds_of_day)
	if [ "$(record_state "$1")" = none ]; then printf '=end record state=none\n'; else follow record "$1" 0; fi
}

# -- the operator's vocabulary ends here -------------------------------------------------------------------------------
[ "$gate_sent" = yes ] || read_config
case $gate_sent,$1 in
yes,*) main "$*" ;;
no,clean) main "${2-}" ;;
no,clean-root) gate_prefix=none && IFS= read -r request; main "${request-}" ;;
no,clean-operator) operate_main "${2-}" ;;
no,clean-operator-root) gate_prefix=none gate_login=${2-} && IFS= read -r request; operate_main "${request-}" ;;
no,clean-worker) [ "$gate_operator" = yes ] && shift && gate_prefix=none && know_role && work "$@" ;;
esac
