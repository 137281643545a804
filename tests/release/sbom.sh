#!/bin/sh
# Prints a software bill of materials in CycloneDX 1.5 (JSON) of the binary for TARGET: every crate
# with version, licence, package URL and the SHA-256 of Cargo.lock, and what is in it beside crates
# (libdbus, musl, the standard library). No time and no random serial
# number: the same sources give the same bytes.
set -eu

target=${1:?usage: sbom.sh TARGET}
{
    "${CARGO:-cargo}" tree --locked --edges normal --target "$target" --prefix none --no-dedupe \
        --format '{p}|{l}'
    sh tests/release/beside.sh
} |
    awk '
        # Cargo.lock: the checksum of each package.
        FILENAME != "-" {
            gsub(/"/, "")
            if ($1 == "name") name = $3
            if ($1 == "version") version = $3
            if ($1 == "checksum") checksum[name " " version] = $3
            next
        }
        {
            # A line of beside.sh.
            if (split($0, half, "|") == 4) {
                add(half[1], half[2], half[3], "generic", "")
                next
            }
            split(half[1], word, " ")
            name = word[1]
            version = substr(word[2], 2)
            if (FNR == 1) { product = name; product_version = version; next }
            key = name " " version
            if (key in seen || !(key in checksum)) next
            seen[key] = 1
            expression = half[2]
            gsub(/\//, " OR ", expression)
            hash = "\"hashes\": [{\"alg\": \"SHA-256\", \"content\": \"" checksum[key] "\"}], "
            add(name, version, expression, "cargo", hash)
        }
        function add(name, version, licence, kind, hash,    url) {
            url = "\"pkg:" kind "/" name "@" version "\""
            lines[name " " version] = "    {\"type\": \"library\", \"name\": \"" name "\", \"version\": \"" version \
                "\", \"purl\": " url ", \"bom-ref\": " url ", " hash \
                "\"licenses\": [{\"expression\": \"" licence "\"}]}"
        }
        END {
            print "{"
            print "  \"bomFormat\": \"CycloneDX\","
            print "  \"specVersion\": \"1.5\","
            print "  \"version\": 1,"
            print "  \"metadata\": {\"component\": {\"type\": \"application\", \"name\": \"" product "\", \"version\": \"" product_version "\", \"bom-ref\": \"" product "\"}},"
            print "  \"components\": ["
            for (key in lines) print lines[key] | "sort | sed \"\\$!s/$/,/\""
            close("sort | sed \"\\$!s/$/,/\"")
            print "  ]"
            print "}"
        }
    ' Cargo.lock -
