#!/bin/sh
# Installs, upgrades, checks or takes back one gate of boks-exporter on a BoKS host. Run it as root:
#
#   sh FILE          install or upgrade; changes nothing where everything is as it should be
#   sh FILE check    show what install would change
#   sh FILE undo     take back the last run that changed something
#
# Exit status: 0 done, 1 failed and everything was taken back, 2 wrong usage, 3 check: something is to be changed,
# 4 something could not be taken back and is named. The last line of a run is `done: changed=N`.
#
# It installs the gate, boks-gate.conf, the line of authorized_keys and the sudo rule, and the account where there is
# none. Values of a boks-gate.conf that is there stay, but for PREFIX and, for the operator, OPERATOR. It writes only
# into directories that only root can write, follows no symbolic link, and replaces a file only as a whole, by a rename.
# What it replaces is kept in the directory .installer next to the gate, for `undo`.
#
# shellcheck disable=SC2034 # settings: each kind of gate uses its own
# shellcheck disable=SC2317,SC2329 # some functions are called by name
# shellcheck disable=SC2015 # after A && B || C nothing goes on as if A and B had worked

# Solaris 10: /bin/sh is no POSIX shell; up to here everything is Bourne's own syntax.
if test -x /usr/xpg4/bin/sh && test -z "$BOKS_INSTALLER_SHELL" && test -f "$0"; then
	BOKS_INSTALLER_SHELL=xpg4
	export BOKS_INSTALLER_SHELL
	exec /usr/xpg4/bin/sh "$0" "$@"
fi

kind=reading
version=
login=
gate=
key_line=
key_body=
keys_file=
prefix=
operator=no
rule_name=
# -- the settings and texts of this installer are inserted here --

PATH=/usr/xpg4/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/sbin:/usr/local/bin:/opt/freeware/bin
LC_ALL=C
IFS=' 	
'
export PATH LC_ALL
unset CDPATH TMPDIR TIME_STYLE QUOTING_STYLE GREP_OPTIONS
set -f
umask 077
nl='
'
mode=install changes=0 number=0 records='' tx='' temporary='' is_partly_left=no is_ending=no is_home_open=no
directory=${gate%/*}
conf=$directory/boks-gate.conf
store=$directory/.installer

report() { # RESULT TEXT
	printf '%-9s%s\n' "$1" "$2" 2>/dev/null || : # the reader may be gone
}

fail() { # TEXT
	printf '%-9s%s\n' failed "$1" >&2 2>/dev/null
	exit 1
}

# -- what is trusted ---------------------------------------------------------------------------------------------------
listing() { # PATH: sets file_mode, file_owner, file_group
	# shellcheck disable=SC2046 # the fields of ls are wanted as words; globbing is off
	set -- $(ls -ldn "$1" 2>/dev/null)
	file_mode=${1-} file_owner=${3-} file_group=${4-}
}

check_directory() { # PATH: no link, and only root can write into it
	[ ! -h "$1" ] || fail "$1 is a symbolic link, expected a directory: name the directory itself, or remove the link"
	[ -d "$1" ] || fail "$1 is no directory: move it away"
	listing "$1"
	case $file_owner,$file_mode in
	0,d????-??-*) ;;
	*) fail "$1 is $file_mode of user $file_owner, expected a directory that only root can write: chown 0 $1; chmod go-w $1" ;;
	esac
}

check_above() { # PATH: every directory above it that is there
	above=${1%/*}
	while :; do
		if [ -e "${above:-/}" ] || [ -h "${above:-/}" ]; then check_directory "${above:-/}"; fi
		[ -n "$above" ] || return 0
		above=${above%/*}
	done
}

check_file() { # PATH
	check_above "$1"
	[ ! -h "$1" ] || fail "$1 is a symbolic link, expected a file or nothing: remove the link"
	[ ! -e "$1" ] || [ -f "$1" ] || fail "$1 is no plain file: move it away"
}

# -- what is taken back, and how ---------------------------------------------------------------------------------------
record() { # WORDS: before anything is changed
	records="$1$nl$records"
	[ -z "$tx" ] || write_records
}

write_records() {
	printf '%s' "$records" >"$tx/records" || fail "$tx/records cannot be written: is the disk full?"
}

left() { # TEXT
	is_partly_left=yes
	report left "$1"
}

# Takes back what the records say, the newest first; directories last, as the store itself is in one of them.
take_back() {
	[ -z "$temporary" ] || rm -f "$temporary"
	each_record take_back_change
	if [ -n "$tx" ]; then rm -rf "$tx"; fi
	unlock
	rmdir "$store" 2>/dev/null
	each_record take_back_directory
}

each_record() { # FUNCTION
	rest=$records
	while [ -n "$rest" ]; do
		row=${rest%%"$nl"*} rest=${rest#*"$nl"}
		IFS=' '
		# shellcheck disable=SC2086 # the words of a record
		set -- "$1" $row
		IFS=" 	$nl"
		"$@"
	done
}

take_back_directory() { # WORD PATH
	[ "$1" != directory ] || rmdir "$2" 2>/dev/null || [ ! -d "$2" ] || report kept "$2: it holds other files"
}

take_back_change() { # WORD ...
	case $1 in
	file) take_back_file "$2" "$3" ;;
	keys) take_back_keys "$2" "$3" ;;
	temporary) rm -f "$2" ;;
	owner)
		if [ -d "$2" ] && [ ! -h "$2" ]; then
			chmod "$(symbolic "$5")" "$2" && chown "$3:$4" "$2" || left "owner and mode of $2: they were $3:$4 $5"
		fi
		;;
	account)
		remove_account "$2" || left "the account $2 could not be removed: userdel $2"
		;;
	esac
}

symbolic() { # drwxr-x---: the mode as chmod takes it
	printf 'u=%s,g=%s,o=%s' "$(printf '%s' "$1" | cut -c2-4 | tr -d 'ST-')" \
		"$(printf '%s' "$1" | cut -c5-7 | tr -d 'ST-')" "$(printf '%s' "$1" | cut -c8-10 | tr -d 'STt-')"
}

take_back_file() { # NUMBER PATH
	if [ -f "$tx/$1.old" ] && cmp -s "$tx/$1.old" "$2"; then
		:
	elif [ -e "$2" ] || [ -h "$2" ]; then
		if [ -h "$2" ] || ! cmp -s "$tx/$1.new" "$2"; then
			left "$2 was changed since: it is left as it is"
			return 0
		fi
	fi
	put_back "$1" "$2"
}

put_back() { # NUMBER PATH
	if [ ! -f "$tx/$1.old" ]; then
		rm -f "$2" || left "$2 could not be removed"
	else
		rm -f "$2.old.$$"
		cp -p "$tx/$1.old" "$2.old.$$" && mv -f "$2.old.$$" "$2" || left "$2 could not be put back: it is $tx/$1.old"
	fi
}

# Other lines of authorized_keys may have come or gone since: only those of this key are put back.
take_back_keys() { # NUMBER PATH
	[ -f "$2" ] && [ ! -h "$2" ] || return 0
	if cmp -s "$tx/$1.new" "$2" || { [ -f "$tx/$1.old" ] && cmp -s "$tx/$1.old" "$2"; }; then
		put_back "$1" "$2"
		return 0
	fi
	rm -f "$2.old.$$"
	{ lines_of_key no <"$2" && if [ -f "$tx/$1.old" ]; then lines_of_key yes <"$tx/$1.old"; fi; } >"$2.old.$$" &&
		chmod 0644 "$2.old.$$" && chown 0:0 "$2.old.$$" && mv -f "$2.old.$$" "$2" || left "$2 could not be put back"
}

finish() { # STATUS
	trap '' HUP INT TERM
	[ "$is_ending" = no ] || exit "$1"
	is_ending=yes
	status=$1
	if [ "$status" != 0 ] && [ "$mode" = install ] && [ -n "$records$tx" ]; then
		report undo "everything that this run changed"
		take_back
		[ "$is_partly_left" = no ] || status=4
	else
		unlock
	fi
	exit "$status"
}

# -- one change --------------------------------------------------------------------------------------------------------
wanted() { # TEXT: whether to change it now
	changes=$((changes + 1))
	if [ "$mode" = check ]; then
		report change "$1"
		return 1
	fi
}

make_directory() { # PATH MODE
	[ ! -d "$1" ] || return 0
	[ -n "${1%/*}" ] && make_directory "${1%/*}" 0755
	record "directory $1"
	mkdir "$1" && chmod "$2" "$1" && chown 0:0 "$1" || fail "$1 cannot be made"
}

# Writes a file next to the place, checks it, and renames it there.
replace() { # RECORD TEXT PATH MODE WRITER [CHECK]
	check_file "$3"
	listing "$3"
	if [ -f "$3" ] && [ "$file_owner" = 0 ] && [ "$(symbolic "$file_mode")" = "$(symbolic "$4")" ] && "$5" | cmp -s - "$3"; then
		report ok "$2: $3"
		return 0
	fi
	wanted "$2: $3" || return 0
	number=$((number + 1))
	"$5" >"$tx/$number.new" && "$5" | cmp -s - "$tx/$number.new" || fail "$tx cannot be written: is the disk full?"
	[ ! -f "$3" ] || cp -p "$3" "$tx/$number.old" || fail "$3 cannot be copied to $tx"
	temporary=$3.new.$$
	record "temporary $temporary"
	record "$1 $number $3"
	rm -f "$temporary"
	cp "$tx/$number.new" "$temporary" && cmp -s "$tx/$number.new" "$temporary" || fail "$temporary cannot be written"
	chown 0:0 "$temporary" && chmod "$(symbolic "$4")" "$temporary" || fail "$temporary cannot be made root's"
	[ -z "${6-}" ] || "$6" "$temporary"
	mv -f "$temporary" "$3" || fail "$3 cannot be replaced"
	temporary=''
	report changed "$2: $3"
}

# -- the steps ---------------------------------------------------------------------------------------------------------
step_account() {
	if id -u "$login" >/dev/null 2>&1; then
		report ok "account: $login"
	elif wanted "account: $login, home /var/lib/$login, /bin/sh, no password"; then
		check_above "/var/lib/$login"
		record "account $login"
		make_account "$login" "/var/lib/$login" || fail "the account $login cannot be made: make it, then run this again"
		report changed "account: $login"
	fi
}

make_account() { # NAME HOME
	case $(uname -s) in
	AIX) mkuser home="$2" shell=/bin/sh "$1" ;;
	SunOS) useradd -d "$2" -s /bin/sh "$1" && passwd -N "$1" ;;
	*)
		if command -v useradd >/dev/null; then
			# The password `*` matches none; the `!` of a fresh account would lock it, which sshd without PAM refuses.
			useradd -r -d "$2" -s /bin/sh "$1" && usermod -p '*' "$1"
		else
			adduser -S -D -H -h "$2" -s /bin/sh "$1" && printf '%s:*\n' "$1" | chpasswd -e
		fi
		;;
	esac >/dev/null 2>&1
}

remove_account() { # NAME
	id -u "$1" >/dev/null 2>&1 || return 0
	case $(uname -s) in
	AIX) rmuser -p "$1" ;;
	*) if command -v userdel >/dev/null; then userdel "$1"; else deluser "$1"; fi ;;
	esac >/dev/null 2>&1
}

find_keys() { # sets home and keys
	home=/var/lib/$login
	if id -u "$login" >/dev/null 2>&1; then
		eval "home=~$login" # a checked name
	fi
	case $home in
	'~'* | '') fail "the account $login has no home directory: give it one" ;;
	/) home= ;;
	*[!A-Za-z0-9._+@/-]*) fail "the home of $login is $home, expected a path of letters, digits and . _ + @ -" ;;
	esac
	keys=${keys_file:-$home/.ssh/authorized_keys}
	keys_mode=-rw-r--r--
	[ "$(id -u "$login" 2>/dev/null)" != 0 ] || keys_mode=-rw-------
}

step_home() { # the login must not be able to change its own key
	[ -z "$keys_file" ] || return 0
	for place in "$home" "$home/.ssh"; do
		[ -n "$place" ] && [ $is_home_open = no ] || continue
		[ ! -h "$place" ] || fail "$place is a symbolic link, expected a directory: remove the link"
		check_above "$place"
		listing "$place"
		case $file_owner,$(id -u "$login" 2>/dev/null),$file_mode in
		0,0,d????-??-* | 0,*,drwxr-xr-x*) report ok "directory: $place" ;;
		,*)
			wanted "directory: $place" || continue
			make_directory "$place" 0755
			report changed "directory: $place"
			;;
		*)
			[ -d "$place" ] || fail "$place is no directory: move it away"
			if ! wanted "directory: $place, root's and mode 755 (now $file_mode of user $file_owner)"; then
				is_home_open=yes # what is in it can be judged only when root alone can change it
				continue
			fi
			record "owner $place $file_owner $file_group $file_mode"
			chown 0:0 "$place" && chmod 0755 "$place" || fail "$place cannot be made root's"
			report changed "directory: $place"
			;;
		esac
	done
}

step_gate() {
	check_above "$gate"
	replace file "gate $version" "$gate" -rwxr-xr-x gate_text
}

conf_lines() { # the file that is there, with what this installer decides
	if [ ! -f "$conf" ]; then
		conf_text
		return
	fi
	has_prefix=no has_operator=no
	while IFS= read -r row || [ -n "$row" ]; do
		case $row,$operator in
		PREFIX=*) has_prefix=yes && row=PREFIX=$prefix ;;
		OPERATOR=*,yes) has_operator=yes && row=OPERATOR=yes ;;
		esac
		printf '%s\n' "$row"
	done <"$conf"
	[ $has_prefix = yes ] || printf 'PREFIX=%s\n' "$prefix"
	[ $has_operator,$operator != no,yes ] || printf 'OPERATOR=yes\n'
}

step_conf() {
	note_kept_values
	replace file configuration "$conf" -rw-r--r-- conf_lines
}

note_kept_values() {
	[ -f "$conf" ] && [ ! -h "$conf" ] || return 0
	conf_text | while IFS='=' read -r name value; do
		case $name in
		BOKS_ETC | BOKS_VAR | BOKSADM | SECTION_TIMEOUT | STATE) ;;
		*) continue ;;
		esac
		kept=$(sed -n "s/^$name=//p" "$conf")
		[ "${kept:-$value}" = "$value" ] || report kept "$name=$kept in $conf (this installer was made with $value)"
	done
}

step_state() { # the operator gate keeps its lock and its records here
	[ "$operator" = yes ] || return 0
	state=$({ if [ -f "$conf" ]; then cat "$conf"; else conf_text; fi; } | sed -n 's/^STATE=//p' | tail -1)
	case $state in /*[!/]) ;; *) return 0 ;; esac
	check_above "$state"
	if [ -d "$state" ]; then
		check_directory "$state"
		report ok "directory: $state"
	elif wanted "directory: $state"; then
		make_directory "$state" 0700
		report changed "directory: $state"
	fi
}

lines_of_key() { # yes|no: the lines of standard input that hold this key, or the others
	while IFS= read -r row || [ -n "$row" ]; do
		case $row in
		'#'*) holds=no ;;
		*"$key_body"*) holds=yes ;;
		*) holds=no ;;
		esac
		[ $holds != "$1" ] || printf '%s\n' "$row"
	done
}

key_lines() { # what is there, with one line for this key, in the place of the one that it had
	is_written=no
	if [ -f "$keys" ]; then
		while IFS= read -r row || [ -n "$row" ]; do
			case $row in
			'#'*) ;;
			*"$key_body"*)
				[ $is_written = no ] || continue
				is_written=yes row=$key_line
				;;
			esac
			printf '%s\n' "$row"
		done <"$keys"
	fi
	[ $is_written = yes ] || printf '%s\n' "$key_line"
}

step_key() {
	if [ "$mode,$is_home_open" = check,yes ]; then
		wanted "key of $login: $keys" || return 0
	fi
	check_above "$keys"
	if [ "$mode" = install ]; then make_directory "${keys%/*}" 0755; fi
	replace keys "key of $login" "$keys" "$keys_mode" key_lines
}

find_rules() {
	rules=''
	[ "$prefix" = sudo ] || return 0
	command -v sudo >/dev/null || fail "sudo was not found: install it, or make the installer with another --prefix"
	command -v visudo >/dev/null || fail "visudo was not found: a sudo rule is not installed unchecked"
	for rules in /etc/sudoers.d /usr/local/etc/sudoers.d /opt/freeware/etc/sudoers.d; do
		[ ! -d "$rules" ] || return 0
	done
	fail "no directory sudoers.d was found: add the lines of 'boks-exporter gate install --only sudoers' with visudo"
}

check_rule() { # FILE
	visudo -cf "$1" >/dev/null || fail "visudo does not accept the rule in $1"
}

step_rule() {
	case $prefix in
	sudo) replace file "sudo rule of $login" "$rules/$rule_name" -r--r----- rule_text check_rule ;;
	suexec) report note "in BoKS, allow the user $login on this host exactly this program as root: $gate request-on-stdin" ;;
	esac
}

# -- what must hold in the end -----------------------------------------------------------------------------------------
check_rule_counts() {
	[ "$prefix" = sudo ] || return 0
	sudo -n -l -U "$login" "$gate" request-on-stdin >/dev/null 2>&1 ||
		fail "sudo does not allow $login what $rules/$rule_name says: /etc/sudoers needs the line '#includedir $rules', and no later rule may take it back"
	report ok "sudo allows $login exactly: $gate request-on-stdin"
}

check_reply() { # REQUEST WORD...
	reply=$(printf 'boks-gate/2 0 %s\n' "$1" | "$gate" request-on-stdin 2>&1)
	case $reply in
	"=0 boks-gate/2 version=$version "*) report ok "the gate answers with version $version" ;;
	*) fail "the gate does not answer as version $version: $(printf '%s' "$reply" | head -1)" ;;
	esac
	shift
	for word in "$@"; do
		case $reply in *"$word"*) ;; *) report note "the reply does not have $word: $(printf '%s' "$reply" | grep "${word%%=*}" | head -1)" ;; esac
	done
}

check_login() {
	entry=$(awk -F: -v name="$login" '$1 == name' /etc/passwd 2>/dev/null)
	case $entry in
	*/nologin | */false) report note "the shell of $login is ${entry##*:}, which runs no gate: usermod -s /bin/sh $login" ;;
	esac
	case $(awk -F: -v name="$login" '$1 == name { print substr($2, 1, 1) }' /etc/shadow 2>/dev/null) in
	'!') report note "the account $login is locked, which sshd without PAM refuses: usermod -p '*' $login" ;;
	esac
}

verify() {
	check_rule_counts
	case $operator in
	yes) check_reply 'op preflight' permitted=yes boksadm=yes state=writable ;;
	*)
		check_reply role 'end role exit=0'
		if [ "$(sed -n 's/^OPERATOR=//p' "$conf" | tail -1)" = yes ] && [ ! -f "$directory/operator-gate.sh" ]; then
			report note "OPERATOR=yes, but no operator gate: the operator's key can change nothing until it is installed"
		fi
		;;
	esac
	check_login
}

# -- the commands ------------------------------------------------------------------------------------------------------
steps() {
	step_account
	find_keys
	step_home
	step_gate
	step_conf
	step_state
	step_rule
	step_key
}

last_run() { # sets run to the number of the last one that is kept, 0 where there is none
	run=0
	while [ -d "$store/$kind.$((run + 1))" ]; do run=$((run + 1)); done
}

lock() { # a link that leads nowhere: made with its content in one act, so that none is without
	if ! ln -s "$$" "$store/lock" 2>/dev/null; then
		# shellcheck disable=SC2012 # POSIX has no readlink
		holder=$(ls -l "$store/lock" | sed 's/.* //')
		case $holder in
		'' | *[!0-9]*) fail "$store/lock is not this program's: remove it" ;;
		esac
		! kill -0 "$holder" 2>/dev/null || fail "another run works here, process $holder"
		rm -f "$store/lock"
		ln -s "$$" "$store/lock" || fail "$store/lock cannot be made"
	fi
}

unlock() { # only what is this process's
	case $(ls -l "$store/lock" 2>/dev/null) in *" -> $$") rm -f "$store/lock" ;; esac
}

begin() {
	check_above "$gate"
	make_directory "$directory" 0755
	[ ! -h "$store" ] || fail "$store is a symbolic link: remove it"
	make_directory "$store" 0700
	lock
	last_run
	if [ "$run" != 0 ] && [ ! -f "$store/$kind.$run/done" ]; then
		report undo "a run that was cut off"
		made=$records records=$(cat "$store/$kind.$run/records" 2>/dev/null)$nl tx=$store/$kind.$run
		each_record take_back_change
		# Its directories are needed now, and are this run's.
		records=$made$(printf '%s' "$records" | grep '^directory ')$nl
		records=${records#"$nl"}
		rm -rf "$tx"
		run=$((run - 1)) tx=''
		[ "$is_partly_left" = no ] || exit 4
	fi
	tx=$store/$kind.$((run + 1))
	mkdir "$tx" || fail "$store cannot be written: is the disk full?"
	write_records
}

install() {
	mode=check
	steps >/dev/null
	mode=install is_home_open=no
	if [ "$changes" != 0 ] || is_cut_off; then
		changes=0
		begin
		steps
	else
		steps
	fi
	verify
	if [ -n "$tx" ]; then
		: >"$tx/done" || fail "$tx cannot be written: is the disk full?"
	fi
	report "done:" "changed=$changes"
}

is_cut_off() {
	last_run
	[ "$run" != 0 ] && [ ! -f "$store/$kind.$run/done" ]
}

check() {
	mode=check
	steps
	[ "$changes" = 0 ] && verify
	report "done:" "changed=$changes"
	[ "$changes" = 0 ] || exit 3
}

undo() {
	mode=undo
	last_run
	[ "$run" != 0 ] || fail "nothing is kept that could be taken back"
	check_directory "$store"
	lock
	tx=$store/$kind.$run
	records=$(cat "$tx/records")$nl
	take_back
	report "done:" "run $run was taken back"
	[ "$is_partly_left" = no ] || exit 4
}

main() {
	case $#,${1-} in
	0, | 1,install | 1,check | 1,undo) ;;
	*)
		printf 'usage: sh FILE [install | check | undo]\n' >&2
		exit 2
		;;
	esac
	[ "$(id -u)" = 0 ] || fail "this is for root: it writes $directory and the sudo rule"
	trap 'finish $?' EXIT
	trap '' PIPE # a reader that is gone must not end this in the middle
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	find_rules
	"${1:-install}"
}

main "$@"
