// The hold plan: select all with one key, say how many are chosen, ask once before they leave.

const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable]";

function ticks() {
  return [...document.querySelectorAll("input[data-plan-tick]")];
}

function refresh() {
  const all = ticks();
  const chosen = all.filter((tick) => tick.checked).length;
  const button = document.querySelector("[data-plan-approve]");
  if (button) button.disabled = chosen === 0;
  for (const count of document.querySelectorAll("[data-plan-chosen]")) count.textContent = String(chosen);
  const master = document.querySelector("input[data-plan-all]");
  if (!master) return;
  master.checked = all.length > 0 && chosen === all.length;
  master.indeterminate = chosen > 0 && chosen < all.length;
}

function tickAll(checked) {
  for (const tick of ticks()) tick.checked = checked;
  refresh();
}

export function holdPlan(onPoint) {
  document.addEventListener("change", ({ target }) => {
    if (target.matches("input[data-plan-all]")) tickAll(target.checked);
    else if (target.matches("input[data-plan-tick]")) refresh();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "a" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches(TYPING)) return;
    if (document.querySelector("dialog[open]") || !ticks().length) return;
    event.preventDefault();
    tickAll(ticks().some((tick) => !tick.checked));
    document.querySelector("[data-plan-approve]")?.focus();
  });
  for (const kind of ["mouseover", "focusin"]) {
    document.addEventListener(kind, ({ target }) => onPoint(target.closest?.("[data-node]")?.dataset.node ?? null));
  }
  document.addEventListener("desk:replaced", refresh);
  const dialog = document.getElementById("plan-confirm");
  document.body.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
    if (dialog && target === dialog && !dialog.open) dialog.showModal();
  });
  dialog?.addEventListener("click", ({ target }) => {
    if (target.closest("[data-close]")) dialog.close();
  });
  refresh();
}
