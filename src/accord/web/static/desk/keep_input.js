// Parts of a page that are replaced while an officer works keep what was ticked, typed and opened, and the focus.
// Controls are recognised by their id, so each control in such a part has one.

function controlsOf(part) {
  return [...part.querySelectorAll("input[id]:not([type=hidden]), select[id], textarea[id], details[id]")];
}

function changed(control) {
  if (control instanceof HTMLDetailsElement) return true;
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control instanceof HTMLSelectElement) return [...control.options].some((option) => option.selected !== option.defaultSelected);
  return control.value !== control.defaultValue;
}

export function remember(part) {
  const kept = controlsOf(part)
    .filter(changed)
    .map((control) => ({ id: control.id, checked: control.checked, value: control.value, open: control.open }));
  const active = part.contains(document.activeElement) ? document.activeElement : null;
  const focus = active?.id ? { id: active.id, start: active.selectionStart ?? null, end: active.selectionEnd ?? null } : null;
  return { kept, focus };
}

export function restore({ kept, focus }) {
  for (const { id, checked, value, open } of kept) {
    const control = document.getElementById(id);
    if (!control) continue;
    if (control instanceof HTMLDetailsElement) control.open = open;
    else if (control.type === "checkbox" || control.type === "radio") control.checked = checked;
    else control.value = value;
  }
  const target = focus && document.getElementById(focus.id);
  if (!target) return;
  target.focus({ preventScroll: true });
  if (focus.start !== null) target.setSelectionRange(focus.start, focus.end);
}

const memory = new Map();

// Out-of-band swaps of elements marked data-keep-input keep what is in them; whoever draws from a part hears that it is new.
export function keepInput() {
  document.body.addEventListener("htmx:oobBeforeSwap", ({ detail: { target } }) => {
    memory.set(target.id, target.dataset.keepInput === undefined ? { kept: [], focus: null } : remember(target));
  });
  document.body.addEventListener("htmx:oobAfterSwap", () => {
    for (const state of memory.values()) restore(state);
  });
  // Settling puts attributes back to those of the answer, "open" among them; so once more, without moving the focus.
  document.body.addEventListener("htmx:afterSettle", () => {
    for (const [id, state] of memory) {
      memory.delete(id);
      restore({ ...state, focus: null });
      document.dispatchEvent(new CustomEvent("desk:replaced", { detail: { id } }));
    }
  });
}
