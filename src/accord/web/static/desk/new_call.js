// The call form by keyboard alone: Enter moves on, Ctrl+Enter sends, y and n answer a focused question, Alt+1 to 3
// answer the script's questions with yes.
const form = document.querySelector("form[data-enter-moves-on]");

function stops() {
  const seen = new Set();
  return [...form.querySelectorAll(".call-facts input:not([type=hidden]), .call-facts button")].filter((control) => {
    if (control.dataset.enterSkip !== undefined) return false;
    if (control.type !== "radio") return true;
    if (seen.has(control.name)) return false; // a group of choices is one stop
    seen.add(control.name);
    return true;
  });
}

function focusOn(control) {
  const group = control.type === "radio" ? form.querySelector(`[name="${control.name}"]:checked`) : null;
  (group ?? control).focus();
}

function moveOn(from) {
  const list = stops();
  const here = list.findIndex((control) => control === from || (control.type === "radio" && control.name === from.name));
  if (here >= 0) return focusOn(list[here + 1] ?? list[here]);
  const skipped = [...form.elements].indexOf(from); // a field that Enter leaves out: go to the next stop after it
  const next = list.find((control) => [...form.elements].indexOf(control) > skipped && control.name !== "about");
  if (next) focusOn(next);
}

function answerYes(number) {
  const choice = form.querySelector(`[data-alt-key="${number}"]`);
  if (choice) choice.checked = true;
  return choice !== null;
}

form.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.altKey && !event.ctrlKey && /^Digit[1-3]$/.test(event.code)) {
    if (answerYes(event.code.at(-1))) event.preventDefault(); // the focus stays where the officer is typing
  } else if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  } else if (key === "Enter" && target.tagName === "INPUT" && !event.isComposing) {
    event.preventDefault(); // while an input method composes Chinese, Enter is its own
    moveOn(target);
  } else if (target.type === "radio" && target.dataset.letter && ["y", "n"].includes(key.toLowerCase())) {
    const choice = form.querySelector(`[name="${target.name}"][data-letter="${key.toLowerCase()}"]`);
    choice.checked = true;
    choice.focus();
  }
});

for (const field of form.querySelectorAll("[data-selects]")) {
  field.addEventListener("input", () => {
    document.getElementById(field.dataset.selects).checked = true;
  });
}

form.querySelector('[aria-invalid="true"], .field-error')?.closest(".field")?.querySelector("input")?.focus();
