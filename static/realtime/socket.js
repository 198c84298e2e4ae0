// One WebSocket with its acknowledger and its watchdog, which ends it when it is dead.

import { Acknowledger } from "./acknowledger.js";
import { Watchdog } from "./watchdog.js";

export class Socket {
  acknowledger;
  watchdog;
  #socket;

  // Calls `onText(text)` for each message, and `onEnd(code)` when the socket ends, with 1006 when it is dead.
  constructor(address, subprotocols, { onText, onEnd }) {
    const socket = new WebSocket(address, subprotocols);
    this.acknowledger = new Acknowledger((text) => socket.readyState === WebSocket.OPEN && socket.send(text));
    this.watchdog = new Watchdog(() => onEnd(1006));
    this.watchdog.messageCame();
    socket.onmessage = ({ data }) => {
      this.watchdog.messageCame();
      onText(data);
    };
    socket.onclose = ({ code }) => onEnd(code);
    this.#socket = socket;
  }

  // Applies the limits that the server's hello names.
  open(hello) {
    this.watchdog.open(hello.heartbeat_s);
    this.watchdog.messageCame();
    this.acknowledger.open(hello.window_bytes);
  }

  drop() {
    this.#detach();
    this.#socket.close();
  }

  // Like drop(), but closes a connecting socket once it is open, because browsers log an earlier close on the console.
  leave() {
    this.#detach();
    if (this.#socket.readyState === WebSocket.CONNECTING) {
      this.#socket.onopen = () => this.#socket.close();
    } else {
      this.#socket.close();
    }
  }

  // Removes the handlers, because late messages of this socket may arrive between those of the next one.
  #detach() {
    this.watchdog.close();
    this.acknowledger.close();
    this.#socket.onmessage = this.#socket.onclose = null;
  }
}
