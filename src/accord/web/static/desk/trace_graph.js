// The picture of a trace: accounts grouped by bank, transfers between them. Drawn by cytoscape with the fcose layout.
// Accounts keep their place when the trace grows: only what is new is laid out.

const TEXT = "#1f2937";
const FONT = "system-ui, Noto Sans, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif";

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
  left: ["#7e22ce", "right-rhomboid"],
};
const WAITING = new Set(["asked", "silent", "failed"]);

// Text is as large on the screen in a picture that was shrunk to fit as in a small one.
let textScale = 1;
const text = (pixels) => () => pixels * textScale;

const STYLE = [
  {
    selector: "node",
    style: {
      "background-color": (node) => LOOK[node.data("state")]?.[0] ?? "#94a3b8",
      shape: (node) => LOOK[node.data("state")]?.[1] ?? "ellipse",
      "border-width": 2,
      "border-color": "#ffffff",
      label: "data(caption)",
      "text-wrap": "wrap",
      "text-valign": "bottom",
      "text-margin-y": 4,
      "font-family": FONT,
      "font-size": text(11),
      color: TEXT,
      "text-background-color": "#ffffff",
      "text-background-opacity": 0.85,
      "text-background-padding": 2,
      "min-zoomed-font-size": 5,
    },
  },
  { selector: "node[size]", style: { width: "data(size)", height: "data(size)" } },
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
      "font-size": text(11.5),
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
      "font-size": text(10),
      color: TEXT,
      "text-background-color": "#ffffff",
      "text-background-opacity": 0.9,
      "text-background-padding": 2,
      "min-zoomed-font-size": 6,
    },
  },
  {
    selector: "edge.exit",
    style: { "line-color": "#7e22ce", "target-arrow-color": "#7e22ce", "line-style": "dashed" },
  },
  { selector: "edge.quiet", style: { "text-opacity": 0, "text-background-opacity": 0 } },
  { selector: "edge.near", style: { "text-opacity": 1, "text-background-opacity": 0.95, "line-opacity": 1, "z-index": 10 } },
  { selector: "node:selected, node.pointed", style: { "border-width": 4, "border-color": "#0f172a", "border-style": "solid" } },
  { selector: "edge:selected", style: { "line-color": "#0f172a", "target-arrow-color": "#0f172a", "line-opacity": 1 } },
];

// Past so many accounts frames around banks lie over each other; the bank's name then stands with each account.
const GROUPED_UP_TO = 40;

function nodeCaption(node, grouped) {
  const sums = node.standing.length ? node.standing : node.asked.length ? node.asked : node.left;
  return [...(grouped ? [] : [node.bank_name]), node.label, ...sums].join("\n");
}

// Transfers between the same two accounts are drawn as one line, so that money going round and round stays readable.
function bundles(edges) {
  const lines = new Map();
  for (const edge of edges) {
    const id = `e:${edge.source}>${edge.target}:${edge.currency}:${edge.exit}`;
    const line = lines.get(id);
    if (!line) lines.set(id, { ...edge, id, transfers: [edge], until: edge.clock });
    else {
      line.transfers.push(edge);
      line.minor += edge.minor;
      line.until = edge.clock;
    }
  }
  return [...lines.values()];
}

function sumText(line) {
  if (line.transfers.length === 1) return line.money;
  const [number] = line.money.split(" ");
  const decimals = (number.split(".")[1] ?? "").length;
  const whole = new Intl.NumberFormat("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return `${line.transfers.length} × = ${whole.format(line.minor / 10 ** decimals)} ${line.currency}`;
}

function lineCaption(line) {
  return `${sumText(line)}\n${line.clock}${line.transfers.length > 1 ? `–${line.until}` : ""}`;
}

// Node area and line width follow the money, each currency against its own largest line.
function scales(lines) {
  const largest = {};
  for (const line of lines) largest[line.currency] = Math.max(largest[line.currency] ?? 1, line.minor);
  const through = {};
  for (const line of lines) {
    through[line.target] = Math.max(through[line.target] ?? 0, line.minor / largest[line.currency]);
  }
  return {
    share: (line) => line.minor / largest[line.currency],
    size: (node) => (node.state === "passed" ? 16 : 24) + 20 * Math.sqrt(through[node.id] ?? 0),
  };
}

const ALL_CAPTIONS = 14;
const CAPTION_FROM_SHARE = 0.3;

function elementsOf(graph, grouped) {
  const lines = bundles(graph.edges);
  const { share, size } = scales(lines);
  const banks = grouped ? graph.banks.map((bank) => ({ group: "nodes", data: { id: bank.id, caption: bank.name } })) : [];
  const accounts = graph.nodes.map((node) => ({
    group: "nodes",
    data: { ...node, ...(grouped ? { parent: node.bank } : {}), caption: nodeCaption(node, grouped), size: size(node) },
    classes: WAITING.has(node.state) ? "waiting" : "",
  }));
  const transfers = lines.map((line) => ({
    group: "edges",
    data: { ...line, caption: lineCaption(line), thickness: 1 + 7 * Math.sqrt(share(line)) },
    classes: [line.exit ? "exit" : "", lines.length > ALL_CAPTIONS && share(line) < CAPTION_FROM_SHARE ? "quiet" : ""].join(" ").trim(),
  }));
  return [...banks, ...accounts, ...transfers];
}

// How many transfers an account is away from the victim's, by the shortest way.
function firstHops(graph) {
  const hops = new Map();
  for (const edge of graph.edges) {
    if (!hops.has(edge.source)) hops.set(edge.source, edge.hop);
    if (!hops.has(edge.target) || edge.hop + 1 < hops.get(edge.target)) hops.set(edge.target, edge.hop + 1);
  }
  return hops;
}

// Money walks from left to right: along an edge that reaches an account for the first time, the receiver stands to the right.
function readingOrder(graph) {
  const hops = firstHops(graph);
  return graph.edges
    .filter((edge) => hops.get(edge.source) < hops.get(edge.target))
    .map((edge) => ({ left: edge.source, right: edge.target, gap: 120 }));
}

// Many accounts: a column a hop, receivers level with whoever paid them. Forces alone would leave a tangle.
function columns(graph) {
  const hops = firstHops(graph);
  const payers = new Map();
  for (const edge of graph.edges) {
    if (hops.get(edge.source) >= hops.get(edge.target)) continue;
    payers.set(edge.target, [...(payers.get(edge.target) ?? []), edge.source]);
  }
  const byHop = new Map();
  for (const node of graph.nodes) {
    const hop = hops.get(node.id) ?? 0;
    byHop.set(hop, [...(byHop.get(hop) ?? []), node.id]);
  }
  const tallest = Math.max(...[...byHop.values()].map((column) => column.length));
  const places = {};
  for (const hop of [...byHop.keys()].sort((a, b) => a - b)) {
    const level = (id) => {
      const known = (payers.get(id) ?? []).filter((payer) => places[payer]);
      return known.reduce((sum, payer) => sum + places[payer].y, 0) / (known.length || 1);
    };
    const column = byHop.get(hop).map((id) => [id, level(id)]).sort((a, b) => a[1] - b[1]);
    const step = (tallest * 60) / column.length;
    column.forEach(([id], index) => {
      places[id] = { x: hop * 190 + 40 * (index % 2), y: (index + 0.5) * step };
    });
  }
  return places;
}

function layoutOptions(graph, kept) {
  if (!kept.length && graph.nodes.length > GROUPED_UP_TO) {
    return { name: "preset", positions: columns(graph), fit: false, animate: false };
  }
  const options = {
    name: "fcose",
    quality: kept.length ? "default" : "proof",
    randomize: kept.length === 0,
    animate: false,
    fit: false,
    nodeDimensionsIncludeLabels: true,
    idealEdgeLength: 100,
    nodeSeparation: 70,
    nodeRepulsion: 9000,
    packComponents: false,
    tile: true,
  };
  if (kept.length) options.fixedNodeConstraint = kept;
  else options.relativePlacementConstraint = readingOrder(graph);
  return options;
}

export class TraceGraph {
  constructor(container, onChoose) {
    this.container = container;
    this.onChoose = onChoose;
    this.touched = false;
    this.grouped = true;
    this.cy = null;
  }

  // Bring the picture in line with `graph`. Safe to call with the same or a newer document of the same claim and rule.
  show(graph) {
    if (!this.cy) this.#create();
    const grouped = graph.nodes.length <= GROUPED_UP_TO;
    if (grouped !== this.grouped) this.cy.elements().remove();
    this.grouped = grouped;
    const wanted = elementsOf(graph, grouped);
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
    this.cy.fit(undefined, 28);
    if (this.cy.zoom() > 1.2) {
      this.cy.zoom(1.2);
      this.cy.center();
    }
    textScale = Math.min(2.4, Math.max(1, 1 / this.cy.zoom()));
    this.cy.style().update();
  }

  point(nodeId) {
    if (!this.cy) return;
    this.cy.nodes(".pointed").removeClass("pointed");
    this.cy.edges(".near").removeClass("near");
    if (!nodeId) return;
    const node = this.cy.getElementById(nodeId).addClass("pointed");
    node.connectedEdges().addClass("near");
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
      boxSelectionEnabled: false,
      hideEdgesOnViewport: false,
      textureOnViewport: true,
    });
    this.cy.on("tap", "node:childless, edge", (event) => this.onChoose(event.target.data(), event.target.isNode()));
    this.cy.on("mouseover", "node:childless", (event) => event.target.connectedEdges().addClass("near"));
    this.cy.on("mouseover", "edge", (event) => event.target.addClass("near"));
    this.cy.on("mouseout", "node:childless, edge", () => this.cy.edges(".near").removeClass("near"));
    this.cy.on("scrollzoom pinchzoom dragpan grab", () => {
      this.touched = true;
    });
  }

  #arrange(graph, kept) {
    this.cy.layout(layoutOptions(graph, kept)).run();
    if (kept.length) this.#shiftBack(kept[0]);
    else this.#stretch();
  }

  // The layout may move the picture as a whole; those who look at it should find everything where it was.
  #shiftBack({ nodeId, position }) {
    const moved = this.cy.getElementById(nodeId).position();
    const [dx, dy] = [position.x - moved.x, position.y - moved.y];
    this.cy
      .nodes()
      .filter((node) => !node.isParent())
      .positions((node) => ({ x: node.position("x") + dx, y: node.position("y") + dy }));
  }

  // The frame is wide: use its width, so that captions have room beside each other.
  #stretch() {
    const box = this.cy.elements().boundingBox({ includeLabels: false });
    const wanted = (this.cy.width() / this.cy.height()) * (box.h / box.w);
    const factor = Math.min(4, Math.max(1, wanted));
    this.cy
      .nodes()
      .filter((node) => !node.isParent())
      .positions((node) => ({ x: node.position("x") * factor, y: node.position("y") }));
  }

  // A new account starts to the right of the account that paid it, where the layout then needs to move it little.
  #placeBesideNeighbours(fresh) {
    for (const element of fresh) {
      if (element.group !== "nodes" || !element.data.state) continue;
      const node = this.cy.getElementById(element.data.id);
      const payer = node.incomers("node").filter((other) => !fresh.some((added) => added.data.id === other.id()));
      if (payer.nonempty()) {
        const { x, y } = payer[0].position();
        node.position({ x: x + 110, y: y + 40 * (node.incomers("edge").length % 2 ? 1 : -1) });
      }
    }
  }
}
