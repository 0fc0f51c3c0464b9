# Finds Debian's mirrors in apt's own configuration.

# Print the base URI apt uses for a kind of archive: main or security.
mirror_uri() {
	local kind=$1 uri suite

	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' \
		"Created-By: Packages" 2>/dev/null | sort -u |
	while read -r uri suite; do
		case "$kind/$uri" in
		security/*security*)
			echo "$uri"; break ;;
		main/*security*)
			;;
		main/*)
			case "$suite" in
			*-security)
				;;
			*)
				echo "$uri"; break ;;
			esac ;;
		esac
	done
}

# Print the sources.list of a suite, with its updates.
mirror_sources() {
	local suite=$1 main security

	main=$(mirror_uri main)
	security=$(mirror_uri security)
	[ -n "$main" ] || die "apt has no Debian mirror configured"
	echo "deb $main $suite main"
	echo "deb-src $main $suite main"
	echo "deb $main $suite-updates main"
	echo "deb-src $main $suite-updates main"
	if [ -n "$security" ]; then
		echo "deb $security $suite-security main"
		echo "deb-src $security $suite-security main"
	fi
}
