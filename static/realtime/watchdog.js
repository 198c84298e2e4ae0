// Detects a dead connection: one that has been silent for too long, or one that lost the newest events.

const CONNECT_MS = 10_000;
const LOST_TAIL_MS = 2_000;

export class Watchdog {
  #onDead;
  #silenceMs = CONNECT_MS;
  #silenceTimer = null;
  #tailTimer = null;

  constructor(onDead) {
    this.#onDead = onDead;
  }

  open(heartbeatSeconds) {
    this.#silenceMs = heartbeatSeconds * 1_500 + 2_000;
  }

  // Restarts the time of allowed silence.
  messageCame() {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(this.#onDead, this.#silenceMs);
  }

  // Call when an idle server's head is ahead of this client: its newest events must come now, or they are lost. Further
  // heartbeats do not extend the time.
  expectTail() {
    this.#tailTimer ??= setTimeout(this.#onDead, LOST_TAIL_MS);
  }

  tailCame() {
    clearTimeout(this.#tailTimer);
    this.#tailTimer = null;
  }

  close() {
    clearTimeout(this.#silenceTimer);
    clearTimeout(this.#tailTimer);
  }
}
