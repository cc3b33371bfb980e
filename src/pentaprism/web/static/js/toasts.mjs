// Toasts go after 8 seconds, but stay while someone points at them or is in them.
// The server can send one with a part of a page: HX-Trigger: {"toast": {"text": "…"}}.

const STAY = 8000; // ms
const region = () => document.getElementById("toasts");

function age(toast) {
  let timer;
  const count = () => {
    clearTimeout(timer);
    timer = setTimeout(() => toast.remove(), STAY);
  };
  const wait = () => clearTimeout(timer);
  for (const event of ["focusin", "pointerenter"]) toast.addEventListener(event, wait);
  for (const event of ["focusout", "pointerleave"]) toast.addEventListener(event, count);
  count();
}

/** Show a sentence. */
export function show(text) {
  const toast = document.createElement("div");
  toast.className = "toast";
  const words = document.createElement("span");
  words.className = "small";
  words.textContent = text;
  toast.append(words);
  region()?.append(toast);
  age(toast);
}

function refused(event) {
  const status = event.detail.ctx.response.status;
  if (status === 401) window.location.reload(); // the sign-in page comes instead
  else if (![400, 409, 422].includes(status)) show(region().dataset.failed);
}

export function start() {
  document.addEventListener("toast", (event) => show(event.detail.text ?? event.detail.value));
  document.addEventListener("htmx:response:error", refused);
  document.addEventListener("htmx:error", () => show(region().dataset.offline));
  for (const toast of region()?.children ?? []) age(toast);
}
