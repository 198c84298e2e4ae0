// The head of a job's page: its state in a sentence, its bar and four figures.

import { duration, grouped } from "../format/words.js";
import { write } from "./dom.js";

const UNKNOWN = "\u2013";

export class JobHead {
  #head;
  #figures;
  #words;

  constructor(head, figures, words) {
    this.#head = head;
    this.#figures = figures;
    this.#words = words;
  }

  draw(state, now) {
    this.#drawState(state.job, state.waiting);
    this.#drawFigure("created", grouped(state.job.created));
    this.#drawFigure("rate", orUnknown(state.rate(now), grouped));
    this.#drawFigure("elapsed", orUnknown(state.elapsed(now), duration));
    this.#drawFigure("left", orUnknown(state.job.leftMs(now), duration));
  }

  #drawState(job, waiting) {
    this.#head.dataset.state = job.state;
    write(this.#head.querySelector(".state-sign"), this.#words.sign(job));
    write(this.#head.querySelector(".head-words"), this.#words.sentence(job, waiting));
    write(this.#head.querySelector(".head-error"), job.error);
    this.#head.querySelector("progress").value = job.present;
  }

  #drawFigure(name, text) {
    write(this.#figures.querySelector(`.figure-${name} strong`), text);
  }
}

function orUnknown(number, format) {
  return number === null ? UNKNOWN : format(number);
}
