// The wire protocol `arrivals.v1` (docs/protocol.md) as pure values: no socket, no clock, no DOM.

const VERSION = "arrivals.v1";
const BEARER = "arrivals.bearer.";

// A client's progress: it has every event of this epoch up to `offset`. Without an epoch it starts at the oldest
// event of the log (offset 0) or at the head (offset null).
export class Cursor {
  constructor(epoch = null, offset = null) {
    this.epoch = epoch;
    this.offset = offset;
  }

  begin(hello) {
    if (this.epoch === null) {
      this.epoch = hello.epoch;
      this.offset = hello.after;
    }
  }

  // Returns whether the offset is new. Moves before the event is handled, because an event whose handler fails must not
  // come again after every reconnect.
  advance(offset) {
    if (offset <= this.offset) {
      return false;
    }
    this.offset = offset;
    return true;
  }
}

export function address(url, { epoch, offset }) {
  const full = new URL(url);
  full.protocol = full.protocol.replace("http", "ws");
  Object.entries({ after: offset, epoch })
    .filter(([, value]) => value !== null)
    .forEach(([name, value]) => full.searchParams.set(name, value));
  return full.href;
}

// Offers a token as a subprotocol, because a browser cannot set headers on a WebSocket and URLs end up in logs.
export function subprotocols(token) {
  return token ? [VERSION, BEARER + token] : [VERSION];
}

// With a filter in the URL, gaps between batches are normal and the cursor need not reach the head.
export function isFiltered(url) {
  return url.includes("?");
}

// Returns a frame without a type, which is ignored, for text that is not a JSON object.
export function parse(text) {
  try {
    const frame = JSON.parse(text);
    return frame !== null && typeof frame === "object" ? frame : {};
  } catch {
    return {};
  }
}

// Handles the events after the cursor. A batch may start before the cursor or come twice.
export function receive(frame, cursor, handle) {
  for (const event of frame.events) {
    if (cursor.advance(event.offset)) {
      handle(event);
    }
  }
  cursor.advance(frame.last);
}

// Maps a close code to the client's next step. Browsers report 1006 for every connection that broke or failed to open.
export function verdict(code) {
  if (code === 4501) {
    return "sign in";
  }
  return code >= 4500 && code <= 4999 ? "stop" : "retry";
}

// Milliseconds until the next attempt, with full jitter: the clients of a restarted server must not all return at once.
export function retryDelay(attempt, random) {
  return random * Math.min(30_000, 1_000 * 2 ** attempt);
}
