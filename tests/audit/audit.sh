#!/bin/sh
# Checks the crates of the normal tree as far as that works without a network: licences against
# an allow list, crates in two versions, `unsafe` in our own code, and advisories if a RustSec
# database lies in ADVISORY_DB (default: ~/.cargo/advisory-db). Ends with 1 if anything is bad.
set -eu

# In an expression each part between ANDs needs one of these.
LICENCES="MIT Apache-2.0 BSD-3-Clause ISC Unlicense Zlib 0BSD Unicode-3.0 CDLA-Permissive-2.0"
# Crates that RustSec marks as unmaintained, as of November 2026; found without its database too.
UNMAINTAINED="unsafe-libyaml:RUSTSEC-2024-0449"
# Two major versions of one crate that are known and harmless: build-time only.
DUPLICATES="syn"

target=${1:?usage: audit.sh TARGET}
cargo=${CARGO:-cargo}
database=${ADVISORY_DB:-${CARGO_HOME:-$HOME/.cargo}/advisory-db}
failed=0

say() { printf '%-4s %s\n' "$1" "$2"; }
bad() { say FAIL "$1"; failed=1; }

# Name, version and licence of each crate but our own, which cargo shows with a path.
crates=$("$cargo" tree --locked --offline --edges normal --target "$target" --prefix none \
    --no-dedupe --format '{p}|{l}' |
    awk -F'|' '$1 !~ / \(\// { split($1, word, " "); print word[1] "|" substr(word[2], 2) "|" $2 }' | sort -u)

licences() {
    wrong=$(printf '%s\n' "$crates" | awk -F'|' -v list="$LICENCES" '
        BEGIN { n = split(list, name, " "); for (i = 1; i <= n; i++) allowed[name[i]] = 1 }
        {
            # Without parentheses this is stricter than the expression, never laxer.
            expression = $3
            gsub(/[()]/, "", expression)
            gsub(/\//, " OR ", expression)
            parts = split(expression, part, " AND ")
            for (i = 1; i <= parts; i++) {
                good = 0
                choices = split(part[i], choice, " OR ")
                for (j = 1; j <= choices; j++) if (choice[j] in allowed) good = 1
                if (!good) { print $1 " " $2 ": " ($3 == "" ? "none given" : $3); break }
            }
        }')
    if [ -n "$wrong" ]; then bad "licences that are not on the list: $wrong"
    else say ok "licences: all $(printf '%s\n' "$crates" | wc -l) crates are on the list ($LICENCES)"; fi
    say note "libdbus (C, inside libdbus-sys) is AFL-2.1 or GPL-2.0-or-later"
}

duplicates() {
    twice=$(printf '%s\n' "$crates" | cut -d'|' -f1 | uniq -d)
    for crate in $twice; do
        case " $DUPLICATES " in
            *" $crate "*) say ok "two versions of $crate: known, at build time only" ;;
            *) bad "two versions of $crate: see cargo tree -d" ;;
        esac
    done
    [ -n "$twice" ] || say ok "no crate in two versions"
}

unsafe_code() {
    grep -q '^unsafe_code = "forbid"' Cargo.toml || bad 'Cargo.toml does not forbid unsafe_code'
    # Code, not words in comments or texts.
    if found=$(grep -rnE --include='*.rs' '\bunsafe[[:space:]]+(\{|fn|impl|trait|extern)|\bunsafe\(' src tests); then
        bad "unsafe in our own code: $found"
    else
        say ok 'unsafe: none in our own code; the compiler forbids it'
    fi
}

# Crates for which no author will mend anything. They fail nothing: manual/code.md says why they are
# there. What guards us is held here and by tests.
unmaintained() {
    printf '%s\n' "$crates" | awk -F'|' '$2 ~ /[+]deprecated/ { print $1 " " $2 }' |
        while read -r crate; do say note "$crate: deprecated by its author; nobody mends it"; done
    for known in $UNMAINTAINED; do
        crate=${known%%:*}
        case "
$crates" in
            *"
$crate|"*) say note "$crate: unmaintained (${known#*:}), no hole known; nobody mends it" ;;
            *) bad "$crate is no longer in the tree: take it out of UNMAINTAINED" ;;
        esac
    done
    elsewhere=$(grep -rl --include='*.rs' 'serde_yaml::' src | grep -v '^src/config/yaml.rs$' || true)
    if [ -n "$elsewhere" ]; then bad "serde_yaml outside src/config/yaml.rs: $elsewhere"
    else say note "both read the administrator's own files, behind src/config/yaml.rs alone, limited in size and depth, under the fuzzer"; fi
    say note "unsafe-libyaml is C made into unsafe Rust by a machine: a hole in it would be one of memory"
}

# Each advisory for a crate in the tree, unless a range says that the version is safe. One that
# only informs (unmaintained, say) is shown and fails nothing.
advisories() {
    if [ ! -d "$database/crates" ]; then
        say skip "advisories: no RustSec database in $database (git clone https://github.com/RustSec/advisory-db)"
        return
    fi
    files=$(printf '%s\n' "$crates" | while IFS='|' read -r name version _; do
        for file in "$database/crates/$name"/*.md; do
            if [ -e "$file" ]; then printf '%s|%s|%s\n' "$name" "$version" "$file"; fi
        done
    done)
    hits=$(printf '%s\n' "$files" | while IFS='|' read -r name version file; do
        [ -n "$name" ] || continue
        awk -v crate="$name" -v version="$version" -f tests/audit/advisory.awk "$file"
    done)
    printf '%s\n' "$hits" | sed '/^$/d'
    if printf '%s\n' "$hits" | grep -q '^FAIL'; then failed=1
    else say ok "advisories: none of those in $database holds for these versions"; fi
}

licences
duplicates
unsafe_code
unmaintained
advisories
exit "$failed"
