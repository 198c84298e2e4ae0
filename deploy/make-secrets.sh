#!/bin/sh
# Creates the secret files of compose.yaml. Keeps files that exist.
# Only the folder is private. The files are world-readable because compose keeps their mode in the container, where the
# application runs as another user.
set -eu
cd "$(dirname "$0")"

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
keep() { [ -e "secrets/$1" ] || { printf '%s\n' "$2" >"secrets/$1.new" && mv "secrets/$1.new" "secrets/$1"; }; }

umask 022
mkdir -p secrets
chmod 0700 secrets
keep secret_key "$(random)"
keep metrics_token "$(random)"
keep postgres_password "$(random)"
keep arrivals_password "$(random)"
keep valkey_password.conf "requirepass $(random)"
keep database_url "postgres://arrivals:$(cat secrets/arrivals_password)@postgres:5432/arrivals"
keep redis_url "redis://:$(sed 's/^requirepass //' secrets/valkey_password.conf)@valkey:6379/0"
