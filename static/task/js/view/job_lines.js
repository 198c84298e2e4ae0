// The lines of the jobs page: rendered by the server, updated here.

import { ago } from "../format/words.js";
import { write } from "./dom.js";

export class JobLines {
  #element;
  #words;

  constructor(element, words) {
    this.#element = element;
    this.#words = words;
  }

  // Replaces the lines by those of a page that was read again. A focused link keeps the focus.
  replace(element) {
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
      this.#drawJob(line, jobs.get(Number(line.dataset.id)));
    }
  }

  #drawJob(line, job) {
    line.dataset.state = line.querySelector(".state").dataset.state = job.state;
    write(line.querySelector(".state-sign"), this.#words.sign(job));
    write(line.querySelector(".state-word"), job.state);
    write(line.querySelector(".line-count"), this.#words.count(job));
    line.querySelector("progress").value = job.present;
  }
}
