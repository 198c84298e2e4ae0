// Numbers, times and the connection as text. task/pages/number_text.py writes numbers in the same form. Pure.

const CATCHING_UP_SHOWS_MS = 300;
const ENDS = {
  reset: "Reloading, nothing is lost",
  4500: "Not live: the server did not accept this page's request. Reload the page.",
  4501: "Signed out",
  4503: "Not live: you no longer have permission to see users, or this address is not in CSRF_TRUSTED_ORIGINS.",
  4504: "Not live: too many pages are open. Close some, then reload this page.",
};

// Replaces each {name} of a template by its value.
export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function grouped(number) {
  return number.toLocaleString("en-US");
}

// Seconds (with tenths below ten), minutes or hours.
export function duration(milliseconds) {
  const seconds = milliseconds / 1_000;
  if (seconds < 99.5) {
    return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  }
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${grouped(Math.round(minutes / 60))} h`;
}

export function ago(time, now) {
  const seconds = Math.floor((now - time) / 1_000);
  if (seconds < 5) {
    return "just now";
  }
  if (seconds < 60) {
    return `${seconds} s ago`;
  }
  if (seconds < 3_600) {
    return `${Math.floor(seconds / 60)} min ago`;
  }
  return new Date(time).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

export function clockTime(time) {
  return new Date(time).toLocaleTimeString("en-GB");
}

// Day and time to the second, in the time zone of the browser.
export function clockWords(time) {
  const [day, clock] = [{ day: "numeric", month: "short" }, { hour: "2-digit", minute: "2-digit", second: "2-digit" }];
  return new Date(time).toLocaleString("en-GB", { ...day, ...clock });
}

export function leftWords(milliseconds) {
  if (milliseconds === null) {
    return "";
  }
  const seconds = milliseconds / 1_000;
  if (seconds < 1) {
    return "under a second left";
  }
  if (seconds <= 59) {
    return `${Math.ceil(seconds)} s left`;
  }
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min left` : `${grouped(Math.round(minutes / 60))} h left`;
}

// Returns {tone, words} for a link of connection.js, or null while the status needs no change.
export function connectionWords(link, { offset, now, isOffline }) {
  switch (link.phase) {
    case "starting":
      return null;
    case "live":
      return { tone: "live", words: "Live" };
    case "catching up":
      return catchingUp(link, offset, now);
    case "ended":
      return { tone: "off", words: ENDS[link.code] ?? "Not live: the server closed the connection. Reload the page." };
    default:
      return away(link, now, isOffline);
  }
}

// Most catching up ends before a user could read the words.
function catchingUp({ goal, since }, offset, now) {
  return now - since < CATCHING_UP_SHOWS_MS
    ? null
    : { tone: "busy", words: `Catching up (${grouped(Math.max(0, goal - offset))} events to go)` };
}

function away({ phase, retryAt }, now, isOffline) {
  if (phase === "waiting" && isOffline) {
    return { tone: "off", words: "Offline" };
  }
  const when = phase === "waiting" ? ` in ${Math.max(1, Math.ceil((retryAt - now) / 1_000))} s` : "";
  return { tone: "busy", words: `Reconnecting${when}, nothing is lost` };
}
