// The words about the connection: shown at once, spoken at most every five seconds.

const SPOKEN_EVERY_MS = 5_000;

export class Status {
  #element;
  #words;
  #signIn;
  #spoken;
  #spokenAt = -SPOKEN_EVERY_MS;

  constructor(element) {
    this.#element = element;
    this.#words = element.querySelector(".status-words");
    this.#signIn = element.querySelector(".status-sign-in");
    this.#spoken = element.querySelector(".status-spoken");
  }

  draw(said, now) {
    if (said) {
      this.#show(said);
      this.#speak(said.words, now);
    }
  }

  #show({ tone, words }) {
    if (words !== this.#words.textContent) {
      this.#element.dataset.tone = tone;
      this.#words.textContent = words;
      this.#signIn.hidden = words !== "Signed out";
    }
  }

  #speak(words, now) {
    if (words !== this.#spoken.textContent && now - this.#spokenAt >= SPOKEN_EVERY_MS) {
      this.#spoken.textContent = words;
      this.#spokenAt = now;
    }
  }
}
