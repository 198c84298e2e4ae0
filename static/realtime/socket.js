// One socket with what goes with it: it acknowledges, and is taken for dead when nothing is heard of it.

import { Acknowledger } from "./acknowledger.js";
import { Watchdog } from "./watchdog.js";

export class Socket {
  acks;
  watchdog;
  #socket;

  // `onText(text)` for each message; `onEnd(code)` where it has ended, with 1006 where it is dead.
  constructor(address, subprotocols, { onText, onEnd }) {
    const socket = new WebSocket(address, subprotocols);
    this.acks = new Acknowledger((text) => socket.readyState === WebSocket.OPEN && socket.send(text));
    this.watchdog = new Watchdog(() => onEnd(1006));
    this.watchdog.hear();
    socket.onmessage = ({ data }) => {
      this.watchdog.hear();
      onText(data);
    };
    socket.onclose = ({ code }) => onEnd(code);
    this.#socket = socket;
  }

  greeted(hello) {
    this.watchdog.open(hello.heartbeat_s);
    this.watchdog.hear();
    this.acks.open(hello.window_bytes);
  }

  drop() {
    this.#deafen();
    this.#socket.close();
  }

  // The same without a line on the browser's console, which reports the closing of one that still connects.
  leave() {
    this.#deafen();
    if (this.#socket.readyState === WebSocket.CONNECTING) {
      this.#socket.onopen = () => this.#socket.close();
    } else {
      this.#socket.close();
    }
  }

  // Its late events may come in the middle of the next one's.
  #deafen() {
    this.watchdog.close();
    this.acks.close();
    this.#socket.onmessage = this.#socket.onclose = null;
  }
}
