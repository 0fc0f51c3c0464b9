# Makes the HTML pages of the results.

report_escape() {
	sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'
}

report_head() {
	cat <<END
<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>$1</title><style>
body { font-family: sans-serif; margin: 2em; }
td, th { padding: 2px 12px 2px 0; text-align: left; vertical-align: top; }
.passed { color: #070; } .failed { color: #a00; font-weight: bold; }
pre { background: #f4f4f4; padding: 8px; overflow: auto; }
</style></head><body><h1>$1</h1>
END
}

# Page of one scenario.
report_scenario() {
	local name=$1 dir=$2 status seconds file

	read -r status seconds <"$dir/status"
	{
		report_head "$name"
		echo "<p><a href=\"../../index.html\">all results</a>,"
		echo "<span class=\"$status\">$status</span> after $seconds s</p>"
		if [ -e "$TESTING_DIR/tests/$name/description.txt" ]; then
			echo "<p>$(cat "$TESTING_DIR/tests/$name/description.txt")</p>"
		fi
		if [ -s "$dir/failures" ]; then
			echo "<pre class=\"failed\">$(report_escape <"$dir/failures")</pre>"
		fi
		echo "<ul>"
		(cd "$dir" && find . -type f ! -name index.html | sort) |
		while read -r file; do
			echo "<li><a href=\"$file\">${file#./}</a></li>"
		done
		echo "</ul></body></html>"
	} >"$dir/index.html"
}

# Page of all results.
report_index() {
	local results=$1 name status seconds

	{
		report_head "strongswan-cluster test results"
		echo "<table><tr><th>test</th><th>result</th><th>s</th></tr>"
		(cd "$results" && find . -name status | sort) |
		while read -r name; do
			name=${name#./}
			name=${name%/status}
			read -r status seconds <"$results/$name/status"
			echo "<tr><td><a href=\"$name/index.html\">$name</a></td>"
			echo "<td class=\"$status\">$status</td><td>$seconds</td></tr>"
			report_scenario "$name" "$results/$name"
		done
		echo "</table></body></html>"
	} >"$results/index.html"
}
