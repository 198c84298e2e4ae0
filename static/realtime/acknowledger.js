// Acknowledges received events: once a second at most, because an ack costs the server twice as much as a sent frame.
// Acknowledges at once when half of the server's window is used, so that the server never has to wait.

const ACK_EVERY_MS = 1_000;

export class Acknowledger {
  #send;
  #halfWindow = Infinity;
  #bytes = 0;
  #sentAt = 0;
  #timer = null;
  #offset = 0;

  constructor(send) {
    this.#send = send;
  }

  open(windowBytes) {
    this.#halfWindow = windowBytes / 2;
  }

  // Checks the time with each frame as well, because a hidden tab may run timers only once a minute.
  received(bytes, offset, now = performance.now()) {
    this.#bytes += bytes;
    this.#offset = offset;
    const wait = this.#sentAt + ACK_EVERY_MS - now;
    if (wait <= 0 || this.#bytes >= this.#halfWindow) {
      this.#acknowledge(now);
    } else {
      this.#timer ??= setTimeout(() => this.#acknowledge(performance.now()), wait);
    }
  }

  close() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #acknowledge(now) {
    this.close();
    this.#bytes = 0;
    this.#sentAt = now;
    this.#send(JSON.stringify({ type: "ack", offset: this.#offset }));
  }
}
