// A reset asks for a fresh snapshot. Should the fresh page be reset as well, the next one waits: no loop of reloads.

const KEY = "arrivals.reloaded_at";
const LEAST_MS = 10_000;

export function reloadOnce() {
  const reloadedAt = Number(sessionStorage.getItem(KEY) ?? 0);
  const wait = Math.max(0, Math.min(LEAST_MS, reloadedAt + LEAST_MS - Date.now()));
  setTimeout(() => {
    sessionStorage.setItem(KEY, String(Date.now()));
    location.reload();
  }, wait);
}
