# Functions that all scripts of the test environment share.

TESTING_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOP_DIR=$(dirname "$TESTING_DIR")

. "$TESTING_DIR/lib/settings.sh"

say() {
	printf '%s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

need_root() {
	[ "$(id -u)" = 0 ] || die "must be root, run it with sudo"
}

# Install packages on this machine that are missing.
need_packages() {
	local missing=() pkg

	for pkg in "$@"; do
		dpkg-query -W -f '${Status}' "$pkg" 2>/dev/null |
			grep -q 'ok installed' || missing+=("$pkg")
	done
	[ ${#missing[@]} = 0 ] && return
	say "installing ${missing[*]}"
	apt-get update -qq >/dev/null || die "apt-get update failed"
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
		--no-install-recommends "${missing[@]}" >/dev/null ||
		die "installing ${missing[*]} failed"
}

# Nothing is mounted below a directory afterwards.
unmount_below() {
	local dir

	awk -v d="$1" 'index($2, d) == 1 { print $2 }' /proc/mounts | sort -r |
	while read -r dir; do
		umount -l "$dir"
	done
}
