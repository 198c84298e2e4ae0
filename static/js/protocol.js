// The wire, version 1 (docs/protocol.md), as pure values: no socket, no clock, no DOM.

export const SUBPROTOCOL = "arrivals.v1";

// All that a watcher must remember: every event up to `offset` of this life of the feed is behind it.
export class Cursor {
  constructor(epoch, offset) {
    this.epoch = epoch;
    this.offset = offset;
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

export function address(page, path, cursor) {
  const url = new URL(path, page);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("after", cursor.offset);
  url.searchParams.set("epoch", cursor.epoch);
  return url.href;
}

// How far a client has to come. With a filter offsets jump, so that the head tells nothing.
export function goal(path, head) {
  return path.includes("?") ? 0 : head;
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
