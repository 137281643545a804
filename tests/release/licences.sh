#!/bin/sh
# Prints the licences of every crate in the binary for TARGET, and of what is in it beside them:
# first a table, then each text once, with the crates that carry it. Reads cargo's own copy of the
# sources; needs no network.
set -eu

target=${1:?usage: licences.sh TARGET}
registry=${CARGO_HOME:-$HOME/.cargo}/registry/src
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"${CARGO:-cargo}" tree --locked --edges normal --target "$target" --prefix none --no-dedupe \
    --format '{p}|{l}' | grep -v '(/' |
    awk -F'|' '{ split($1, word, " "); print word[1] "|" substr(word[2], 2) "|" $2 }' |
    sort -u >"$work/crates"

echo "user-sync contains these crates (crate, version, licence):"
echo
awk -F'|' '{ printf "  %-28s %-12s %s\n", $1, $2, $3 }' "$work/crates"
echo
echo "and beside them:"
echo
while IFS='|' read -r name version licence from; do
    printf '  %-28s %-12s %s\n' "$name" "$version" "$licence"
    hash=$(sha256sum <"$from" | cut -d' ' -f1)
    cp "$from" "$work/$hash.text"
    echo "$name $version" >>"$work/$hash.of"
done <<END
$(sh tests/release/beside.sh)
END

while IFS='|' read -r name version _; do
    for source in "$registry"/*/"$name-$version"; do
        [ -d "$source" ] || { echo "no sources of $name $version in $registry" >&2; exit 1; }
        find "$source" -maxdepth 3 -type f \
            \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'notice*' -o -iname 'unlicense*' \) \
            ! -name '*.rs' ! -path '*/tests/*' | sort | while read -r file; do
            hash=$(sha256sum <"$file" | cut -d' ' -f1)
            [ -e "$work/$hash.text" ] || cp "$file" "$work/$hash.text"
            echo "$name $version" >>"$work/$hash.of"
        done
    done
done <"$work/crates"

for text in "$work"/*.text; do
    printf '\n%s\n' "--------------------------------------------------------------------------------"
    sort -u "${text%.text}.of" | tr '\n' ',' | sed 's/,$//; s/,/, /g' | fold -s -w 80
    printf '\n\n'
    cat "$text"
done
