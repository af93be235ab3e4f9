// What every page of the desk shares: clocks that run, numbers that can be revealed, polling that does not disturb.
import { startClocks, syncClock } from "./clocks.js";
import { startPolling } from "./polling.js";
import { startShortcuts } from "./shortcuts.js";

startClocks();
startShortcuts();
startPolling(syncClock);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveal]");
  if (!button) return;
  const shown = button.getAttribute("aria-pressed") === "true";
  const [masked, whole] = button.parentElement.querySelectorAll("code");
  masked.hidden = !shown;
  whole.hidden = shown;
  button.setAttribute("aria-pressed", String(!shown));
});

// A form that must not be sent twice says so; a second press within the same page does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-send-once]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-send-once]")) delete form.dataset.sent;
});

// Selects of a filter form apply at once; with the keyboard too, since "change" fires on leaving or on Enter.
document.addEventListener("change", (event) => {
  if (event.target.matches("form[data-apply-on-change] select")) event.target.form.requestSubmit();
});

// Typing into a field that belongs to a choice makes the choice.
document.addEventListener("input", ({ target }) => {
  const choice = target.dataset?.chooses;
  if (choice) document.getElementById(choice).checked = true;
});
