// The page of a claim: tabs, the picture and the time line of its trace, the plan, and keeping all of it up to date.

import { holdPlan } from "./hold_plan.js";
import { keepInput } from "./keep_input.js";
import { Timeline } from "./timeline.js";
import { TraceGraph } from "./trace_graph.js";
import { TraceTable } from "./trace_table.js";

const words = JSON.parse(document.getElementById("trace-words").textContent);
const picture = document.getElementById("trace-graph");
const details = document.getElementById("trace-details");
const graph = new TraceGraph(picture, describe);
const timeline = new Timeline(document.getElementById("trace-timeline"), words);
const table = new TraceTable(document.getElementById("live-table"));
let shown = "";

// What the chosen account or transfer is, in words, with the whole account number: choosing is asking to see it.
function describe(data, isNode) {
  const lines = isNode
    ? [data.state_words, data.bank_name, data.account, data.kind_words, sums(words.standing, data.standing), sums(words.held, data.held),
       sums(words.left, data.left), sums(words.asked, data.asked)]
    : data.transfers.map((transfer) => `${transfer.clock} ${transfer.money} (${transfer.transfer}, ${words.hop} ${transfer.hop})`);
  details.textContent = lines.filter(Boolean).join(" · ");
}

function sums(label, amounts) {
  return amounts?.length ? `${label} ${amounts.join(", ")}` : "";
}

async function load() {
  const response = await fetch(picture.dataset.url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!response.ok) return;
  const trace = await response.json();
  if (trace.version === shown) return;
  shown = trace.version;
  picture.hidden = trace.nodes.length === 0;
  document.getElementById("trace-empty").hidden = trace.nodes.length > 0;
  timeline.show(trace);
  if (trace.nodes.length) graph.show(trace);
}

// Tabs by the pattern of the ARIA authoring practices: arrows move, the page remembers the last one for this visit.
function tabs(list) {
  const all = [...list.querySelectorAll("[role=tab]")];
  const choose = (tab) => {
    for (const other of all) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      other.classList.toggle("active", chosen);
      document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
    }
    if (tab.id === "tab-graph") graph.fit();
    if (tab.id === "tab-timeline") timeline.draw();
  };
  list.addEventListener("click", ({ target }) => {
    const tab = target.closest("[role=tab]");
    if (tab) choose(tab);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    choose(next);
    next.focus();
  });
}

function savePicture(name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(graph.png());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-graph]");
  if (!button) return;
  const act = {
    in: () => graph.zoomBy(1.25),
    out: () => graph.zoomBy(0.8),
    fit: () => graph.fit(true),
    png: () => savePicture(button.dataset.name),
  }[button.dataset.graph];
  act();
});
document.addEventListener("change", ({ target }) => {
  if (target.matches("[name=timeline-span]")) timeline.choose(target.value);
});
document.addEventListener("desk:replaced", ({ detail: { id } }) => {
  if (id !== "live-table" && id !== "live-orders") return;
  if (id === "live-table") table.refresh();
  load();
});
new ResizeObserver(() => timeline.draw()).observe(document.getElementById("trace-timeline"));

tabs(document.getElementById("trace-tabs"));
keepInput();
holdPlan((node) => graph.point(node));
load();
