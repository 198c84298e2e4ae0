// What is chosen, in words, as task/pages/option_text.py and task/pages/estimate.py say it. Pure.

import { duration } from "./job_words.js";
import { grouped } from "./words.js";

const LEAST_WAIT_MS = 1_000;

// `says` are the words of each choice; `chosen` is what the form holds, `groups` a number of them.
export function summary(says, chosen) {
  const language = chosen.names === "realistic" ? says.locale[chosen.locale] : "";
  const hashing = chosen.passwords === "individual" ? says.hashing[chosen.hashing] : "";
  const parts = [
    language ? says.names[chosen.names].replace(" ", ` ${language} `) : says.names[chosen.names],
    says.passwords[chosen.passwords],
    hashing,
    chosen.groups && `${chosen.groups} group${chosen.groups === 1 ? "" : "s"}`,
    chosen.isInactive && "inactive",
    /^\d+$/.test(chosen.seed) && `seed ${chosen.seed}`,
    says.remove_after_hours[chosen.removeAfterHours],
  ];
  return parts.filter(Boolean).join(", ");
}

export function estimate(total, hashSeconds, processes) {
  const where = `on ${processes} worker process${processes === 1 ? "" : "es"}`;
  if (total === null) {
    return `${hashSeconds} s an account, ${where}`;
  }
  const about = duration(Math.max((total * hashSeconds * 1_000) / processes, LEAST_WAIT_MS));
  return `${grouped(total)} × ${hashSeconds} s ${where}, about ${about}`;
}
