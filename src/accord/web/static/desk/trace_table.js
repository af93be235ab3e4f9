// Sorts and filters the table of a trace. What was chosen stays chosen when the table is replaced by a newer one.

export class TraceTable {
  constructor(root) {
    this.root = root;
    this.column = null;
    this.descending = false;
    root.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-sort]");
      if (button) this.#sortBy(Number(button.dataset.sort));
    });
    root.ownerDocument.addEventListener("input", (event) => {
      if (event.target.closest("[data-trace-filter]")) this.refresh();
    });
  }

  refresh() {
    this.#sort();
    this.#filter();
  }

  #sortBy(column) {
    this.descending = this.column === column ? !this.descending : false;
    this.column = column;
    this.#sort();
  }

  #rows() {
    return [...this.root.querySelectorAll("tbody tr")];
  }

  #sort() {
    const body = this.root.querySelector("tbody");
    if (!body || this.column === null) return;
    const value = (row) => row.cells[this.column]?.dataset.value ?? row.cells[this.column]?.textContent.trim() ?? "";
    const order = this.descending ? -1 : 1;
    const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
    body.append(...this.#rows().sort((a, b) => order * compare(value(a), value(b))));
    for (const [index, head] of [...this.root.querySelectorAll("thead th")].entries()) {
      if (index === this.column) head.setAttribute("aria-sort", this.descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  }

  #filter() {
    const part = document.querySelector("[data-trace-filter='part']")?.value ?? "";
    const words = (document.querySelector("[data-trace-filter='text']")?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of this.#rows()) {
      const text = (row.dataset.search ?? row.textContent).toLowerCase();
      row.hidden = (part !== "" && row.dataset.part !== part) || !words.every((word) => text.includes(word));
      if (!row.hidden) shown += 1;
    }
    const count = document.querySelector("[data-trace-count]");
    if (count) count.textContent = String(shown);
  }
}
