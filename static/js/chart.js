// Draws the timeline of a job: its line, its peak and how long it is, and the same in a sentence for those who hear it.

import { duration } from "./job_words.js";
import { write } from "./text.js";
import { grouped } from "./words.js";

export class Chart {
  #element;

  constructor(element) {
    this.#element = element;
  }

  draw(timeline) {
    const [peak, span] = [timeline.peak, duration(timeline.spanMs)];
    const most = peak === null ? "" : `, ${grouped(peak)} at most`;
    this.#set(".chart-line", "d", timeline.path);
    this.#set("svg", "aria-label", `Accounts a second over ${span}${most}.`);
    write(this.#element.querySelector(".chart-peak"), peak === null ? "" : `peak ${grouped(peak)}`);
    write(this.#element.querySelector(".chart-span"), span);
  }

  #set(selector, name, value) {
    const element = this.#element.querySelector(selector);
    if (element.getAttribute(name) !== value) {
      element.setAttribute(name, value);
    }
  }
}
