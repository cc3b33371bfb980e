// <button data-copy="ID"> copies the text of an element, and says so on itself for a moment.

const SAY = 2000; // ms

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
  } catch {
    // Without https there is no clipboard: the text is selected, to be copied by hand.
    window.getSelection().selectAllChildren(source);
    return;
  }
  const label = button.lastChild;
  const before = label.textContent;
  label.textContent = button.dataset.copied;
  setTimeout(() => (label.textContent = before), SAY);
}

export function start() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-copy]");
    if (button) copy(button);
  });
}
