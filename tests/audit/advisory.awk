# Reads one RustSec advisory and prints a line if it holds for `version` of `crate`.
# It is safe if the advisory was withdrawn or if `version` meets one of the ranges under
# `patched` or `unaffected`; a range is a list like ">= 1.2.3, < 2" of which all must hold.
# A range that is not understood counts as not met, so that it is shown rather than hidden.

/^id[ \t]*=/ { id = quoted($0) }
/^withdrawn[ \t]*=/ { safe = 1 }
/^informational[ \t]*=/ { note = quoted($0) }
/^# / && title == "" { title = substr($0, 3) }
/^(patched|unaffected)[ \t]*=/ { ranges = 1 }
ranges {
    rest = $0
    while (match(rest, /"[^"]*"/)) {
        range = substr(rest, RSTART + 1, RLENGTH - 2)
        rest = substr(rest, RSTART + RLENGTH)
        if (meets(range)) safe = 1
    }
    if (index($0, "]")) ranges = 0
}
END {
    if (safe) exit
    printf "%-4s %s %s %s: %s\n", (note == "" ? "FAIL" : note), id, crate, version, title
}

function quoted(line) { return match(line, /"[^"]*"/) ? substr(line, RSTART + 1, RLENGTH - 2) : "" }

function meets(range,    part, count, i) {
    count = split(range, part, ",")
    for (i = 1; i <= count; i++) if (!holds(part[i])) return 0
    return count > 0
}

function holds(text,    sign, bound, order) {
    gsub(/ /, "", text)
    if (!match(text, /^[<>=^~]*/)) return 0
    sign = substr(text, 1, RLENGTH)
    bound = substr(text, RLENGTH + 1)
    if (bound !~ /^[0-9]+(\.[0-9]+)*$/) return 0
    order = compare(version, bound)
    if (sign == ">=") return order >= 0
    if (sign == ">") return order > 0
    if (sign == "<") return order < 0
    if (sign == "<=") return order <= 0
    if (sign == "=") return order == 0
    if (sign == "^" || sign == "") return order >= 0 && same(bound, caret_parts(bound))
    if (sign == "~") return order >= 0 && same(bound, 2)
    return 0
}

# How many leading numbers must stay: up to the first that is not zero.
function caret_parts(bound,    part, count, i) {
    count = split(bound, part, ".")
    for (i = 1; i <= count; i++) if (part[i] > 0) return i
    return count
}

function same(bound, parts,    a, b, i) {
    split(version, a, ".")
    split(bound, b, ".")
    for (i = 1; i <= parts; i++) if (a[i] + 0 != b[i] + 0) return 0
    return 1
}

function compare(left, right,    a, b, i) {
    # Build metadata does not count; of a pre-release only its numbers do.
    sub(/[-+].*/, "", left)
    split(left, a, ".")
    split(right, b, ".")
    for (i = 1; i <= 3; i++) {
        if (a[i] + 0 < b[i] + 0) return -1
        if (a[i] + 0 > b[i] + 0) return 1
    }
    return 0
}
