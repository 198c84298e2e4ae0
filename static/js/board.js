// The rows: a fixed number of slots that text moves through, so that nothing on the page shifts. Text only, never HTML.

import { write } from "./text.js";
import { ago } from "./words.js";

const FRESH_MS = 500;

export class Board {
  #slots;

  constructor(table, size) {
    const body = table.tBodies[0];
    while (body.rows.length < size) {
      body.append(emptyRow());
    }
    this.#slots = [...body.rows].map((element) => new Slot(element));
  }

  // What the server rendered; the rows of the page are its snapshot, too.
  read() {
    return this.#slots.map((slot) => slot.row).filter((row) => row !== null);
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

class Slot {
  row;
  #element;
  #time;

  constructor(element) {
    this.#element = element;
    this.#time = element.querySelector("time");
    this.row = element.hidden ? null : this.#read();
  }

  draw(row, at, now) {
    if (row?.id !== this.row?.id) {
      this.#fill(row);
    }
    if (row) {
      write(this.#time, ago(row.joinedAt, at));
      this.#element.classList.toggle("fresh", now - row.arrivedAt < FRESH_MS);
    }
  }

  #read() {
    const [username, email, , job] = [...this.#element.cells].map((cell) => cell.textContent);
    const joinedAt = Date.parse(this.#time.dateTime);
    return { id: Number(this.#element.dataset.id), username, email, joinedAt, job: job ? Number(job) : null };
  }

  #fill(row) {
    this.row = row;
    this.#element.hidden = row === null;
    if (row === null) {
      return;
    }
    const [username, email, , job] = this.#element.cells;
    this.#element.dataset.id = row.id;
    write(username, row.username);
    write(email, row.email);
    write(job, row.job === null ? "" : String(row.job));
    this.#time.dateTime = new Date(row.joinedAt).toISOString();
  }
}
