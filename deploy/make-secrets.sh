#!/bin/sh
# Makes the files that compose.yaml hands to the containers, once: what is there stays as it is.
# Only the folder is closed: compose gives a file to a container with the rights that it has here, and the application
# runs as a user of its own there.
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
keep valkey_password.conf "requirepass $(random)"
keep database_url "postgres://arrivals:$(cat secrets/postgres_password)@postgres:5432/arrivals"
keep redis_url "redis://:$(sed 's/^requirepass //' secrets/valkey_password.conf)@valkey:6379/0"
