// Pages of orders: choose drafts, ask once before something leaves, print.

import { holdPlan } from "./hold_plan.js";

holdPlan(() => {});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
