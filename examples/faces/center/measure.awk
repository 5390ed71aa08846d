# measure.awk - how tight the classes of an embedding are: measure.awk -v name=N -v accuracy=A TRAIN TEST
#
# Lines are a class and a point. Prints name, ratio, accuracy and nearest-class-mean accuracy (%), with tabs between.
# The ratio is the mean distance of a test sample to the mean of its class, over the mean distance between two such
# means, both of the test set; the last accuracy is that of taking a test sample for the class whose training mean is
# nearest.

function distance(class, mean,    d, sum) {
    for (d = 2; d <= NF; d++)
        sum += ($d - mean[class, d]) ^ 2
    return sqrt(sum)
}

FNR == 1 { file++ }
NF < 2 { print FILENAME ": line " FNR " holds no point" > "/dev/stderr"; bad = 1; exit 1 }

file == 1 {
    seen[$1]++
    for (d = 2; d <= NF; d++)
        known[$1, d] += $d
    next
}

{
    line[FNR] = $0
    count[$1]++
    for (d = 2; d <= NF; d++)
        mean[$1, d] += $d
    last = FNR
    columns = NF
}

END {
    if (bad)
        exit 1
    for (key in known) {
        split(key, part, SUBSEP)
        known[key] /= seen[part[1]]
    }
    for (key in mean) {
        split(key, part, SUBSEP)
        mean[key] /= count[part[1]]
    }
    for (n = 1; n <= last; n++) {
        $0 = line[n]
        within += distance($1, mean)
        best = ""
        for (class in seen) {
            away = distance(class, known)
            if (best == "" || away < least) {
                least = away
                best = class
            }
        }
        right += best == $1
    }
    for (one in count)
        for (other in count)
            if (one + 0 < other + 0) {
                sum = 0
                for (d = 2; d <= columns; d++)
                    sum += (mean[one, d] - mean[other, d]) ^ 2
                between += sqrt(sum)
                pairs++
            }
    printf "%s\t%.6f\t%s\t%.4f\n", name, within / last / (between / pairs), accuracy, 100 * right / last
}
