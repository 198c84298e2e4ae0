// The rows: a fixed number of slots that text moves through, so that nothing on the page shifts. Text only, never HTML.

import { writeJob } from "./job_link.js";
import { write } from "./dom.js";
import { ago } from "../format/words.js";

const FRESH_MS = 500;

// What the server rendered: the rows of a page are its snapshot, too.
export function readRows(table) {
  return [...table.tBodies[0].rows].filter((element) => !element.hidden).map(readRow);
}

// The last cell tells a row's job, with a link where the table has the address of the jobs; or its number in the job.
export class Board {
  #slots;

  constructor(table, size) {
    const body = table.tBodies[0];
    while (body.rows.length < size) {
      body.append(emptyRow());
    }
    this.#slots = [...body.rows].map((element) => new Slot(element, table.dataset.jobs));
  }

  // Ages are told as of `at`: a board that holds still tells the time at which it was stopped.
  draw(rows, at, now) {
    this.#slots.forEach((slot, index) => slot.draw(rows[index] ?? null, at, now));
  }
}

function emptyRow() {
  const row = document.createElement("tr");
  row.hidden = true;
  for (const name of ["row-username", "row-email", "row-joined", "row-job"]) {
    row.insertCell().className = name;
  }
  row.cells[2].append(document.createElement("time"));
  return row;
}

function readRow(element) {
  const [username, email, , place] = [...element.cells].map((cell) => cell.textContent);
  const joinedAt = Date.parse(element.querySelector("time").dateTime);
  const { id } = element.dataset; // A number, or text where the user model's keys are.
  const key = /^\d+$/.test(id) ? Number(id) : id;
  return { id: key, username, email, joinedAt, place: place.trim() ? Number(place) : null };
}

class Slot {
  #row;
  #element;
  #time;
  #jobs;

  constructor(element, jobs) {
    this.#element = element;
    this.#time = element.querySelector("time");
    this.#jobs = jobs;
    this.#row = element.hidden ? null : readRow(element);
  }

  draw(row, at, now) {
    if (row?.id !== this.#row?.id) {
      this.#fill(row);
    }
    if (row) {
      write(this.#time, ago(row.joinedAt, at));
      this.#element.classList.toggle("fresh", now - row.arrivedAt < FRESH_MS);
    }
  }

  #fill(row) {
    this.#row = row;
    this.#element.hidden = row === null;
    if (row === null) {
      return;
    }
    const [username, email, , place] = this.#element.cells;
    this.#element.dataset.id = row.id;
    write(username, row.username);
    write(email, row.email);
    writeJob(place, row.place, this.#jobs);
    this.#time.dateTime = new Date(row.joinedAt).toISOString();
  }
}
