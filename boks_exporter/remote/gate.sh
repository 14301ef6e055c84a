#!/bin/sh
# boks-gate: answers one request of boks-exporter about this BoKS host, and does nothing else.
#
# It is the forced command of a restricted SSH key, or is sent to `sh -s` where it is not installed. The request is one
# line of words (SSH_ORIGINAL_COMMAND, or the arguments); only the exact words below are accepted, and no byte of a
# request ever reaches a shell or a command. POSIX sh and POSIX utilities only: Linux, AIX, Solaris, HP-UX.
#
# Reply: lines that begin with `=` are frames, with `|` a command's output, with `!` its errors. Every line of output
# is prefixed, so nothing that a command prints can look like a frame.
#
#   =boks-gate/1 version=1.0.0 clock=2026-11-23T08:40:12      the host's UTC time
#   =section sequence
#   |T7 13678d 8:33:46 5053 (5053)
#   =end sequence exit=0 seconds=1                            or timeout=20, or skipped=REASON
#   =done sections=1
#
# shellcheck disable=SC2329 # the sections' functions are called by `section`

gate_version=1.0.0

# Nothing of the caller's environment counts: sshd can be configured to let a client set variables.
unset ENV BASH_ENV CDPATH LD_LIBRARY_PATH LD_PRELOAD LIBPATH SHLIB_PATH 2>/dev/null
PATH=/usr/xpg4/bin:/usr/bin:/bin:/usr/sbin:/sbin
LC_ALL=C
UNIX95=1 # HP-UX: makes ps understand -o
IFS=' 	
'
export PATH LC_ALL UNIX95
set -f
umask 077

gate_sent=no
gate_etc=/etc/opt/boksm
gate_var=/var/opt/boksm
gate_boksadm=/opt/boksm/sbin/boksadm
gate_prefix=none
gate_limit=20
gate_errlog_lines=30
# -- the sender's settings are inserted here --

refuse() { # REASON STATUS
	printf '=refused %s\n' "$1"
	exit "$2"
}

# -- configuration: a root-owned file beside the installed gate --------------------------------------------------------

read_config() {
	[ "$gate_sent" = no ] || return 0
	case $0 in
	*/*) config=${0%/*}/boks-gate.conf ;;
	*) return 0 ;;
	esac
	[ -e "$config" ] || return 0
	is_trusted "$config" || refuse untrusted_config 78
	while IFS='=' read -r key value; do
		take_setting "$key" "$value" || refuse bad_config 78
	done <"$config"
}

is_trusted() { # FILE: a plain file of root's that nobody else can write
	# shellcheck disable=SC2046 # the fields of ls are wanted as words; globbing is off
	set -- $(ls -ldn "$1" 2>/dev/null)
	[ "$3" = 0 ] || return 1
	case $1 in
	?????w* | ????????w*) return 1 ;;
	-*) return 0 ;;
	esac
	return 1
}

take_setting() { # KEY VALUE
	case $1 in
	'' | '#'*) return 0 ;;
	BOKS_ETC | BOKS_VAR | BOKSADM)
		case $2 in
		/*) ;;
		*) return 1 ;;
		esac
		;;
	PREFIX)
		case $2 in
		none | sudo | suexec) ;;
		*) return 1 ;;
		esac
		;;
	SECTION_TIMEOUT | ERRLOG_LINES)
		case $2 in
		'' | 0* | *[!0-9]* | ?????*) return 1 ;;
		esac
		;;
	*) return 1 ;;
	esac
	case $1 in
	BOKS_ETC) gate_etc=$2 ;;
	BOKS_VAR) gate_var=$2 ;;
	BOKSADM) gate_boksadm=$2 ;;
	PREFIX) gate_prefix=$2 ;;
	SECTION_TIMEOUT) gate_limit=$2 ;;
	ERRLOG_LINES) gate_errlog_lines=$2 ;;
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

descendants() { # PID: the process and all below it, parents first
	ps -A -o pid= -o ppid= 2>/dev/null | awk -v root="$1" '
		{ parent[$1] = $2 }
		END {
			print root
			kin[root] = 1
			do {
				found = 0
				for (pid in parent) if (!(pid in kin) && parent[pid] in kin) { kin[pid] = 1; found = 1; print pid }
			} while (found)
		}'
}

cut_off() { # SECONDS PID: waits, then ends the process and everything that it started
	trap 'kill "$!" 2>/dev/null; exit 0' TERM
	sleep "$1" &
	wait "$!"
	trap '' TERM
	family=$(descendants "$2")
	# shellcheck disable=SC2086 # a list of process ids
	kill -TERM $family 2>/dev/null
	sleep 1
	# shellcheck disable=SC2086
	kill -KILL $family 2>/dev/null
}

limited() { # COMMAND...: its status; 143 or 137 where it was cut off
	"$@" </dev/null 3>&- 4>&- &
	command_pid=$!
	cut_off "$gate_limit" "$command_pid" </dev/null >/dev/null 2>&1 3>&- 4>&- &
	timer_pid=$!
	wait "$command_pid"
	command_status=$?
	kill -TERM "$timer_pid" 2>/dev/null
	wait "$timer_pid" 2>/dev/null
	return "$command_status"
}

section() { # NAME COMMAND...
	name=$1
	shift
	printf '=section %s\n' "$name"
	began=$(seconds_of_day)
	# Output streams through awk to descriptor 4; errors and, as last line, the status come back through 3, the errors
	# cut to their first 50 lines. awk ends the last line where a command did not.
	errors=$({ {
		limited "$@" 2>&3
		printf '\n%s\n' "$?" >&3
	} | awk '{ print "|" $0 }' >&4; } 3>&1 | awk '
		NR > 1 && last != "" && shown < 50 { print "!" substr(last, 1, 500); shown++ }
		{ last = $0 }
		END { print last }')
	status=$(printf '%s\n' "$errors" | sed -n '$p')
	printf '%s\n' "$errors" | sed '$d'
	took=$(($(seconds_of_day) - began))
	[ "$took" -ge 0 ] || took=$((took + 86400))
	if [ "$status" -gt 128 ] && [ "$took" -ge "$gate_limit" ]; then
		printf '=end %s timeout=%s seconds=%s\n' "$name" "$gate_limit" "$took"
	else
		printf '=end %s exit=%s seconds=%s\n' "$name" "$status" "$took"
	fi
}

skip() { # NAME REASON
	printf '=section %s\n=end %s skipped=%s\n' "$1" "$1" "$2"
}

# -- what is read ------------------------------------------------------------------------------------------------------

privileged() { # COMMAND...: with the prefix of the configuration
	case $gate_prefix in
	sudo) sudo -n "$@" ;;
	suexec) suexec "$@" ;;
	*) "$@" ;;
	esac
}

boks() { # COMMAND...: one of BoKS's own commands
	privileged "$gate_boksadm" -S "$@"
}

on_file() { # FILE COMMAND...: with the prefix only where the file cannot be read without
	file=$1
	shift
	if [ -r "$file" ]; then "$@" "$file"; else privileged "$@" "$file"; fi
}

env_lines() { # three keys of ENV; nothing else of it leaves the host
	env_text=$(on_file "$gate_etc/ENV" /bin/cat) || return
	printf '%s\n' "$env_text" | sed -n \
		-e '/^[[:blank:]]*\(export[[:blank:]]\{1,\}\)\{0,1\}BOKSINIT=/p' \
		-e '/^[[:blank:]]*\(export[[:blank:]]\{1,\}\)\{0,1\}SHM_SIZE=/p' \
		-e '/^[[:blank:]]*\(export[[:blank:]]\{1,\}\)\{0,1\}BRIDGE_ACCEPT_MASTER_IPS=/p'
}

errlog() {
	count=$(on_file "$gate_var/boks_errlog" /usr/bin/wc -l) || return
	# shellcheck disable=SC2086 # the number without the blanks and the name around it
	set -- $count
	printf 'lines=%s\n' "$1"
	tail_text=$(on_file "$gate_var/boks_errlog" /usr/bin/tail -n "$gate_errlog_lines") || return
	[ -z "$tail_text" ] || printf '%s\n' "$tail_text" | sed 's/^/> /'
}

queue() {
	spool=$(TZ=UTC0 ls -ltr "$gate_var/data/master_spool") || return
	printf '%s\n' "$spool" | awk '
		$NF ~ /^dd_fcom_/ { if (!files++) oldest = $0 }
		END { print "files=" files + 0; if (files) print "oldest=" oldest }'
}

checksums() {
	on_file "$gate_etc/method.conf" /usr/bin/cksum | awk '{ print "method.conf", $1, $2 }'
	for key in SHM_SIZE BRIDGE_ACCEPT_MASTER_IPS; do
		printf '%s\n' "$known_env" | sed -n "s/^.*$key=//p" | cksum | awk -v key="$key" '$2 > 0 { print key, $1, $2 }'
	done
}

answer() { # SECTION
	case $1 in
	role) section role env_lines ;;
	sequence)
		if [ "$role" = client ]; then skip sequence client; else section sequence boks boksdiag sequence; fi
		;;
	list)
		case $role in
		server | client) skip list not_master ;;
		*) section list boks boksdiag list ;;
		esac
		;;
	memory)
		if [ "$role" = client ]; then skip memory client; else section memory boks dumpbase -m; fi
		;;
	errlog) section errlog errlog ;;
	queue)
		case $role in
		server | client) skip queue not_master ;;
		*) section queue queue ;;
		esac
		;;
	checksums) section checksums checksums ;;
	esac
}

main() {
	read_config
	if [ "$gate_sent" = no ] && [ -n "${SSH_ORIGINAL_COMMAND+set}" ]; then
		check_request "$SSH_ORIGINAL_COMMAND"
	else
		check_request "$*"
	fi
	exec 4>&1
	printf '=boks-gate/1 version=%s clock=%s\n' "$gate_version" "$(date -u '+%Y-%m-%dT%H:%M:%S')"
	known_env=$(env_lines 2>/dev/null </dev/null)
	role=$(printf '%s\n' "$known_env" | sed -n 's/^.*BOKSINIT=["'\'']*\([A-Za-z]*\).*$/\1/p' | sed -n '$p')
	answered=0
	for word in $sections; do
		answer "$word"
		answered=$((answered + 1))
	done
	printf '=done sections=%s\n' "$answered"
	exit 0
}

main "$@"
