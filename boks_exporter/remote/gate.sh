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
# shellcheck disable=SC2329 # the sections' functions are called by `section`

gate_version=1.0.0
gate_shell=/bin/sh
gate_sent=no
gate_etc=/etc/opt/boksm
gate_var=/var/opt/boksm
gate_boksadm=/opt/boksm/sbin/boksadm
gate_prefix=none
gate_limit=8
# -- the sender's settings are inserted here --
# Nothing of the caller's environment counts, neither variables (sshd can be set up to let a client choose some) nor
# functions that bash would import: an installed gate starts again without any. All this is Bourne's own syntax, so
# that the /bin/sh of Solaris 10, which is no POSIX shell, comes as far as the one that is.
case $gate_sent,$1 in
yes,* | no,clean | no,clean-root) ;;
*)
	/usr/bin/test -x /usr/xpg4/bin/sh && gate_shell=/usr/xpg4/bin/sh
	case $1 in
	request-on-stdin) exec /usr/bin/env -i "$gate_shell" "$0" clean-root ;;
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

is_trusted() { # PATH: a plain file or directory of root's that nobody else can write
	# shellcheck disable=SC2046 # the fields of ls are wanted as words; globbing is off
	set -- $(ls -ldn "$1" 2>/dev/null)
	case ${3-},$1 in
	0,[d-]????-??-*) return 0 ;;
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
	for key in SHM_SIZE BRIDGE_ACCEPT_MASTER_IPS; do
		printf '%s\n' "$known_env" | sed -n "s/^$key=//p" | cksum | awk -v key="$key" '$2 > 0 { print key, $1, $2 }'
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

main() { # REQUEST
	check_request "$1"
	# Only root can end a command of root's that hangs, so an installed gate is root as a whole or not at all.
	case $gate_sent,$gate_prefix in no,s*) printf '%s\n' "$1" | as_root "$0" request-on-stdin; exit ;; esac
	gate_mark=mark$$x$(od -An -N8 -tx1 /dev/urandom 2>/dev/null | tr -d ' \n')
	exec 4>&1
	printf '=boks-gate/1 version=%s clock=%s\n' "$gate_version" "$(date -u '+%Y-%m-%dT%H:%M:%S')"
	known_env=$({ limited env_lines 2>/dev/null && printf '%s\n' "$gate_mark"; } | until_mark '')
	role=$(printf '%s\n' "$known_env" | sed -n 's/^BOKSINIT=["'\'']*\([A-Za-z]*\).*$/\1/p' | sed -n '$p')
	for word in $sections; do answer "$word"; done
	printf '=done sections=%s\n' "$asked"
}

[ "$gate_sent" = yes ] || read_config
case $gate_sent,$1 in
yes,*) main "$*" ;;
no,clean) main "${2-}" ;;
no,clean-root) gate_prefix=none && IFS= read -r request; main "${request-}" ;;
esac
