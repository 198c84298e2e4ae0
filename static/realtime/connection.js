// Follows the feed: opens a socket at the cursor, and another one when it has ended. Hands on every event once, in order.
// For the pages, other sites and Node (docs/clients): of the other modules it needs protocol.js and socket.js; no DOM.

import { address, isFiltered, parse, receive, retryDelay, subprotocols, verdict } from "./protocol.js";
import { Socket } from "./socket.js";
export { Cursor } from "./protocol.js";

const STEADY_MS = 5_000;

// `link` is what a page can say: {phase: "starting" | "connecting" | "catching up" | "live" | "waiting" | "ended",
// since, goal (catching up), retryAt (waiting), code (ended)}.
export class Connection {
  link = { phase: "starting", since: 0 };
  #url;
  #cursor;
  #token;
  #handlers;
  #socket = null;
  #attempt = 0;
  #retry = null;

  // `onEvent(event)` for each event, after the cursor has moved; `onChange()` when link or cursor have; `onReset(frame)`,
  // which may be async, when the cursor cannot be honoured. `token` where there is no session of this site.
  constructor(url, cursor, { onEvent, onChange = () => {}, onReset = () => {}, token = "" }) {
    this.#url = String(url);
    this.#cursor = cursor;
    this.#handlers = { onEvent, onChange, onReset };
    this.#token = token;
  }

  // Also after a reset, once the cursor stands at the new snapshot.
  start() {
    this.#attempt = 0;
    this.#enter("starting");
    this.#open();
  }

  // Without waiting any longer, where something says that it may succeed now.
  openNow() {
    if (this.link.phase !== "ended") {
      this.#attempt = 0;
      this.#open();
    }
  }

  // A page without a socket may be kept for Back.
  leave() {
    clearTimeout(this.#retry);
    this.#socket?.leave();
    this.#socket = null;
  }

  // For good, or until the next start(). What is left of a batch is still handed on.
  stop() {
    this.leave();
    this.#enter("ended", { code: "stopped" });
  }

  #open() {
    this.#drop();
    this.#socket = new Socket(address(this.#url, this.#cursor), subprotocols(this.#token), {
      onText: (text) => this.#hear(text),
      onEnd: (code) => this.#closed(code),
    });
    this.#enter(this.link.phase === "starting" ? "starting" : "connecting");
  }

  #drop() {
    clearTimeout(this.#retry);
    this.#socket?.drop();
    this.#socket = null;
  }

  #closed(code) {
    this.#drop();
    if (verdict(code) !== "retry") {
      return this.#enter("ended", { code });
    }
    if (this.link.phase === "live" && performance.now() - this.link.since > STEADY_MS) {
      this.#attempt = 0;
    }
    const delay = retryDelay(this.#attempt++, Math.random());
    this.#retry = setTimeout(() => this.#open(), delay);
    this.#enter("waiting", { retryAt: performance.now() + delay });
  }

  #hear(text) {
    const frame = parse(text);
    if (frame.type === "hello") {
      this.#greeted(frame);
    } else if (frame.type === "reset") {
      this.#reset(frame);
    } else if (frame.type === "events") {
      this.#take(frame, text.length);
    } else if (frame.type === "heartbeat" && frame.head > this.#cursor.offset && !isFiltered(this.#url)) {
      this.#socket.watchdog.expectTail();
    }
  }

  #greeted(hello) {
    this.#socket.greeted(hello);
    this.#cursor.begin(hello);
    this.#enter("catching up", { goal: isFiltered(this.#url) ? 0 : hello.head });
    this.#settle();
  }

  // What follows belongs behind a fresh snapshot, not behind this cursor. Who could not load one is asked again.
  async #reset(frame) {
    this.#drop();
    this.#enter("ended", { code: "reset" });
    try {
      await this.#handlers.onReset(frame);
    } catch (error) {
      console.error(error);
      this.link.code === "reset" && this.#closed(1006);
    }
  }

  // After a hole, or a handler that failed in the middle of a batch, the log still has what is missing: with a filter
  // nothing later would tell that it is.
  #take(frame, size) {
    const { offset } = this.#cursor;
    if (frame.first > offset + 1 && !isFiltered(this.#url)) {
      return this.#closed(1006);
    }
    try {
      receive(frame, this.#cursor, this.#handlers.onEvent);
    } catch (error) {
      this.#socket && this.#closed(1006);
      throw error;
    }
    if (this.#cursor.offset > offset) {
      this.#socket?.watchdog.tailCame();
    }
    this.#socket?.acks.received(size, frame.last);
    this.#settle();
    this.#handlers.onChange();
  }

  #settle() {
    if (this.link.phase === "catching up" && this.#cursor.offset >= this.link.goal) {
      this.#enter("live");
    }
  }

  #enter(phase, more) {
    this.link = { phase, since: performance.now(), ...more };
    this.#handlers.onChange();
  }
}
