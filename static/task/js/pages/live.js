// Runs a live page: follows the feed from the cursor of its snapshot, draws at most once an animation frame, and shows
// the state of the connection.

import { Connection, Cursor } from "../../../realtime/connection.js";
import { isOffline, reconnectOnReturn } from "../lifecycle/reconnect.js";
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

  // `page` is the page's own data. Calls `onEvent(event, now)` and `draw(now)`.
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
    reconnectOnReturn(this.#connection);
    this.#connection.start();
    this.drawSoon();
  }

  // The server's clock, because the server wrote the times and this machine's clock may be wrong.
  get now() {
    return Date.now() + this.#clockAhead;
  }

  // A hidden tab gets no animation frame, so it draws all changes in one step on return.
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
    const more = { offset: this.#cursor.offset, now, isOffline: isOffline(navigator, location) };
    this.#status.draw(connectionWords(this.#connection.link, more), now);
  }
}
