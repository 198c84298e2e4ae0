// Tells the server how far this client has come: at most once a second (an ack a frame would cost the server twice the
// sending), and at once when half of the server's window is used, so that it never has to stop.

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

  // No timer alone: in a hidden tab they may run once a minute, while frames still come.
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
