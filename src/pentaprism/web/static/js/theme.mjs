// The theme changes as it is chosen; the form around the choice (data-theme-form) stores it.

/** Use "light" or "dark"; anything else follows the system. */
export function use(theme) {
  const chosen = theme === "light" || theme === "dark";
  if (chosen) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  const meta = document.querySelector('meta[name="color-scheme"]');
  if (meta) meta.content = chosen ? theme : "light dark";
}

export function start() {
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-theme-form]");
    if (!form || event.target.name !== "theme") return;
    use(event.target.value);
    // Kept quietly: the page shows the choice already.
    fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
  });
}
