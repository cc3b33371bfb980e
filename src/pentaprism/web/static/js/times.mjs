// Keeps "2 minutes ago" right while a page is open: <time datetime data-ago>.

const HOUR = 3600;
const EVERY = 30_000; // ms
const root = document.documentElement;
const relative = new Intl.RelativeTimeFormat(root.dataset.locale, { numeric: "always" });

let clock;
try {
  clock = new Intl.DateTimeFormat(root.dataset.locale, {
    hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: root.dataset.tz,
  });
} catch {
  clock = new Intl.DateTimeFormat(root.dataset.locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** Return how an instant within the hour is said at `now` (both in ms); null for any other. */
export function words(instant, now) {
  const seconds = Math.trunc((instant - now) / 1000);
  if (Math.abs(seconds) >= HOUR) return null;
  if (Math.abs(seconds) < 60) return relative.format(seconds, "second");
  return relative.format(Math.trunc(seconds / 60), "minute");
}

function refresh() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const instant = Date.parse(time.dateTime);
    const said = words(instant, now);
    if (said !== null) {
      time.dataset.ago = "near";
      if (time.textContent !== said) time.textContent = said;
    } else if (time.dataset.ago === "near") {
      time.dataset.ago = "";
      time.textContent = clock.format(instant);
    }
  }
}

export function start() {
  setInterval(refresh, EVERY);
}
