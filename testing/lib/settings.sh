# Settings of the test environment.
# Each one can be overridden in the environment.

# Debian release of the guests
: "${TESTING_SUITE=trixie}"

# where images are kept between runs
: "${TESTING_CACHE=/var/cache/strongswan-cluster}"

# where results go
: "${TESTING_RESULTS=$TESTING_DIR/results}"

# scenarios that run side by side on this machine's own kernel: most of the time
# they wait
: "${TESTING_NATIVES=4}"

# guests that run side by side, with their virtual CPUs and memory (MiB)
: "${TESTING_GUESTS=2}"
: "${TESTING_CPUS=1}"
: "${TESTING_MEMORY=3072}"

# seconds until a scenario that does not end is killed (TIMEOUT in its
# test.conf overrides it), and until a guest must have booted
: "${TESTING_TIMEOUT=240}"
: "${TESTING_BOOT_TIMEOUT=120}"

# packages of a guest
TESTING_PACKAGES="
	bash busybox-static ca-certificates charon-systemd ethtool iproute2 iptables
	iputils-arping iputils-ping keepalived kmod libcharon-extauth-plugins
	libcharon-extra-plugins libhiredis1.1.0 libmnl0 libstrongswan-extra-plugins
	libstrongswan-standard-plugins linux-image-cloud-amd64 netcat-openbsd
	nftables openssl procps psmisc python3-minimal socat strongswan-libcharon
	strongswan-swanctl tcpdump util-linux valkey-server"

# packages that build the project in the guest's image
TESTING_BUILD_PACKAGES="
	autoconf automake check dpkg-dev gcc libasan8 libc6-dev libhiredis-dev
	libmnl-dev libssl-dev libtool libubsan1 make pkg-config"
