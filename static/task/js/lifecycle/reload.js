// Reloads the page after a reset of the feed. Waits ten seconds between reloads, so that resets cause no reload loop.

const KEY = "arrivals.reloaded_at";
const INTERVAL_MS = 10_000;

export function reloadOnce() {
  const reloadedAt = Number(sessionStorage.getItem(KEY) ?? 0);
  const wait = Math.max(0, Math.min(INTERVAL_MS, reloadedAt + INTERVAL_MS - Date.now()));
  setTimeout(() => {
    sessionStorage.setItem(KEY, String(Date.now()));
    location.reload();
  }, wait);
}
