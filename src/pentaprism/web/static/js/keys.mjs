// Keys: `/` search, `?` all keys, `g` and a letter for a place. `data-keys="off"` on html ends them.
import { open } from "./dialogs.mjs";

const PAUSE = 1200; // ms between `g` and its letter
let since = -Infinity;

/** Tell whether what has focus takes letters itself. */
export function isTyping(element) {
  if (!element) return false;
  if (element.isContentEditable || element.matches("textarea, select")) return true;
  return element.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit])");
}

function search() {
  const field = document.querySelector("[data-search]");
  field?.focus();
  field?.select();
  return Boolean(field);
}

function go(letter) {
  const place = document.querySelector(`.nav a[data-key="${CSS.escape(letter)}"]`);
  place?.click();
  return Boolean(place);
}

function press(event) {
  if (document.documentElement.dataset.keys === "off") return;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (isTyping(document.activeElement) || document.querySelector("dialog:modal")) return;
  const now = event.timeStamp;
  const after = now - since < PAUSE;
  since = -Infinity;
  let done = false;
  if (after) done = go(event.key);
  else if (event.key === "g") since = now;
  else if (event.key === "/") done = search();
  else if (event.key === "?") done = open("keys");
  if (done) event.preventDefault();
}

export function start() {
  document.addEventListener("keydown", press);
}
