// Follows the feed from Node 22 or newer, with the module that the pages use. Prints one event a line, as JSON:
//
//   node docs/clients/follow.mjs http://127.0.0.1:8000/ws/users/ TOKEN_FILE [EPOCH OFFSET]
//
// Without a cursor it begins at the head, and with `0` in its place at all that the log still holds.

import { readFileSync } from "node:fs";
import { Connection, Cursor } from "../../static/js/connection.js";

const [url, tokenFile, epoch, offset] = process.argv.slice(2);
if (!tokenFile || typeof WebSocket === "undefined") {
  console.error("Usage: node follow.mjs URL TOKEN_FILE [EPOCH OFFSET | 0], with Node 22 or newer");
  process.exit(2);
}
const cursor = epoch === "0" ? new Cursor(null, 0) : epoch ? new Cursor(epoch, Number(offset)) : new Cursor();

const connection = new Connection(url, cursor, {
  token: readFileSync(tokenFile, "utf8").trim(),
  onEvent: (event) => console.log(JSON.stringify(event)),
  onReset: ({ epoch, head, reason }) => {
    console.error(`Some events can no longer be had (${reason}): load the users again, then go on from ${epoch} ${head}.`);
    process.exitCode = 3;
  },
  onChange: () => {
    if (connection.link.phase === "ended" && connection.link.code !== "reset") {
      console.error(`The server refuses this for good (${connection.link.code}): docs/protocol.md says what to mend.`);
      process.exitCode = 1;
    }
  },
});
process.on("SIGINT", () => process.exit());
connection.start();
