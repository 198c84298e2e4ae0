// The lines of the list: written by the server, kept true by this page.

import { countWords, sign } from "../format/job_words.js";
import { write } from "./dom.js";
import { ago } from "../format/words.js";

export class JobLines {
  #element;

  constructor(element) {
    this.#element = element;
  }

  // As a fresh page lists them. Who stands on a link stays on it.
  take(element) {
    const address = document.activeElement?.closest("#lines a")?.getAttribute("href");
    this.#element.replaceChildren(...document.adoptNode(element).childNodes);
    if (address) {
      this.#element.querySelector(`a[href="${CSS.escape(address)}"]`)?.focus();
    }
  }

  draw(jobs, now) {
    for (const line of this.#element.querySelectorAll("tr[data-id]")) {
      const time = line.querySelector("time");
      write(time, ago(Date.parse(time.dateTime), now));
      drawJob(line, jobs.get(Number(line.dataset.id)));
    }
  }
}

function drawJob(line, job) {
  line.dataset.state = line.querySelector(".state").dataset.state = job.state;
  write(line.querySelector(".state-sign"), sign(job));
  write(line.querySelector(".state-word"), job.state);
  write(line.querySelector(".line-count"), countWords(job));
  line.querySelector("progress").value = job.present;
}
