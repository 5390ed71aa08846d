# A small twin of a large image network: the same layers, on images of SIDE x SIDE, with a sixteenth of the filters and
# units, and what is repeated twice at most. awk -v side=SIDE -f twin.awk SPEC.yaml
/^(layers|blocks):/ { within = 1 }
/^(loss|output|optimizer|learning_rate|train|data|regularizer|initializer):/ { within = 0 }
/^input:/ { print "input: [" side ", " side ", 3]"; next }
!within { print; next }
{
    done = ""
    rest = $0
    while (match(rest, /[0-9]+(\.[0-9e-]+)?/)) {
        before = substr(rest, 1, RSTART - 1)
        number = substr(rest, RSTART, RLENGTH)
        rest = substr(rest, RSTART + RLENGTH)
        if (number ~ /^[0-9]+$/ && before ~ /repeat: $/)
            number = number + 0 > 2 ? 2 : number
        else if (number ~ /^[0-9]+$/ && number + 0 >= 32 && before !~ /[_A-Za-z0-9]$/)
            number = int(number / 16)
        done = done before number
    }
    print done rest
}
