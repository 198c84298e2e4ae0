// What every live page has: the feed from its snapshot's cursor on, one drawing an animation frame, the state of the
// connection in words.

import { Connection, Cursor } from "../../../realtime/connection.js";
import { keepPresent } from "../lifecycle/reconnect.js";
import { reloadOnce } from "../lifecycle/reload.js";
import { Status } from "../view/status.js";
import { connectionWords } from "../format/words.js";

const TICK_MS = 500;

export class Live {
  #clockAhead;
  #cursor;
  #connection;
  #draw;
  #status = new Status(document.getElementById("status"));
  #isDrawing = false;

  // `page` is the page's own data; `onEvent` and `draw` are told the time.
  constructor(page, { onEvent, draw }) {
    this.#clockAhead = Date.parse(page.now) - Date.now();
    this.#cursor = new Cursor(page.epoch, page.head);
    this.#draw = draw;
    this.#connection = new Connection(new URL(page.socket, location.href), this.#cursor, {
      onEvent: (event) => onEvent(event, this.now),
      onChange: this.drawSoon,
      onReset: reloadOnce,
    });
  }

  start() {
    setInterval(this.drawSoon, TICK_MS);
    keepPresent(this.#connection);
    this.#connection.start();
    this.drawSoon();
  }

  // Ages and rates are told by the server's clock, which wrote the times; this machine's may be wrong.
  get now() {
    return Date.now() + this.#clockAhead;
  }

  // In a hidden tab no frame comes: all that happened meanwhile is drawn in one step on return.
  drawSoon = () => {
    if (!this.#isDrawing) {
      this.#isDrawing = true;
      requestAnimationFrame(() => this.#drawNow());
    }
  };

  #drawNow() {
    this.#isDrawing = false;
    this.#draw(this.now);
    const now = performance.now();
    const { offset } = this.#cursor;
    this.#status.draw(connectionWords(this.#connection.link, { offset, now, isOnline: navigator.onLine }), now);
  }
}
