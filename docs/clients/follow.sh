#!/bin/sh
# Follows the feed by the long poll, with curl, and with python3 to read JSON. Prints one event a line, as JSON, and
# keeps its cursor in a file:
#
#   follow.sh http://127.0.0.1:8000 TOKEN_FILE CURSOR_FILE [job=7]
#
# Without a cursor file it starts at the head. A cursor file with `after=0` starts with the oldest event of the log. If
# the server cannot resume from the cursor, it prints a line of the type `snapshot`, which makes all earlier lines void, and
# a `user.listed` for each present user. It exits with 1 if the server refuses the request for good.
set -eu
[ $# -ge 3 ] || { echo "Usage: follow.sh ADDRESS TOKEN_FILE CURSOR_FILE [job=ID]" >&2; exit 2; }
export no_proxy="${no_proxy-${NO_PROXY-localhost,127.0.0.1,::1}}"
address=$1 token_file=$2 cursor_file=$3 filter=${4:-}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
trap 'exit 130' INT TERM

# Prints the status of an answer and writes its body to a file. The token is not an argument of curl, because every user
# of the machine can read arguments. A slow line may take as long as it needs.
get() {
    printf 'header = "Authorization: Bearer %s"\n' "$(cat "$token_file")" |
        curl --silent --config - --connect-timeout 10 --speed-time 60 --speed-limit 1 --output "$answer" \
            --write-out '%{http_code}' "$address/api/$1" || echo " cut"
}

# Without a cursor it does not wait: if that poll were cut, its start would be unknown.
poll() {
    if [ -e "$cursor_file" ]; then position="wait=25&$(cat "$cursor_file")"; else position=wait=0; fi
    get "events?limit=100&$filter&$position"
}

# Prints the events, one a line, and writes the next cursor.
print_events() {
    python3 -c '
import json, sys
answer = json.load(open(sys.argv[1]))
for event in answer["events"]:
    print(json.dumps(event))
with open(sys.argv[2] + ".new", "w") as file:
    print("after={last}&epoch={epoch}".format(**answer), file=file)
' "$answer" "$cursor_file"
}

# Prints all users, newest first. Keeps the cursor of the first page: later changes come as events.
print_snapshot() {
    query="limit=100&$filter" place=first
    while [ -n "$query" ]; do
        [ "$(get "users?$query")" = 200 ] || return 1
        print_users "$place" || exit 1
        query=$(cat "$answer") place=later
    done
}

# Prints one page of users and replaces the answer by the query of the next page.
print_users() {
    python3 -c '
import json, sys
answer_file, cursor_file, place = sys.argv[1:]
page = json.load(open(answer_file))
if place == "first":
    print(json.dumps({"type": "snapshot", **{name: page[name] for name in ("epoch", "head", "total")}}))
    with open(cursor_file + ".new", "w") as file:
        print("after={head}&epoch={epoch}".format(**page), file=file)
for user in page["items"]:
    print(json.dumps({"type": "user.listed", "user": user}))
with open(answer_file, "w") as file:
    file.write((page["next"] or "").partition("?")[2])
' "$answer" "$cursor_file" "$1"
}

# Waits for a random time that grows. Otherwise all clients of a restarted server would reconnect in the same moment.
rest() {
    python3 -c 'import random, sys, time; time.sleep(random.random() * int(sys.argv[1]))' "$pause"
    pause=$((pause < 16 ? pause * 2 : 30))
}

pause=1
while :; do
    status=$(poll)
    case $status in
    200)
        # The cursor moves last, so a kill before it repeats some events and loses none.
        print_events
        mv "$cursor_file.new" "$cursor_file"
        pause=1
        ;;
    410)
        echo "Some events are gone from the log. All users follow: $(cat "$answer")" >&2
        if print_snapshot; then mv "$cursor_file.new" "$cursor_file"; else rest; fi
        ;;
    400 | 401 | 403 | 404 | 422)
        echo "The server refuses this: $(cat "$answer")" >&2
        exit 1
        ;;
    *)
        # No answer, half an answer, a restarting server, or too many connections.
        rest
        ;;
    esac
done
