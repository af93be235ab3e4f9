// The picture of a trace: accounts grouped by bank, transfers between them. Drawn by cytoscape with the fcose layout.
// Accounts keep their place when the trace grows: only what is new is laid out.

const TEXT = "#1f2937";
const FONT = "system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif";

// One colour and one shape a state, so that neither alone carries the meaning. The legend's symbols are the same.
const LOOK = {
  victim: ["#334155", "star"],
  passed: ["#94a3b8", "ellipse"],
  standing: ["#d97706", "ellipse"],
  held: ["#15803d", "round-rectangle"],
  held_partly: ["#4d7c0f", "cut-rectangle"],
  asked: ["#2563eb", "hexagon"],
  silent: ["#b91c1c", "octagon"],
  failed: ["#b91c1c", "vee"],
  cash: ["#7e22ce", "diamond"],
  exchange: ["#7e22ce", "tag"],
  payroll: ["#7e22ce", "pentagon"],
  merchant: ["#7e22ce", "rhomboid"],
  hub: ["#7e22ce", "concave-hexagon"],
  outside: ["#7e22ce", "barrel"],
  below_minimum: ["#7e22ce", "triangle"],
};
const EXITS = new Set(["cash", "exchange", "payroll", "merchant", "hub", "outside", "below_minimum"]);
const WAITING = new Set(["asked", "silent", "failed"]);

const STYLE = [
  {
    selector: "node",
    style: {
      "background-color": (node) => LOOK[node.data("state")]?.[0] ?? "#94a3b8",
      shape: (node) => LOOK[node.data("state")]?.[1] ?? "ellipse",
      width: "data(size)",
      height: "data(size)",
      "border-width": 2,
      "border-color": "#ffffff",
      label: "data(caption)",
      "text-wrap": "wrap",
      "text-valign": "bottom",
      "text-margin-y": 4,
      "font-family": FONT,
      "font-size": 11,
      color: TEXT,
      "text-background-color": "#ffffff",
      "text-background-opacity": 0.85,
      "text-background-padding": 2,
      "min-zoomed-font-size": 6,
    },
  },
  {
    selector: "node.waiting",
    style: { "border-style": "dashed", "border-color": "#111827", "background-opacity": 0.75 },
  },
  {
    selector: ":parent",
    style: {
      shape: "round-rectangle",
      "background-color": "#f1f5f9",
      "background-opacity": 0.9,
      "border-width": 1,
      "border-color": "#cbd5e1",
      padding: 18,
      label: "data(caption)",
      "text-valign": "top",
      "text-margin-y": -3,
      "font-size": 12,
      "font-weight": 600,
      color: "#475569",
      "text-background-opacity": 0,
    },
  },
  {
    selector: "edge",
    style: {
      width: "data(thickness)",
      "line-color": "#64748b",
      "line-opacity": 0.65,
      "target-arrow-color": "#64748b",
      "target-arrow-shape": "triangle",
      "arrow-scale": 0.9,
      "curve-style": "bezier",
      label: "data(caption)",
      "text-wrap": "wrap",
      "font-family": FONT,
      "font-size": 10,
      color: TEXT,
      "text-background-color": "#ffffff",
      "text-background-opacity": 0.9,
      "text-background-padding": 2,
      "min-zoomed-font-size": 7,
    },
  },
  {
    selector: "edge.exit",
    style: { "line-color": "#7e22ce", "target-arrow-color": "#7e22ce", "line-style": "dashed" },
  },
  { selector: "node:selected, node.pointed", style: { "border-width": 4, "border-color": "#0f172a", "border-style": "solid" } },
  { selector: "edge:selected", style: { "line-color": "#0f172a", "target-arrow-color": "#0f172a", "line-opacity": 1 } },
];

function nodeCaption(node) {
  const sums = node.standing.length ? node.standing : node.asked.length ? node.asked : node.left;
  return [node.label, ...sums].join("\n");
}

// Node area and edge width follow the money, each currency against its own largest transfer.
function scales(graph) {
  const largest = {};
  for (const edge of graph.edges) largest[edge.currency] = Math.max(largest[edge.currency] ?? 1, edge.minor);
  const through = {};
  for (const edge of graph.edges) {
    through[edge.target] = Math.max(through[edge.target] ?? 0, edge.minor / largest[edge.currency]);
  }
  return {
    thickness: (edge) => 1 + 7 * Math.sqrt(edge.minor / largest[edge.currency]),
    size: (node) => {
      const base = node.state === "passed" ? 16 : 24;
      return base + 20 * Math.sqrt(through[node.id] ?? 0);
    },
  };
}

function elementsOf(graph) {
  const { thickness, size } = scales(graph);
  const banks = graph.banks.map((bank) => ({ group: "nodes", data: { id: bank.id, caption: bank.name } }));
  const accounts = graph.nodes.map((node) => ({
    group: "nodes",
    data: { ...node, parent: node.bank, caption: nodeCaption(node), size: size(node) },
    classes: WAITING.has(node.state) ? "waiting" : "",
  }));
  const transfers = graph.edges.map((edge) => ({
    group: "edges",
    data: { ...edge, caption: `${edge.money}\n${edge.clock}`, thickness: thickness(edge) },
    classes: edge.exit ? "exit" : "",
  }));
  return [...banks, ...accounts, ...transfers];
}

// Money walks from left to right: along an edge that reaches an account for the first time, the receiver stands to the right.
function readingOrder(graph) {
  const firstHop = new Map();
  for (const edge of graph.edges) {
    if (!firstHop.has(edge.source)) firstHop.set(edge.source, edge.hop);
    const hop = edge.hop + 1;
    if (!firstHop.has(edge.target) || hop < firstHop.get(edge.target)) firstHop.set(edge.target, hop);
  }
  return graph.edges
    .filter((edge) => firstHop.get(edge.source) < firstHop.get(edge.target))
    .map((edge) => ({ left: edge.source, right: edge.target, gap: 90 }));
}

function layoutOptions(graph, kept) {
  const options = {
    name: "fcose",
    quality: graph.nodes.length > 150 ? "default" : "proof",
    randomize: kept.length === 0,
    animate: false,
    fit: false,
    nodeDimensionsIncludeLabels: true,
    idealEdgeLength: 110,
    nodeSeparation: 90,
    nodeRepulsion: 9000,
    packComponents: false,
    tile: true,
  };
  if (kept.length) options.fixedNodeConstraint = kept;
  else if (graph.nodes.length <= 120) options.relativePlacementConstraint = readingOrder(graph);
  return options;
}

export class TraceGraph {
  constructor(container, onChoose) {
    this.container = container;
    this.onChoose = onChoose;
    this.touched = false;
    this.cy = null;
  }

  // Bring the picture in line with `graph`. Safe to call with the same or a newer document of the same claim and rule.
  show(graph) {
    if (!this.cy) this.#create();
    const wanted = elementsOf(graph);
    const ids = new Set(wanted.map((element) => element.data.id));
    const known = new Set(this.cy.elements().map((element) => element.id()));
    const kept = this.cy
      .nodes()
      .filter((node) => !node.isParent() && ids.has(node.id()))
      .map((node) => ({ nodeId: node.id(), position: { ...node.position() } }));
    const fresh = wanted.filter((element) => !known.has(element.data.id));
    this.cy.batch(() => {
      this.cy
        .elements()
        .filter((element) => !ids.has(element.id()))
        .remove();
      for (const element of wanted) {
        if (!known.has(element.data.id)) continue;
        const present = this.cy.getElementById(element.data.id);
        present.data(element.data);
        present.classes(element.classes ?? "");
      }
      this.cy.add(fresh);
      this.#placeBesideNeighbours(fresh);
    });
    if (fresh.some((element) => element.group === "nodes")) this.#arrange(graph, kept);
    this.fit();
  }

  // The container may have been hidden, with no size, when the picture was drawn.
  fit(force = false) {
    if (!this.cy) return;
    this.cy.resize();
    if (this.touched && !force) return;
    this.touched = false;
    this.cy.fit(undefined, 24);
    if (this.cy.zoom() > 1.2) {
      this.cy.zoom(1.2);
      this.cy.center();
    }
  }

  point(nodeId) {
    if (!this.cy) return;
    this.cy.nodes(".pointed").removeClass("pointed");
    if (nodeId) this.cy.getElementById(nodeId).addClass("pointed");
  }

  zoomBy(factor) {
    this.touched = true;
    const centre = { x: this.cy.width() / 2, y: this.cy.height() / 2 };
    this.cy.zoom({ level: this.cy.zoom() * factor, renderedPosition: centre });
  }

  // The whole picture, twice the screen's resolution, on white.
  png() {
    return this.cy.png({ output: "blob", full: true, scale: 2, bg: "#ffffff", maxWidth: 8000, maxHeight: 8000 });
  }

  #create() {
    this.cy = window.cytoscape({
      container: this.container,
      style: STYLE,
      minZoom: 0.08,
      maxZoom: 3,
      wheelSensitivity: 0.3,
      boxSelectionEnabled: false,
      hideEdgesOnViewport: false,
      textureOnViewport: true,
    });
    this.cy.on("tap", "node:childless, edge", (event) => this.onChoose(event.target.data(), event.target.isNode()));
    this.cy.on("scrollzoom pinchzoom dragpan grab", () => {
      this.touched = true;
    });
  }

  #arrange(graph, kept) {
    this.cy.layout(layoutOptions(graph, kept)).run();
  }

  // A new account starts to the right of the account that paid it, where the layout then needs to move it little.
  #placeBesideNeighbours(fresh) {
    for (const element of fresh) {
      if (element.group !== "nodes" || !element.data.parent) continue;
      const node = this.cy.getElementById(element.data.id);
      const payer = node.incomers("node").filter((other) => !fresh.some((added) => added.data.id === other.id()));
      if (payer.nonempty()) {
        const { x, y } = payer[0].position();
        node.position({ x: x + 110, y: y + 40 * (node.incomers("edge").length % 2 ? 1 : -1) });
      }
    }
  }
}

export function isExit(state) {
  return EXITS.has(state);
}
