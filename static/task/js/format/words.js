// How figures, times and the connection are said. Pure; task/templatetags/figures.py writes figures the same way.

const CATCHING_UP_SHOWS_MS = 300;
const ENDS = {
  reset: "Loading anew, nothing is lost",
  4500: "Not live: this page's place in the feed was not understood. Reload it.",
  4501: "Signed out",
  4503: "Not live: you may no longer see users.",
  4504: "Not live: too many pages are open. Close some, then reload.",
};

export function grouped(number) {
  return number.toLocaleString("en-US");
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

// Day and time, exactly, by the clock of whoever reads it.
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

// {tone, words} for a link of connection.js, or null while there is nothing to say that the page does not say already.
export function connectionWords(link, { offset, now, isOnline }) {
  switch (link.phase) {
    case "starting":
      return null;
    case "live":
      return { tone: "live", words: "Live" };
    case "catching up":
      return catchingUp(link, offset, now);
    case "ended":
      return { tone: "off", words: ENDS[link.code] ?? "Not live: the server has ended the connection. Reload the page." };
    default:
      return away(link, now, isOnline);
  }
}

// Most catching up is over before one could read of it.
function catchingUp({ goal, since }, offset, now) {
  return now - since < CATCHING_UP_SHOWS_MS
    ? null
    : { tone: "busy", words: `Catching up (${grouped(Math.max(0, goal - offset))} to go)` };
}

function away({ phase, retryAt }, now, isOnline) {
  if (phase === "waiting" && !isOnline) {
    return { tone: "off", words: "Offline" };
  }
  const when = phase === "waiting" ? ` in ${Math.max(1, Math.ceil((retryAt - now) / 1_000))} s` : "";
  return { tone: "busy", words: `Reconnecting${when}, nothing is lost` };
}
