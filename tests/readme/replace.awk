# replace.awk - puts the lines of the file `with` in the place of code block number `block` of a Markdown file.
/^```/ && !inside {
    inside = 1
    print
    if (++count == block)
        while ((getline line < with) > 0)
            print line
    next
}
/^```/ { inside = 0 }
inside && count == block { next }
{ print }
