# Makes the guests' base image: Debian with stock strongSwan and a kernel.

. "$TESTING_DIR/lib/mirror.sh"

# What the base image depends on, as a hash.
image_key() {
	{
		echo "$TESTING_SUITE $TESTING_PACKAGES $TESTING_BUILD_PACKAGES"
		cat "$TESTING_DIR/lib/image.sh" "$TESTING_DIR/lib/guest/init"
		# a new image every month, for Debian's updates
		date +%Y-%m
	} | sha256sum | cut -c 1-16
}

# Directory of the base image.
image_dir() {
	echo "$TESTING_CACHE/base-$(image_key)"
}

# Put libreswan into a directory of its own: it conflicts with strongSwan.
image_libreswan() {
	chroot "$1" sh -ec '
		mkdir -p /tmp/libreswan/partial /opt/libreswan
		apt-get install -y -qq --no-install-recommends --download-only \
			-o Dir::Cache::archives=/tmp/libreswan libreswan
		for deb in /tmp/libreswan/*.deb; do
			dpkg-deb -x "$deb" /opt/libreswan
		done
		rm -rf /tmp/libreswan /opt/libreswan/usr/share/doc \
			/opt/libreswan/usr/share/man'
}

# Install Debian and the packages below a directory.
image_install() {
	local root=$1 log=$2 status

	debootstrap --variant=minbase "$TESTING_SUITE" "$root" \
		"$(mirror_uri main)" >>"$log" 2>&1 || return
	mirror_sources "$TESTING_SUITE" >"$root/etc/apt/sources.list"
	cp /etc/apt/apt.conf.d/*[Pp]roxy* "$root/etc/apt/apt.conf.d/" 2>/dev/null
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod +x "$root/usr/sbin/policy-rc.d"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	mount -t proc proc "$root/proc" || return
	chroot "$root" apt-get update -qq >>"$log" 2>&1 &&
	chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
		--no-install-recommends $TESTING_PACKAGES $TESTING_BUILD_PACKAGES \
		>>"$log" 2>&1
	status=$?
	[ $status = 0 ] && { image_libreswan "$root" >>"$log" 2>&1; status=$?; }
	umount "$root/proc"
	rm -f "$root/usr/sbin/policy-rc.d" "$root"/var/cache/apt/archives/*.deb
	return $status
}

# Make the initramfs that mounts the image.
image_initramfs() {
	local dir=$1 root=$1/root tmp=$1/initramfs kernel module

	kernel=$(basename "$(ls -d "$root"/lib/modules/*)")
	mkdir -p "$tmp"/{bin,lib,dev,proc,sys,new,base,tmp}
	cp "$root/usr/bin/busybox" "$tmp/bin/busybox"
	for module in drivers/block/virtio_blk fs/overlayfs/overlay; do
		xz -dc "$root/lib/modules/$kernel/kernel/$module.ko.xz" \
			>"$tmp/lib/${module##*/}.ko" || return
	done
	install -m 755 "$TESTING_DIR/lib/guest/init" "$tmp/init"
	(cd "$tmp" && find . | cpio -o -H newc --quiet | gzip -1) \
		>"$dir/initrd.gz" || return
	cp "$root/boot/vmlinuz-$kernel" "$dir/vmlinuz"
	rm -rf "$tmp"
}

# Make the base image unless it's there.
image_make() {
	local dir old

	dir=$(image_dir)
	[ -e "$dir/complete" ] && return
	need_packages debootstrap qemu-system-x86 qemu-system-common e2fsprogs \
		cpio gzip xz-utils
	say "making the base image (about two minutes)"
	for old in "$TESTING_CACHE"/base-* "$TESTING_CACHE"/project-*; do
		[ -e "$old" ] && unmount_below "$old/" && rm -rf "$old"
	done
	mkdir -p "$dir/root"
	trap 'unmount_below "'"$dir"'/"' EXIT
	image_install "$dir/root" "$TESTING_CACHE/image.log" ||
		die "making the image failed, see $TESTING_CACHE/image.log"
	image_initramfs "$dir" || die "making the initramfs failed"
	truncate -s 4G "$dir/base.img"
	mke2fs -q -t ext4 -O ^has_journal -d "$dir/root" "$dir/base.img" ||
		die "making the file system failed"
	touch "$dir/complete"
	trap - EXIT
}
