# Boots guests when the host's kernel can't do ESP.

# Print the acceleration to use: KVM if a guest boots with it in 15 s.
qemu_accel() {
	local image=$1

	if [ -w /dev/kvm ] && timeout 15 qemu-system-x86_64 -accel kvm -cpu host \
		-m 256 -nographic -no-reboot -kernel "$image/vmlinuz" \
		-append "console=ttyS0 panic=-1 rdinit=/none" 2>/dev/null </dev/null |
		grep -q 'Kernel panic'; then
		echo "kvm -cpu host"
	else
		# cx16: the kernel panicked with it under TCG once
		echo "tcg,thread=multi -cpu max,-cx16"
	fi
}

# Start a guest that shares a directory; sets QEMU_PID and VIRTIOFSD_PID.
# QEMU_OPTIONS may hold more options of QEMU.
#
# norandmaps: TCG translates code anew at each address it appears at, with
# libraries at random ones a dynamic program takes three times as long to start.
qemu_start() {
	local number=$1 image=$2 share=$3 accel=$4

	rm -f "$share.$number.sock"
	"$(qemu_virtiofsd)" --socket-path="$share.$number.sock" \
		$(qemu_virtiofsd_options "$share") >"$share.$number.virtiofsd.log" 2>&1 &
	VIRTIOFSD_PID=$!
	while [ ! -S "$share.$number.sock" ] && kill -0 $VIRTIOFSD_PID; do
		sleep 0.1
	done
	qemu-system-x86_64 -accel $accel -machine q35,memory-backend=mem \
		-object memory-backend-memfd,id=mem,size="${TESTING_MEMORY}M",share=on \
		-m "$TESTING_MEMORY" -smp "$TESTING_CPUS" -display none -no-reboot \
		-monitor none -serial "file:$share.$number.console" \
		-kernel "$image/vmlinuz" -initrd "$image/initrd.gz" \
		-append "console=ttyS0 quiet panic=-1 mitigations=off norandmaps \
			guest=$number" \
		-drive "file=$image/base.img,format=raw,if=virtio,readonly=on" \
		-chardev "socket,id=fs,path=$share.$number.sock" \
		-device vhost-user-fs-pci,chardev=fs,tag=share \
		-nic none "${QEMU_OPTIONS[@]}" </dev/null \
		>"$share.$number.qemu.log" 2>&1 &
	QEMU_PID=$!
}

# Path of virtiofsd, of the C or of the Rust version.
qemu_virtiofsd() {
	if [ -x /usr/lib/qemu/virtiofsd ]; then
		echo /usr/lib/qemu/virtiofsd
	else
		echo /usr/libexec/virtiofsd
	fi
}

qemu_virtiofsd_options() {
	if [ -x /usr/lib/qemu/virtiofsd ]; then
		echo "-o source=$1 -o cache=none -o sandbox=chroot"
	else
		echo "--shared-dir $1 --cache never --sandbox chroot"
	fi
}
