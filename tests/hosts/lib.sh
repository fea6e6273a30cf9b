# shellcheck shell=bash disable=SC2034
# lib.sh - what ./check, ./try and the scripts of this folder share.
# To be sourced; $program is the name that messages begin with.

hosts_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top_dir=$(cd "$hosts_dir/../.." && pwd)
cache_dir=${POP3_EXT_CACHE:-/var/cache/pop3-ext}

# What is needed on this machine: to build, to run the tests, to make the
# other hosts.
packages_build=(build-essential autoconf automake libtool pkg-config
	dovecot-dev libssl-dev libpam0g-dev libkrb5-dev)
packages_dovecot=(dovecot-core dovecot-pop3d dovecot-imapd)
packages_try=(python3 openssl)
# To build the Debian package and to judge it.
packages_package=(debhelper lintian)
packages_check=(dovecot-lmtpd dovecot-submissiond git ccache clang shellcheck
	valgrind libfaketime debootstrap python3-pytest python3-pytest-xdist
	krb5-kdc krb5-admin-server krb5-user dovecot-gssapi
	curl fetchmail getmail6 mpop
	redis-server postgresql dovecot-pgsql dovecot-sqlite
	man-db mandoc
	"${packages_package[@]}")
# What is installed in an unpacked host beside the first two lists.
packages_host=(dovecot-lmtpd dovecot-submissiond dovecot-gssapi
	dovecot-pgsql dovecot-sqlite
	ccache clang valgrind libfaketime
	"${packages_package[@]}")
# The unpacked system with Postfix, the relay of the end-to-end tests.
packages_relay=(postfix)
# The unpacked systems with servers whose mailboxes are taken over. Their
# packages exclude each other, and want a mail server.
packages_courier=(courier-pop courier-authlib-userdb msmtp-mta)
packages_cyrus=(cyrus-pop3d cyrus-imapd sasl2-bin msmtp-mta)

# What the Debian package needs to be built, one a line.
build_depends() {
	awk '/^[^ ]/ { found = 0 }
		sub(/^Build-Depends: */, "") { found = 1 }
		found { gsub(/^ +|, *$/, ""); print }' "$top_dir/debian/control"
}

# Compile by ccache where it is installed; "enter" then puts its compilers before
# the others. An unpacked host keeps its cache within itself.
use_ccache() {	# PREFIX WORK
	[ -d "${1%/}/usr/lib/ccache" ] || return 0
	CCACHE_DIR=$cache_dir/ccache
	[ -z "${1%/}" ] || CCACHE_DIR=/var/cache/ccache
	export CCACHE_DIR CCACHE_BASEDIR=$2 CCACHE_NOHASHDIR=1
}

say() {
	printf '%s: %s\n' "${program:-pop3-ext}" "$*" >&2
}

die() {
	say "$*"
	exit 1
}

# Become root, keeping what steers us. Does not return when it is not root.
need_root() {
	[ "$(id -u)" = 0 ] && return
	command -v sudo >/dev/null ||
		die "this needs root: please run it as root, or install sudo."
	if [ ! -t 0 ] && ! sudo -n true 2>/dev/null; then
		die "this needs root, and sudo asks for a password here: please run it as root."
	fi
	local keep
	keep=$(compgen -e | grep -E '^(CI|TMPDIR|https?_proxy|no_proxy|POP3_?EXT_.*)$' |
		paste -sd, -)
	exec sudo ${keep:+"--preserve-env=$keep"} -- "$@"
}

os_release() {	# FIELD [PREFIX]
	# shellcheck disable=SC1090,SC1091
	(. "${2:-}/etc/os-release" && eval "printf '%s\n' \"\${$1:-}\"")
}

native_codename() {
	local name
	name=$(os_release VERSION_CODENAME)
	case $(os_release PRETTY_NAME) in
	*/sid) name=sid ;;
	esac
	printf '%s\n' "$name"
}

# What --dovecot PREFIX means: the Dovecot of an unpacked Debian, or one that
# was installed with ./configure --prefix=PREFIX. Sets root, where to chroot
# to, and dovecot, where Dovecot is installed in there; exports the latter as
# POP3EXT_DOVECOT (see "enter").
find_dovecot() {	# PREFIX
	root=$(cd "$1" 2>/dev/null && pwd) || die "there is no folder $1."
	dovecot=/usr
	if [ ! -x "${root%/}/usr/sbin/dovecot" ]; then
		dovecot=$root root=/
		if [ ! -x "$dovecot/sbin/dovecot" ] ||
		   ! compgen -G "$dovecot/lib*/dovecot/dovecot-config" >/dev/null; then
			die "$1 is neither the root of a Debian with Dovecot nor the --prefix of an installed Dovecot (it lacks sbin/dovecot or lib/dovecot/dovecot-config)."
		fi
	fi
	POP3EXT_DOVECOT=$dovecot
	[ "$dovecot" != /usr ] || POP3EXT_DOVECOT=
	export POP3EXT_DOVECOT
}

can_unshare() {
	unshare -m true 2>/dev/null
}

# Installing on this machine.

missing_packages() {	# PACKAGE... -> those that are not installed
	local package
	for package; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
			printf '%s\n' "$package"
	done
}

# No daemon of an installed package may start: a policy-rc.d of ours stands
# in for the machine's own, which waits in a file beside it, so that a killed
# run is repaired by the next.
policy=/usr/sbin/policy-rc.d

policy_deny() {
	policy_restore
	if [ -e "$policy" ] || [ -L "$policy" ]; then
		mv "$policy" "$policy.pop3-ext-saved"
	else
		: >"$policy.pop3-ext-none"
	fi
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
}

policy_restore() {
	if [ -e "$policy.pop3-ext-saved" ] || [ -L "$policy.pop3-ext-saved" ]; then
		mv -f "$policy.pop3-ext-saved" "$policy"
	elif [ -e "$policy.pop3-ext-none" ]; then
		rm -f "$policy" "$policy.pop3-ext-none"
	fi
}

apt_get() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o Dpkg::Options::=--force-confold "$@" </dev/null
}

# The packages that these scripts have installed on this machine.
installed_list=$cache_dir/installed

installed_packages() {
	dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' |
		sed -n 's/^installed //p' | LC_ALL=C sort
}

# No service of new packages starts at the next boot. Those that were there
# before stay as they are.
disable_services() {	# PACKAGE...
	local path name
	dpkg-query -L "$@" | sort -u | while IFS= read -r path; do
		name=${path##*/}
		case $path in
		*@.service | *@.socket) ;;
		*/lib/systemd/system/*.wants/*) ;;
		*/lib/systemd/system/*.service | */lib/systemd/system/*.socket | \
		*/lib/systemd/system/*.timer | */lib/systemd/system/*.path)
			deb-systemd-helper disable "$name" || true
			;;
		/etc/init.d/*) update-rc.d "$name" disable || true ;;
		esac
	done
}

# After apt-get, whether it did all, a part or nothing.
finish_install() {	# LIST-BEFORE LIST-OF-NEW
	local added
	policy_restore
	installed_packages | LC_ALL=C comm -13 "$1" - >"$2"
	mapfile -t added <"$2"
	[ ${#added[@]} -gt 0 ] || return 0
	disable_services "${added[@]}"
	LC_ALL=C sort -u -o "$installed_list" "$2" \
		"$([ -e "$installed_list" ] && echo "$installed_list" || echo /dev/null)"
}

# What the user is told at the end of a run that has installed something.
installed_note=

# Install what is missing. One run at a time.
install_packages() {	# PACKAGE...
	local missing work status added
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} = 0 ] && return
	say "installing by apt-get: ${missing[*]}"
	mkdir -p "$cache_dir"
	work=$(mktemp -d)
	status=0
	(
		flock 9
		installed_packages >"$work/before"
		trap 'finish_install "$work/before" "$work/new"' EXIT
		trap 'exit 1' INT TERM HUP
		policy_deny
		# The package lists may be old, or missing altogether.
		apt_get install --no-install-recommends "${missing[@]}" || {
			apt_get update &&
				apt_get install --no-install-recommends "${missing[@]}"
		}
	) 9>"$cache_dir/install.lock" >"$work/log" 2>&1 || status=$?
	if [ $status != 0 ]; then
		tail -n 15 "$work/log" >&2
		rm -rf "$work"
		die "apt-get could not install ${missing[*]}; see above."
	fi
	mapfile -t added <"$work/new"
	rm -rf "$work"
	[ ${#added[@]} = 0 ] || installed_note="installed on this machine, with no service that starts at boot: ${added[*]}
To remove them again: apt-get purge \$(cat $installed_list)"
}

# A copy of the checkout without anything built in it.
copy_source() {	# TARGET
	mkdir -p "$1"
	if git -c safe.directory='*' -C "$top_dir" rev-parse --is-inside-work-tree \
		>/dev/null 2>&1; then
		# Files that are deleted but not yet committed are listed, too.
		(cd "$top_dir" &&
			git -c safe.directory='*' ls-files -z -co --exclude-standard |
			while IFS= read -r -d '' file; do
				if [ -e "$file" ] || [ -L "$file" ]; then
					printf '%s\0' "$file"
				fi
			done | tar -c --null --no-recursion -T -) |
			tar -x --no-same-owner -C "$1"
	else
		tar -c -C "$top_dir" --exclude=./.git --exclude='*.o' \
			--exclude='*.lo' --exclude='*.la' --exclude=.libs \
			--exclude=config.status --exclude=config.log . |
			tar -x --no-same-owner -C "$1"
	fi
}
