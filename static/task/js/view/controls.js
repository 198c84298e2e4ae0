// The buttons Pause, Resume and "37 new". The board also pauses while its newest row is scrolled out of view, and while
// text in it is selected, because new rows would destroy the selection.

import { clockTime, grouped } from "../format/words.js";
import { write } from "./dom.js";

export class Controls {
  #element;
  #pause;
  #onChange;
  #missed;
  #button;

  constructor(element, table, pause, onChange) {
    this.#element = element;
    this.#pause = pause;
    this.#onChange = onChange;
    this.#missed = element.querySelector(".follow-new");
    this.#button = element.querySelector(".follow-pause");
    this.#button.hidden = false;
    this.#button.addEventListener("click", () => this.#press());
    this.#missed.addEventListener("click", () => this.#showNew());
    this.#watchScrolling(table.tBodies[0].rows[0]);
    document.addEventListener("selectionchange", () => this.#noteSelection(table.tBodies[0]));
  }

  draw({ at, missed }, isPaused) {
    const note = this.#element.querySelector(".follow-at");
    note.hidden = !isPaused;
    write(note.querySelector("span"), clockTime(at));
    this.#missed.hidden = !isPaused || missed === 0;
    write(this.#missed.querySelector(".follow-missed"), `${grouped(missed)} new`);
    this.#button.setAttribute("aria-pressed", String(isPaused));
    write(this.#button.querySelector(".follow-word"), isPaused ? "Resume" : "Pause");
  }

  #press() {
    this.#pause.press();
    this.#onChange();
  }

  // Ends an automatic pause. After a click on Pause, shows the new rows once and stays paused.
  #showNew() {
    this.#pause.catchUp();
    this.#button.focus();
    getSelection().removeAllRanges();
    scrollTo(0, 0);
    this.#onChange();
  }

  #watchScrolling(newest) {
    const margin = `-${this.#element.offsetHeight}px 0px 0px 0px`;
    const note = ([{ isIntersecting, boundingClientRect, rootBounds }]) => {
      const isAbove = boundingClientRect.height > 0 && boundingClientRect.top < rootBounds.top;
      this.#note("scrolled", isAbove && !isIntersecting);
    };
    new IntersectionObserver((entries) => note(entries.slice(-1)), { rootMargin: margin }).observe(newest);
  }

  #noteSelection(body) {
    const selection = getSelection();
    this.#note("selected", !selection.isCollapsed && selection.containsNode(body, true));
  }

  #note(reason, isThere) {
    this.#pause.note(reason, isThere);
    this.#onChange();
  }
}
