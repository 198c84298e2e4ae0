// The active jobs on the users page: a fixed number of lines. A job keeps its line until it leaves, so nothing moves.

import { grouped, leftWords } from "../format/words.js";
import { write } from "./dom.js";

export class Jobs {
  #section;
  #lines;

  constructor(section, size, words) {
    const address = section.dataset.address;
    const template = section.querySelector("template").content.firstElementChild;
    this.#section = section;
    this.#lines = Array.from({ length: size }, () => new Line(template.cloneNode(true), address, words));
    section.querySelector(".job-list").replaceChildren(...this.#lines.map((line) => line.element));
  }

  draw({ jobs, more }, hasAccounts, now) {
    this.#assign(jobs, more > 0 ? this.#lines.length - 1 : this.#lines.length, now);
    this.#show(".job-list", jobs.length > 0);
    this.#show(".jobs-none", jobs.length === 0 && hasAccounts);
    this.#show(".jobs-first", jobs.length === 0 && !hasAccounts);
    this.#show(".jobs-more", more > 0);
    write(this.#section.querySelector(".jobs-more"), `and ${grouped(more)} more`);
  }

  #assign(jobs, room, now) {
    const lines = this.#lines.slice(0, room);
    const shown = new Set(lines.map((line) => line.id));
    const waiting = jobs.filter((job) => !shown.has(job.id));
    lines.forEach((line) => line.draw(jobs.find((job) => job.id === line.id) ?? waiting.shift() ?? null, now));
    this.#lines.slice(room).forEach((line) => line.draw(null, now));
  }

  #show(selector, isShown) {
    this.#section.querySelector(selector).hidden = !isShown;
  }
}

class Line {
  id = null;
  #address;
  #words;

  constructor(element, address, words) {
    this.element = element;
    this.#address = address;
    this.#words = words;
    element.hidden = true;
  }

  draw(job, now) {
    this.id = job?.id ?? null;
    this.element.hidden = job === null;
    if (job === null) {
      return;
    }
    this.element.dataset.state = job.state;
    this.#write(".job-name", `Job ${job.id}`);
    this.#write(".job-count", this.#words.count(job));
    this.#write(".job-words", this.#words.short(job));
    this.#write(".job-left", leftWords(job.leftMs(now)));
    this.#write(".job-error", job.error);
    this.#fill(this.element.querySelector("progress"), job);
    this.#link(job);
  }

  // The server renders these links only for a user with the permission.
  #link({ id, isActive }) {
    const [page, cancel] = [this.element.querySelector("a.job-name"), this.element.querySelector(".job-cancel")];
    const address = `${this.#address}${id}/`;
    page?.setAttribute("href", address);
    cancel?.setAttribute("href", `${address}cancel/`);
    cancel?.setAttribute("aria-label", `Cancel job ${id}`);
    cancel?.toggleAttribute("hidden", !isActive);
  }

  #fill(bar, job) {
    bar.setAttribute("aria-label", `Progress of job ${job.id}`);
    bar.max = job.total;
    bar.value = job.present;
  }

  #write(selector, text) {
    write(this.element.querySelector(selector), text);
  }
}
