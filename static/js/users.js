// The users page comes alive: the page's snapshot, the feed from its cursor on, one drawing an animation frame.

import { Board } from "./board.js";
import { Connection } from "./connection.js";
import { Controls } from "./controls.js";
import { Figures } from "./figures.js";
import { Jobs } from "./jobs.js";
import { Pause } from "./pause.js";
import { Cursor } from "./protocol.js";
import { reloadOnce } from "./reload.js";
import { State } from "./state.js";
import { Status } from "./status.js";
import { connectionWords } from "./words.js";

const TICK_MS = 500;

const page = JSON.parse(document.getElementById("board-data").textContent);
const clockAhead = Date.parse(page.now) - Date.now();
const cursor = new Cursor(page.epoch, page.head);
const table = document.getElementById("board");
const board = new Board(table, page.page_size);
const jobs = new Jobs(document.getElementById("jobs"), page.job_lines);
const figures = new Figures(document.getElementById("figures"));
const status = new Status(document.getElementById("status"));
const older = document.getElementById("older");
const none = document.getElementById("none");
const state = new State(page, board.read());
const pause = new Pause();
const controls = page.is_first_page ? new Controls(document.getElementById("follow"), table, pause, drawSoon) : null;
const connection = new Connection(page.socket, cursor, {
  onEvent: (event) => state.apply(event, serverTime()),
  onChange: drawSoon,
  onReset: reloadOnce,
});
let isDrawing = false;

// Ages and rates are told by the server's clock, which wrote the times; this machine's may be wrong.
function serverTime() {
  return Date.now() + clockAhead;
}

// In a hidden tab no frame comes: all that happened meanwhile is drawn in one step on return.
function drawSoon() {
  if (!isDrawing) {
    isDrawing = true;
    requestAnimationFrame(draw);
  }
}

function draw() {
  isDrawing = false;
  const now = serverTime();
  figures.draw(state, now);
  jobs.draw(state.jobs(page.job_lines, now), state.hasAccounts, now);
  drawBoard(now);
  drawStatus();
}

function drawBoard(now) {
  const view = pause.view(state, now);
  board.draw(view.rows, view.at, now);
  none.hidden = view.rows.length > 0;
  if (controls) {
    controls.draw(view, pause.isOn);
    older.hidden = !view.hasOlder;
    older.search = new URLSearchParams({ ...(page.query && { q: page.query }), before: view.rows.at(-1)?.id ?? "" });
  }
}

function drawStatus() {
  const now = performance.now();
  status.draw(connectionWords(connection.link, { offset: cursor.offset, now, isOnline: navigator.onLine }), now);
}

setInterval(drawSoon, TICK_MS);
connection.start();
drawSoon();
