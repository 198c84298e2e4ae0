// The folded options of the form: shows only the fields that the choice needs, its summary and the estimate.

import { estimate, summary } from "../format/options.js";

const words = JSON.parse(document.getElementById("option-words").textContent);
const summaryElement = document.getElementById("options-summary");
const estimateElement = document.getElementById("estimate");

// Disables a hidden password so that it is not sent: the server rejects it together with individual passwords.
function showChosenFields(form) {
  for (const part of form.querySelectorAll("[data-when]")) {
    const [name, value] = part.dataset.when.split("=");
    part.hidden = form.elements[name].value !== value;
    for (const password of part.querySelectorAll("input[type=password]")) {
      password.disabled = part.hidden;
    }
  }
}

function chosenIn(form) {
  const { names, locale, passwords, hashing, is_inactive: inactive, seed } = form.elements;
  return {
    names: names.value,
    locale: locale.value,
    passwords: passwords.value,
    hashing: hashing.value,
    groups: form.querySelectorAll("[name=groups]:checked").length,
    isInactive: inactive.checked,
    seed: seed.value.trim(),
    removeAfterHours: form.elements.remove_after_hours.value,
  };
}

export function showOptions(form, total) {
  showChosenFields(form);
  estimateElement.textContent = estimate(words.estimate, total);
  summaryElement.textContent = summary(words, chosenIn(form));
}
