#!/bin/sh
# Lists every crate of the normal tree with version, licence and reason, from cargo's own data.
# The reason of a direct dependency of the program or of its own crate is the comment beside it in
# their Cargo.toml; any other crate names the direct ones it comes through. Fails if there are more than LIMIT crates or a direct
# one has no reason. Needs no network.
set -eu

LIMIT=85
target=${1:?usage: dependencies.sh TARGET}
cargo=${CARGO:-cargo}

# Depth, name, version and licence, depth first: "1serde v1.0.0|MIT".
"$cargo" tree --locked --offline --edges normal --target "$target" --no-dedupe \
    --prefix depth --format '{p}|{l}' |
    awk -v limit="$LIMIT" '
        # Each Cargo.toml: the comment behind each dependency.
        FILENAME != "-" {
            if (/^\[/) inside = ($0 == "[dependencies]")
            else if (inside && / = /) {
                name = $1
                if (!(name in reason)) reason[name] = ""
                if (reason[name] == "" && match($0, /# .*/)) reason[name] = substr($0, RSTART + 2)
            }
            next
        }
        # cargo tree.
        {
            match($0, /^[0-9]+/)
            depth = substr($0, 1, RLENGTH) + 0
            split(substr($0, RLENGTH + 1), half, "|")
            split(half[1], word, " ")
            crate = word[1] " " substr(word[2], 2)
            # Ours are shown with a path; what they name is direct.
            ours[depth] = half[1] ~ / \(\//
            if (ours[depth]) next
            if (ours[depth - 1]) { direct = word[1]; own[crate] = direct }
            else if (index("," through[crate] ",", "," direct ",") == 0)
                through[crate] = through[crate] (through[crate] == "" ? "" : ",") direct
            licence[crate] = half[2]
        }
        END {
            for (crate in licence) {
                count++
                if (crate in own) {
                    why = reason[own[crate]]
                    if (why == "") { why = "NO REASON GIVEN"; bad = 1 }
                } else {
                    why = "through " through[crate]
                    gsub(/,/, ", ", why)
                }
                split(crate, part, " ")
                printf "%-22s %-18s %-40s %s\n", part[1], part[2], licence[crate], why | "sort"
            }
            close("sort")
            printf "\n%d crates, of %d allowed\n", count, limit
            if (count > limit || bad) exit 1
        }
    ' Cargo.toml src/script/Cargo.toml -
