// Follows a feed: opens a socket at the cursor, and another one when it ends. Passes on every event once, in order.
// For pages, other sites and Node (docs/clients). Needs the modules of this folder only, and no DOM.

import { address, isFiltered, parse, receive, retryDelay, subprotocols, verdict } from "./protocol.js";
import { Socket } from "./socket.js";
export { Cursor } from "./protocol.js";

const STEADY_MS = 5_000;

// `link` is the state to show: {phase: "starting" | "connecting" | "catching up" | "live" | "waiting" | "ended", since,
// goal (catching up), retryAt (waiting), code (ended)}.
export class Connection {
  link = { phase: "starting", since: 0 };
  #url;
  #cursor;
  #token;
  #handlers;
  #socket = null;
  #attempt = 0;
  #retryTimer = null;

  // Calls `onEvent(event)` after the cursor has moved past the event, and `onChange()` when link or cursor change.
  // Calls `onReset(frame)`, which may be async, if the log cannot continue from the cursor. `token` replaces a session.
  constructor(url, cursor, { onEvent, onChange = () => {}, onReset = () => {}, token = "" }) {
    this.#url = String(url);
    this.#cursor = cursor;
    this.#handlers = { onEvent, onChange, onReset };
    this.#token = token;
  }

  // Call it again after a reset, once the cursor is that of a new snapshot.
  start() {
    this.#attempt = 0;
    this.#enter("starting");
    this.#open();
  }

  // Ends the wait for the next attempt, for example when the browser is online again.
  openNow() {
    if (this.link.phase !== "ended") {
      this.#attempt = 0;
      this.#open();
    }
  }

  // Closes the socket when a page is hidden, because browsers keep pages for Back only without one.
  leave() {
    clearTimeout(this.#retryTimer);
    this.#socket?.leave();
    this.#socket = null;
  }

  // Ends until the next start(). Still passes on the rest of a batch.
  stop() {
    this.leave();
    this.#enter("ended", { code: "stopped" });
  }

  #open() {
    this.#drop();
    this.#socket = new Socket(address(this.#url, this.#cursor), subprotocols(this.#token), {
      onText: (text) => this.#receive(text),
      onEnd: (code) => this.#retryOrEnd(code),
    });
    this.#enter(this.link.phase === "starting" ? "starting" : "connecting");
  }

  #drop() {
    clearTimeout(this.#retryTimer);
    this.#socket?.drop();
    this.#socket = null;
  }

  #retryOrEnd(code) {
    this.#drop();
    if (verdict(code) !== "retry") {
      return this.#enter("ended", { code });
    }
    if (this.link.phase === "live" && performance.now() - this.link.since > STEADY_MS) {
      this.#attempt = 0;
    }
    const delay = retryDelay(this.#attempt++, Math.random());
    this.#retryTimer = setTimeout(() => this.#open(), delay);
    this.#enter("waiting", { retryAt: performance.now() + delay });
  }

  #receive(text) {
    const frame = parse(text);
    if (frame.type === "hello") {
      this.#begin(frame);
    } else if (frame.type === "reset") {
      this.#reset(frame);
    } else if (frame.type === "events") {
      this.#receiveEvents(frame, text.length);
    } else if (frame.type === "heartbeat" && frame.head > this.#cursor.offset && !isFiltered(this.#url)) {
      this.#socket.watchdog.expectTail();
    }
  }

  #begin(hello) {
    this.#socket.open(hello);
    this.#cursor.begin(hello);
    this.#enter("catching up", { goal: isFiltered(this.#url) ? 0 : hello.head });
    this.#enterLiveAtGoal();
  }

  // Drops the socket, because its further events follow a new snapshot. Tries again if the handler fails.
  async #reset(frame) {
    this.#drop();
    this.#enter("ended", { code: "reset" });
    try {
      await this.#handlers.onReset(frame);
    } catch (error) {
      console.error(error);
      this.link.code === "reset" && this.#retryOrEnd(1006);
    }
  }

  // Reconnects after a gap, or if a handler failed in the middle of a batch, to get the missing events from the log.
  // With a filter no later message would show that they are missing.
  #receiveEvents(frame, size) {
    const { offset } = this.#cursor;
    if (frame.first > offset + 1 && !isFiltered(this.#url)) {
      return this.#retryOrEnd(1006);
    }
    try {
      receive(frame, this.#cursor, this.#handlers.onEvent);
    } catch (error) {
      this.#socket && this.#retryOrEnd(1006);
      throw error;
    }
    if (this.#cursor.offset > offset) {
      this.#socket?.watchdog.tailCame();
    }
    this.#socket?.acknowledger.received(size, frame.last);
    this.#enterLiveAtGoal();
    this.#handlers.onChange();
  }

  #enterLiveAtGoal() {
    if (this.link.phase === "catching up" && this.#cursor.offset >= this.link.goal) {
      this.#enter("live");
    }
  }

  #enter(phase, more) {
    this.link = { phase, since: performance.now(), ...more };
    this.#handlers.onChange();
  }
}
