// Dialogs, for browsers that do not know `command`, `commandfor` and `closedby` yet.

const known = "commandForElement" in HTMLButtonElement.prototype;

/** Open a dialog by its id; tell whether there is one. */
export function open(id) {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement)) return false;
  if (!dialog.open) dialog.showModal();
  return true;
}

export function start() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[commandfor]");
    if (button && !known) {
      if (button.getAttribute("command") === "show-modal") open(button.getAttribute("commandfor"));
      else document.getElementById(button.getAttribute("commandfor"))?.close?.();
    }
    // A click beside the dialog lands on the dialog itself, but outside of its box.
    const dialog = event.target;
    if (dialog instanceof HTMLDialogElement && !("closedBy" in dialog) && dialog.open) {
      const box = dialog.getBoundingClientRect();
      const within =
        event.clientX >= box.left && event.clientX <= box.right &&
        event.clientY >= box.top && event.clientY <= box.bottom;
      if (!within) dialog.close();
    }
  });
}
