// The wire, version 1 (docs/protocol.md), as pure values: no socket, no clock, no DOM.

const VERSION = "arrivals.v1";
const BEARER = "arrivals.bearer.";

// All that a watcher must remember: every event up to `offset` of this life of the feed is behind it. Without an epoch
// it begins at what the log still holds (offset 0), or at the head (none).
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

  // Moves before the event is handled: one that cannot be handled is not handled again after every reconnect.
  take(offset) {
    if (offset <= this.offset) {
      return false;
    }
    this.offset = offset;
    return true;
  }
}

export function address(url, { epoch, offset }) {
  const asked = new URL(url);
  asked.protocol = asked.protocol.replace("http", "ws");
  Object.entries({ after: offset, epoch })
    .filter(([, value]) => value !== null)
    .forEach(([name, value]) => asked.searchParams.set(name, value));
  return asked.href;
}

// A browser can set no header on a socket, and an address ends up in logs: so a token is offered as a subprotocol.
export function subprotocols(token) {
  return token ? [VERSION, BEARER + token] : [VERSION];
}

// With a filter offsets jump, so that the head tells nothing, and a gap between batches is none.
export function isFiltered(url) {
  return url.includes("?");
}

// Text that is no JSON object is a frame of no known type, and ignored like one.
export function parse(text) {
  try {
    const frame = JSON.parse(text);
    return frame !== null && typeof frame === "object" ? frame : {};
  } catch {
    return {};
  }
}

// Batches come whole and may come twice; with a filter, offsets jump. Only what lies after the cursor is handled.
export function receive(frame, cursor, handle) {
  for (const event of frame.events) {
    if (cursor.take(event.offset)) {
      handle(event);
    }
  }
  cursor.take(frame.last);
}

// What a close code asks of a client. Browsers report 1006 for every connection that broke, or was never made.
export function verdict(code) {
  if (code === 4501) {
    return "sign in";
  }
  return code >= 4500 && code <= 4999 ? "stop" : "retry";
}

// Full jitter, so that the watchers of a restarted server do not come back in one moment.
export function retryDelay(attempt, random) {
  return random * Math.min(30_000, 1_000 * 2 ** attempt);
}
