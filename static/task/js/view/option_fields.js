// The folded options on the page: only the fields that matter for what is chosen, and the words that follow from it.

import { estimate, summary } from "../format/options.js";

const says = JSON.parse(document.getElementById("option-words").textContent);
const summaryWords = document.getElementById("options-summary");
const estimateWords = document.getElementById("estimate");

// A hidden password is not sent: it would ask for two things at once.
function showParts(form) {
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
  const { hashSeconds, processes } = estimateWords.dataset;
  const about = estimate(total, Number(hashSeconds), Number(processes));
  const chosen = chosenIn(form);
  showParts(form);
  estimateWords.textContent = about;
  summaryWords.textContent = summary(says, chosen);
}
