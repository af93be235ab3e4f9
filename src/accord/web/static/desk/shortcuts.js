// Single keys that press what carries data-key. They can be switched off on the help page (WCAG 2.2, 2.1.4), and never act
// while something is being typed.
const SWITCH = "accord-shortcuts";

export function shortcutsOn() {
  return localStorage.getItem(SWITCH) !== "off";
}

function typing(element) {
  return element.closest("input, textarea, select, [contenteditable]") !== null;
}

function step(rows, by) {
  const here = rows.indexOf(document.activeElement);
  const next = rows[here < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, here + by))];
  next?.focus();
}

function press(key) {
  const target = [...document.querySelectorAll("[data-key]")].find((element) => element.dataset.key === key);
  if (!target) return false;
  if (target.matches("input, textarea")) target.focus();
  else target.click();
  return true;
}

export function startShortcuts() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!shortcutsOn() || typing(event.target)) return;
    const rows = [...document.querySelectorAll("[data-row]")];
    if (event.key === "j" && rows.length) step(rows, 1);
    else if (event.key === "k" && rows.length) step(rows, -1);
    else if (!press(event.key)) return;
    event.preventDefault();
  });
  const choice = document.getElementById("shortcuts-on");
  if (!choice) return;
  choice.checked = shortcutsOn();
  choice.addEventListener("change", () => localStorage.setItem(SWITCH, choice.checked ? "on" : "off"));
}
