// The rows of users or accounts: a fixed number of slots through which text moves, so that nothing on the page shifts.

import { ago } from "../format/words.js";
import { write, writeJobLink } from "./dom.js";

const NEW_ROW_MS = 500;

// Reads the rows that the server rendered. They are part of the page's snapshot.
export function readRows(table) {
  return [...table.tBodies[0].rows].filter((element) => !element.hidden).map(readRow);
}

// The last cell is the row's job, with a link if the table has the address of the jobs page, or its number in the job.
export class Board {
  #slots;

  constructor(table, size) {
    const body = table.tBodies[0];
    while (body.rows.length < size) {
      body.append(emptyRow());
    }
    this.#slots = [...body.rows].map((element) => new Slot(element, table.dataset.jobs));
  }

  // Shows ages as of `at`, which is the start of the pause on a paused board.
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
  const [username, email, , number] = [...element.cells].map((cell) => cell.textContent);
  const joinedAt = Date.parse(element.querySelector("time").dateTime);
  const { id } = element.dataset; // A number, or text if the user model's keys are text.
  const key = /^\d+$/.test(id) ? Number(id) : id;
  return { id: key, username, email, joinedAt, number: number.trim() ? Number(number) : null };
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
      this.#element.classList.toggle("fresh", now - row.arrivedAt < NEW_ROW_MS);
    }
  }

  #fill(row) {
    this.#row = row;
    this.#element.hidden = row === null;
    if (row === null) {
      return;
    }
    const [username, email, , number] = this.#element.cells;
    this.#element.dataset.id = row.id;
    write(username, row.username);
    write(email, row.email);
    writeJobLink(number, row.number, this.#jobs);
    this.#time.dateTime = new Date(row.joinedAt).toISOString();
  }
}
