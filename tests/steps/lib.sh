# shellcheck shell=bash disable=SC2034
# lib.sh - for the steps of ./check; to be sourced. See there for what a step
# finds in its environment.
set -euo pipefail
: "${HOST:?}" "${CODENAME:?}" "${NATIVE:?}" "${ALL=}" "${LONG=}"
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
top=$(cd "$tests/.." && pwd)
step=$(basename "$0")

# Run a command in the host.
in_host() {
	"$tests/hosts/enter" "$HOST" "" "$@"
}

# Another build of the source that the step "build" copied.
build() {	# NAME [CONFIGURE-ARGUMENT...]
	POP3EXT_SAME_SOURCE=1 "$tests/hosts/build" "$HOST" "$WORK" "$@"
}

# The unpacked system with Postfix, that the end-to-end tests need.
need_relay() {
	[ -z "${POP3EXT_SKIP:-}" ] || return 0
	POP3EXT_RELAY=$("$tests/hosts/provision" relay "$NATIVE") || true
	export POP3EXT_RELAY
}

# Those with the servers whose users move to Dovecot. They have nothing to do
# with the host's version: once is enough.
need_old_servers() {
	[ "$HOST" = / ] || return 0
	POP3EXT_COURIER=$("$tests/hosts/provision" courier "$NATIVE") || true
	POP3EXT_CYRUS=$("$tests/hosts/provision" cyrus "$NATIVE") || true
	export POP3EXT_COURIER POP3EXT_CYRUS
}

# Run tests by pytest, by way of the command "within" if there is one. They are
# reported one by one.
within=()
run_pytest() {	# [PYTEST-ARGUMENT...]
	mkdir -p "$OUT"
	: >"$OUT/reported-$step"
	cd "$tests"
	local status=0
	"${within[@]}" /usr/bin/python3 -m pytest -q -p no:cacheprovider \
		--tb=short --basetemp="$OUT/pytest-$step" -o faulthandler_timeout=300 \
		"$@" || status=$?
	# No test was selected: nothing to report.
	[ $status = 5 ] && status=0
	# Anything but "some failed" is a failure of the step.
	[ $status -le 1 ] || rm -f "$OUT/reported-$step"
	return $status
}

# Run integration tests. Most of their time is waiting, so there are more of
# them at once than processors, where gate.py sees to it that these can carry
# them. The mounts that their servers need are made
# once for all.
run_integration() {	# WORKERS [PYTEST-ARGUMENT...]
	local workers=$1
	shift
	need_relay
	[ -n "${POP3EXT_SKIP:-}" ] ||
		within=("$tests/hosts/enter" --stay "$HOST" "$POP3EXT_MODULES")
	run_pytest -n "$workers" --dist loadgroup "$@" integration
}
