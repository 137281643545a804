#!/bin/sh
# The main job, shown on a sample company: what would be done, doing it, nothing left to do; then
# what was done to a leaver, and the way back.
# Runs inside the simulator (`make demo`), which sets the hosts and SSL_CERT_FILE.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
umask 077
for file in testdata/demo/config/*; do
    sed -e "s/@OKTA_HOST@/$OKTA_HOST/" -e "s/@UMAPI_HOST@/$UMAPI_HOST/" \
        -e "s/@TOKEN_HOST@/$TOKEN_HOST/" "$file" >"$folder/$(basename "$file")"
done
binary=$(realpath "$USER_SYNC")
cd "$folder"

step() {
    printf '\n== %s\n\n' "$1"
}

step "1. user-sync plan: what differs"
"$binary" plan
step "2. user-sync: write the difference"
"$binary"
step "3. user-sync again: nothing is left to do"
"$binary"
"$binary" plan --detailed-exit-code >/dev/null 2>&1 && echo "plan agrees: no changes"
step "4. user-sync history: what was done to a leaver, when and why"
"$binary" history charles.babbage@example.com
step "5. user-sync undo last: a plan that takes the run back, looked at and sent"
"$binary" undo last --out back.plan
"$binary" apply back.plan
