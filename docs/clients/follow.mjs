// Follows the feed from Node 22.7 or newer, with the modules that the pages use. Prints one event a line, as JSON, and
// keeps its cursor in a file:
//
//   node docs/clients/follow.mjs http://127.0.0.1:8000/ws/users/ TOKEN_FILE CURSOR_FILE
//
// Without a cursor file it starts at the head. A cursor file with {"offset": 0} starts with the oldest event of the log. If
// the server cannot resume from the cursor, it prints a line of the type "snapshot", which makes all earlier lines void, and
// a "user.listed" for each present user.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Connection, Cursor } from "../../static/realtime/connection.js";

const ANSWER_MS = 60_000;

const [url, tokenFile, cursorFile] = process.argv.slice(2);
if (!cursorFile || typeof WebSocket === "undefined") {
  console.error("Usage: node follow.mjs URL TOKEN_FILE CURSOR_FILE, with Node 22.7 or newer");
  process.exit(2);
}
const token = readFileSync(tokenFile, "utf8").trim();
const print = (message) => console.log(JSON.stringify(message));
const cursor = Object.assign(new Cursor(), existsSync(cursorFile) && JSON.parse(readFileSync(cursorFile, "utf8")));

// Called after the events, so a kill before it repeats some events and loses none.
function keepCursor() {
  writeFileSync(`${cursorFile}.new`, JSON.stringify(cursor));
  renameSync(`${cursorFile}.new`, cursorFile);
}

async function get(address) {
  const answer = await fetch(address, {
    headers: { Authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  if (!answer.ok) {
    throw new Error(`${address} answers ${answer.status}.`);
  }
  return answer.json();
}

// All users, newest first. The first page's cursor counts: what happened since comes as events.
async function printSnapshot() {
  const base = new URL(url.replace(/^ws/, "http"));
  let page = await get(new URL(`../../api/users?limit=100&${base.search.slice(1)}`, base));
  const { epoch, head, total } = page;
  print({ type: "snapshot", epoch, head, total });
  for (; page; page = page.next && (await get(new URL(page.next, base)))) {
    page.items.forEach((user) => print({ type: "user.listed", user }));
  }
  return { epoch, offset: head };
}

const connection = new Connection(url, cursor, {
  token,
  onEvent: print,
  onReset: async ({ reason }) => {
    console.error(`Some events are gone from the log (${reason}). All users follow.`);
    Object.assign(cursor, await printSnapshot());
    connection.start();
  },
  onChange: () => {
    if (cursor.epoch !== null) {
      keepCursor();
    }
    if (connection.link.phase === "ended" && connection.link.code !== "reset") {
      console.error(`The server refuses this for good (${connection.link.code}): docs/protocol.md says what to mend.`);
      process.exitCode = 1;
    }
  },
});
process.on("SIGINT", () => process.exit());
connection.start();
