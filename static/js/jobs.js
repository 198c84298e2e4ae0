// The strip of jobs at work: one line a job, the first few of them. Text only, never HTML.

import { grouped } from "./words.js";

export class Jobs {
  #section;
  #list;
  #template;
  #lines = new Map();
  #limit;

  constructor(section, limit) {
    this.#section = section;
    this.#list = section.querySelector(".job-list");
    this.#template = section.querySelector("template");
    this.#list.replaceChildren();
    this.#limit = limit;
  }

  draw(jobs, hasAccounts) {
    const shown = jobs.slice(0, this.#limit);
    this.#keep(new Set(shown.map((job) => job.id)));
    shown.forEach((job) => this.#line(job.id).draw(job));
    this.#show(".job-list", jobs.length > 0);
    this.#show(".jobs-none", jobs.length === 0 && hasAccounts);
    this.#show(".jobs-first", jobs.length === 0 && !hasAccounts);
    this.#show(".jobs-more", jobs.length > shown.length);
    this.#section.querySelector(".jobs-more").textContent = `and ${grouped(jobs.length - shown.length)} more`;
  }

  #show(selector, isShown) {
    this.#section.querySelector(selector).hidden = !isShown;
  }

  #keep(ids) {
    for (const [id, line] of this.#lines) {
      if (!ids.has(id)) {
        line.element.remove();
        this.#lines.delete(id);
      }
    }
  }

  #line(id) {
    if (!this.#lines.has(id)) {
      const line = new Line(this.#template.content.firstElementChild.cloneNode(true));
      this.#lines.set(id, line);
      this.#list.append(line.element);
    }
    return this.#lines.get(id);
  }
}

class Line {
  #drawn = "";

  constructor(element) {
    this.element = element;
  }

  draw(job) {
    const drawn = `${job.state} ${job.created} ${job.total} ${job.error}`;
    if (drawn === this.#drawn) {
      return;
    }
    this.#drawn = drawn;
    this.element.dataset.state = job.state;
    this.#write(".job-name", `Job ${job.id}`);
    this.#write(".job-count", `${grouped(job.created)} of ${grouped(job.total)}`);
    this.#write(".job-words", words(job));
    this.#write(".job-error", job.error ?? "").hidden = !job.error;
    const bar = this.element.querySelector("progress");
    bar.ariaLabel = `Progress of job ${job.id}`;
    bar.max = job.total;
    bar.value = job.created;
  }

  #write(selector, text) {
    const element = this.element.querySelector(selector);
    element.textContent = text;
    return element;
  }
}

function words({ state, created, total }) {
  if (state === "running") {
    return `${Math.floor((created * 100) / total)} %`;
  }
  return { queued: "waiting", finished: "\u2713 finished", failed: "\u2715 failed" }[state];
}
