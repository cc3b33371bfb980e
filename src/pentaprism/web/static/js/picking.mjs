// Finds rows of a list by name while one types; without scripts the whole list is there.

function filter(box) {
  const list = document.getElementById(box.dataset.filters);
  const wanted = box.querySelector("input").value.trim().toLowerCase();
  let shown = 0;
  for (const row of list?.querySelectorAll("[data-name]") ?? []) {
    row.hidden = !row.dataset.name.includes(wanted);
    if (!row.hidden) shown += 1;
  }
  const none = list?.querySelector("[data-none]");
  if (none) none.hidden = shown > 0;
}

for (const box of document.querySelectorAll("[data-filters]")) {
  box.hidden = false;
  box.addEventListener("input", () => filter(box));
  // The list may come after somebody began to type.
  const list = document.getElementById(box.dataset.filters);
  if (list) new MutationObserver(() => filter(box)).observe(list, { childList: true });
  box.addEventListener("keydown", (event) => {
    // Enter would send the form that the search is in.
    if (event.key === "Enter") event.preventDefault();
  });
}
