// The figures above the board. They come from the same events as the rows, so they cannot disagree.

import { ago, grouped } from "../format/words.js";
import { write } from "./dom.js";

export class Figures {
  #element;

  constructor(element) {
    this.#element = element;
  }

  draw(state, now) {
    this.#write(".figure-total strong", grouped(state.total));
    this.#write(".figure-total span", state.total === 1 ? "user" : "users");
    this.#write(".figure-rate strong", grouped(state.rate(now)));
    this.#element.querySelector(".figure-rate").hidden = false;
    if (state.isFirstPage && state.newestAt !== undefined) {
      this.#write(".figure-newest strong", ago(state.newestAt, now));
    }
  }

  #write(selector, text) {
    write(this.#element.querySelector(selector), text);
  }
}
