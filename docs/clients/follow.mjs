// Follows the feed from Node 22.7 or newer, with the modules that the pages use. Prints one event a line, as JSON, and
// keeps its cursor in a file:
//
//   node docs/clients/follow.mjs http://127.0.0.1:8000/ws/users/ TOKEN_FILE CURSOR_FILE
//
// Without a cursor file it begins at the head; one that holds {"offset": 0} begins at all that the log still has.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Connection, Cursor } from "../../static/js/connection.js";

const [url, tokenFile, cursorFile] = process.argv.slice(2);
if (!cursorFile || typeof WebSocket === "undefined") {
  console.error("Usage: node follow.mjs URL TOKEN_FILE CURSOR_FILE, with Node 22.7 or newer");
  process.exit(2);
}
const cursor = Object.assign(new Cursor(), existsSync(cursorFile) && JSON.parse(readFileSync(cursorFile, "utf8")));

// After the events: who kills this in between sees some of them again, and misses none.
function keepCursor() {
  writeFileSync(`${cursorFile}.new`, JSON.stringify(cursor));
  renameSync(`${cursorFile}.new`, cursorFile);
}

const connection = new Connection(url, cursor, {
  token: readFileSync(tokenFile, "utf8").trim(),
  onEvent: (event) => console.log(JSON.stringify(event)),
  onReset: ({ epoch, head, reason }) => {
    console.error(`Some events can no longer be had (${reason}): load the users again, then go on from ${epoch} ${head}.`);
    process.exitCode = 3;
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
