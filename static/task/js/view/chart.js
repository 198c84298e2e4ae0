// Draws the timeline of a job: its line, its peak and its length, and the same as a sentence for screen readers.

import { duration, grouped } from "../format/words.js";
import { write } from "./dom.js";

export class Chart {
  #element;
  #words;

  constructor(element, words) {
    this.#element = element;
    this.#words = words;
  }

  draw({ path, peak, spanMs }) {
    this.#set(".chart-line", "d", path);
    this.#set("svg", "aria-label", this.#words.timeline(peak, spanMs));
    write(this.#element.querySelector(".chart-peak"), peak === null ? "" : `peak ${grouped(peak)}`);
    write(this.#element.querySelector(".chart-span"), spanMs ? duration(spanMs) : "");
  }

  #set(selector, name, value) {
    const element = this.#element.querySelector(selector);
    if (element.getAttribute(name) !== value) {
      element.setAttribute(name, value);
    }
  }
}
