// Says that a connection is dead: one that nothing is heard of any more, or whose tail was lost.

const CONNECT_MS = 10_000;
const LOST_TAIL_MS = 2_000;

export class Watchdog {
  #onDead;
  #silenceMs = CONNECT_MS;
  #silence = null;
  #tail = null;

  constructor(onDead) {
    this.#onDead = onDead;
  }

  open(heartbeatSeconds) {
    this.#silenceMs = heartbeatSeconds * 1_500 + 2_000;
  }

  hear() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(this.#onDead, this.#silenceMs);
  }

  // An idle server's head is ahead of this client: the tail was lost, unless it comes within a moment. The heartbeats of
  // that moment do not put it off.
  expectTail() {
    this.#tail ??= setTimeout(this.#onDead, LOST_TAIL_MS);
  }

  tailCame() {
    clearTimeout(this.#tail);
    this.#tail = null;
  }

  close() {
    clearTimeout(this.#silence);
    clearTimeout(this.#tail);
  }
}
