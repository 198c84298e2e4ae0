// Owns the socket: opens it at the cursor, notices when it is dead, and tries again. Hands on every event once, in order.

import { Acknowledger } from "./acknowledger.js";
import { SUBPROTOCOL, address, goal, parse, receive, retryDelay, verdict } from "./protocol.js";

const CONNECT_MS = 10_000;
const LOST_TAIL_MS = 2_000;
const STEADY_MS = 5_000;

// `link` is what a page can say: {phase: "starting" | "connecting" | "catching up" | "live" | "waiting" | "ended",
// since, goal (catching up), retryAt (waiting), code (ended)}.
export class Connection {
  link = { phase: "starting", since: 0 };
  #path;
  #cursor;
  #handlers;
  #socket = null;
  #acks = null;
  #attempt = 0;
  #silenceMs = CONNECT_MS;
  #timers = {};

  constructor(path, cursor, handlers) {
    this.#path = path;
    this.#cursor = cursor;
    this.#handlers = handlers;
  }

  start() {
    addEventListener("online", () => this.#openNow());
    addEventListener("offline", () => this.#openNow());
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", (event) => event.persisted && this.#openNow());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.link.phase === "waiting") {
        this.#openNow();
      }
    });
    this.#open();
  }

  // Where the network comes or goes: trying tells more than the browser does, and a server on this machine answers.
  #openNow() {
    if (this.link.phase !== "ended") {
      this.#attempt = 0;
      this.#open();
    }
  }

  #open() {
    this.#drop();
    this.#silenceMs = CONNECT_MS;
    this.#enter(this.link.phase === "starting" ? "starting" : "connecting");
    const socket = new WebSocket(address(location.href, this.#path, this.#cursor), SUBPROTOCOL);
    socket.onmessage = (message) => this.#hear(message.data);
    socket.onclose = (event) => this.#closed(event.code);
    this.#socket = socket;
    this.#acks = new Acknowledger((text) => socket.readyState === WebSocket.OPEN && socket.send(text));
    this.#expectSound();
  }

  // A page without a socket may be kept for Back. Closing one that still connects would be reported on the console.
  #leave() {
    if (this.#socket?.readyState !== WebSocket.CONNECTING) {
      this.#drop();
    }
  }

  // A dropped socket is deaf: its late events may come in the middle of the next one's.
  #drop() {
    Object.values(this.#timers).forEach(clearTimeout);
    this.#acks?.close();
    if (this.#socket) {
      this.#socket.onmessage = this.#socket.onclose = null;
      this.#socket.close();
      this.#socket = null;
    }
  }

  #closed(code) {
    this.#drop();
    if (verdict(code) !== "retry") {
      this.#enter("ended", { code });
      return;
    }
    const isSteady = this.link.phase === "live" && performance.now() - this.link.since > STEADY_MS;
    this.#attempt = isSteady ? 0 : this.#attempt;
    const delay = retryDelay(this.#attempt++, Math.random());
    this.#enter("waiting", { retryAt: performance.now() + delay });
    this.#timers.retry = setTimeout(() => this.#open(), delay);
  }

  #hear(text) {
    this.#expectSound();
    const frame = parse(text);
    if (frame.type === "hello") {
      this.#greeted(frame);
    } else if (frame.type === "reset") {
      this.#reset();
    } else if (frame.type === "events") {
      receive(frame, this.#cursor, this.#handlers.onEvent);
      this.#acks.received(text.length, frame.last);
      this.#settle();
      this.#handlers.onChange();
    } else if (frame.type === "heartbeat") {
      this.#compare(frame.head);
    }
  }

  #greeted(hello) {
    this.#silenceMs = hello.heartbeat_s * 1_500 + 2_000;
    this.#expectSound();
    this.#acks.open(hello.window_bytes);
    this.#enter("catching up", { goal: goal(this.#path, hello.head) });
    this.#settle();
  }

  // What follows belongs behind a fresh snapshot, not behind this cursor.
  #reset() {
    this.#drop();
    this.#enter("ended", { code: "reset" });
    this.#handlers.onReset();
  }

  #settle() {
    if (this.link.phase === "catching up" && this.#cursor.offset >= this.link.goal) {
      this.#enter("live");
    }
  }

  #expectSound() {
    clearTimeout(this.#timers.silence);
    this.#timers.silence = setTimeout(() => this.#closed(1006), this.#silenceMs);
  }

  // An idle server whose head is ahead of the cursor: the tail was lost, unless it comes within a moment.
  #compare(head) {
    clearTimeout(this.#timers.tail);
    const offset = this.#cursor.offset;
    if (goal(this.#path, head) > offset) {
      this.#timers.tail = setTimeout(() => this.#cursor.offset === offset && this.#closed(1006), LOST_TAIL_MS);
    }
  }

  #enter(phase, more) {
    this.link = { phase, since: performance.now(), ...more };
    this.#handlers.onChange();
  }
}
