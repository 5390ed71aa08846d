# blocks.awk - cuts the code blocks of a Markdown file into files: N.LANGUAGE in the folder `to`, and a line
# `N LANGUAGE MARK FILE` for each on standard output. A mark is a comment directly above the block:
#     <!-- same: FILE -->     the block is that file of the project
#     <!-- save: FILE -->     a description that later blocks use under this name
#     <!-- within: FILE -->   the lines stand in that printed file, in this order; `...` stands for any
/^<!-- (same|save|within): .* -->$/ { mark = substr($2, 1, length($2) - 1); file = $3; next }
/^```/ && !inside {
    inside = 1
    name = sprintf("%03d", ++count)
    language = length($0) > 3 ? substr($0, 4) : "text"
    path = to "/" name "." language
    printf "" > path
    print name, language, mark ? mark : "-", file ? file : "-"
    next
}
/^```/ { inside = 0; mark = file = ""; close(path); next }
inside { print > path; next }
{ mark = file = "" }
