# within.awk - status 0 if the lines of the first file stand in the second one, in this order. Empty lines and `...`
# are passed over.
FNR == NR { if ($0 !~ /^ *(\.\.\.)?$/) wanted[++count] = $0; next }
at < count && $0 == wanted[at + 1] { at++ }
END {
    if (at < count) {
        print "not there, or not in this order: " wanted[at + 1]
        exit 1
    }
}
