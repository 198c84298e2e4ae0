// The chosen options and their estimate, in the words that task/pages/option_text.py sends and in its order. Pure.

import { duration, fill, grouped } from "./words.js";

// `chosen` holds the values of the form, and the number of chosen `groups`.
export function summary(words, chosen) {
  const { more } = words;
  const parts = [
    words.names[chosen.names === "realistic" ? chosen.locale : chosen.names],
    words.passwords[chosen.passwords],
    chosen.passwords === "individual" && words.hashing[chosen.hashing],
    chosen.groups && fill(chosen.groups === 1 ? more.group : more.groups, { number: chosen.groups }),
    chosen.isInactive && more.inactive,
    /^\d+$/.test(chosen.seed) && fill(more.seed, { seed: chosen.seed }),
    words.remove_after_hours[chosen.removeAfterHours],
  ];
  return parts.filter(Boolean).join(", ");
}

// Without a total, the time per account.
export function estimate({ words, account_ms: accountMs, shortest_ms: shortestMs }, total) {
  if (total === null) {
    return words.account;
  }
  const wait = Math.max(total * accountMs, shortestMs);
  return fill(words.job, { total: grouped(total), duration: duration(wait) });
}
