// A form is sent once, however often its button is pressed, until the next page is there.

const LONGEST = 10_000; // ms: a form whose answer is a file leaves the page as it is
const sent = new Set();

function hold(event) {
  const form = event.target;
  // Asked of the attribute: a field may be called `method`.
  const posts = form.getAttribute("method")?.toLowerCase() === "post";
  if (event.defaultPrevented || !posts || form.hasAttribute("target")) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  event.submitter?.setAttribute("aria-busy", "true");
  setTimeout(() => release(form), LONGEST);
}

function release(form) {
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  sent.delete(form);
}

export function start() {
  document.addEventListener("submit", hold);
  // Back to a page that the browser had kept: its forms are to be used again.
  window.addEventListener("pageshow", (event) => event.persisted && sent.forEach(release));
}
