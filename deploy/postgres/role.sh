#!/bin/sh
# Creates Arrivals' database and the role that owns it, when the volume is new. The role owns nothing else, so a stolen
# DATABASE_URL reads no file of the server, runs no program there and changes no other role.
set -eu
psql -v ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\set password `cat "$ARRIVALS_PASSWORD_FILE"`
CREATE ROLE arrivals LOGIN PASSWORD :'password';
CREATE DATABASE arrivals OWNER arrivals;
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
SQL
