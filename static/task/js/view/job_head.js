// How a job is, in a sentence, a bar and four figures.

import { duration, jobSentence, sign } from "../format/job_words.js";
import { write } from "./dom.js";
import { grouped } from "../format/words.js";

const UNKNOWN = "\u2013";

export class JobHead {
  #head;
  #figures;

  constructor(head, figures) {
    this.#head = head;
    this.#figures = figures;
  }

  draw(state, now) {
    this.#say(state.job, state.waiting);
    this.#figure("created", grouped(state.job.created));
    this.#figure("rate", told(state.rate(now), grouped));
    this.#figure("elapsed", told(state.elapsed(now), duration));
    this.#figure("left", told(state.job.leftMs(now), duration));
  }

  #say(job, waiting) {
    this.#head.dataset.state = job.state;
    write(this.#head.querySelector(".state-sign"), sign(job));
    write(this.#head.querySelector(".head-words"), jobSentence(job, waiting));
    write(this.#head.querySelector(".head-error"), job.error);
    this.#head.querySelector("progress").value = job.present;
  }

  #figure(name, text) {
    write(this.#figures.querySelector(`.figure-${name} strong`), text);
  }
}

function told(number, words) {
  return number === null ? UNKNOWN : words(number);
}
