// The state of the connection: shown at once, announced to screen readers at most every five seconds.

const ANNOUNCE_EVERY_MS = 5_000;

export class Status {
  #element;
  #words;
  #signIn;
  #announced;
  #announcedAt = -ANNOUNCE_EVERY_MS;

  constructor(element) {
    this.#element = element;
    this.#words = element.querySelector(".status-words");
    this.#signIn = element.querySelector(".status-sign-in");
    this.#announced = element.querySelector(".status-spoken");
  }

  draw(status, now) {
    if (status) {
      this.#show(status);
      this.#announce(status.words, now);
    }
  }

  #show({ tone, words }) {
    if (words !== this.#words.textContent) {
      this.#element.dataset.tone = tone;
      this.#words.textContent = words;
      this.#signIn.hidden = words !== "Signed out";
    }
  }

  #announce(words, now) {
    if (words !== this.#announced.textContent && now - this.#announcedAt >= ANNOUNCE_EVERY_MS) {
      this.#announced.textContent = words;
      this.#announcedAt = now;
    }
  }
}
