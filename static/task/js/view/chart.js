// Draws the timeline of a job: its line, its peak and how long it is, and the same in a sentence for those who hear it.

import { duration, timelineWords } from "../format/job_words.js";
import { write } from "./dom.js";
import { grouped } from "../format/words.js";

export class Chart {
  #element;

  constructor(element) {
    this.#element = element;
  }

  draw({ path, peak, spanMs }) {
    this.#set(".chart-line", "d", path);
    this.#set("svg", "aria-label", timelineWords(peak, spanMs));
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
