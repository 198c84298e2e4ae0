// Runs the form that generates users. One form is one request, also after a double click or Back.

import { showOptions } from "../view/option_fields.js";
import { grouped } from "../format/words.js";

const form = document.getElementById("generate");
const number = document.getElementById("generate-number");
const button = form.querySelector("button");
const { total, request_id: requestId } = form.elements;

// After Back, the browser may load the page again with a new id. The history entry keeps the id that was sent.
if (history.state?.requestId) {
  requestId.value = history.state.requestId;
} else {
  history.replaceState({ requestId: requestId.value }, "");
}

function show() {
  const text = total.value.trim();
  const requested = /^\d{1,9}$/.test(text) ? Number(text) : null;
  number.textContent = requested === null ? "" : grouped(requested);
  showOptions(form, requested);
}

form.addEventListener("input", show);
form.addEventListener("submit", () => (button.disabled = true));
addEventListener("pageshow", () => {
  button.disabled = false;
  show();
});
