// The form to generate users: the button says the number; one form is one request, also after a double click or Back.

import { grouped } from "./words.js";

const form = document.getElementById("generate");
const number = document.getElementById("generate-number");
const button = form.querySelector("button");
const summary = document.getElementById("options-summary");
const { total, request_id: requestId, remove_after_hours: expiry } = form.elements;

// A browser that comes back may fetch the page anew, with a new id. The history entry keeps the one that was sent.
if (history.state?.requestId) {
  requestId.value = history.state.requestId;
} else {
  history.replaceState({ requestId: requestId.value }, "");
}

function nameNumber() {
  const text = total.value.trim();
  number.textContent = /^\d{1,9}$/.test(text) ? grouped(Number(text)) : "";
}

function nameOptions() {
  const [chosen] = expiry.selectedOptions;
  summary.textContent = chosen.value ? `removed ${chosen.text}` : "accounts stay";
}

total.addEventListener("input", nameNumber);
expiry.addEventListener("change", nameOptions);
form.addEventListener("submit", () => (button.disabled = true));
addEventListener("pageshow", () => {
  button.disabled = false;
  nameNumber();
  nameOptions();
});
