// The figures above the board, out of the same events as the rows: they cannot disagree.

import { write } from "./dom.js";
import { ago, grouped } from "../format/words.js";

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
