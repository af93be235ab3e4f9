// Money over time: every transfer as a bar as high as its amount, every order as a lane from approval to answer.

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 86;
const RIGHT = 16;
const FLOW_TOP = 26;
const FLOW_HEIGHT = 190;
const AXIS = 30;
const LANE = 24;
const MINUTE = 60_000;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080].map((minutes) => minutes * MINUTE);

function make(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function titled(element, text) {
  element.append(make("title", {}, text));
  return element;
}

// The span of time to draw, with a little air at both ends; at least two minutes.
function domain(trace, what) {
  const flows = what === "orders" ? [] : trace.edges.map((edge) => Date.parse(edge.time));
  const orders = what === "flows" ? [] : trace.orders.flatMap((order) => [order.from, order.to].filter(Boolean).map(Date.parse));
  const moments = [...flows, ...orders];
  if (!moments.length) return null;
  const first = Math.min(...moments);
  const last = Math.max(...moments, first + 2 * MINUTE);
  const air = (last - first) * 0.03;
  return [first - air, last + air];
}

function clockFormat(span, zone, language) {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
  if (span > 24 * 60 * MINUTE) Object.assign(options, { month: "numeric", day: "numeric" });
  return new Intl.DateTimeFormat(language, options);
}

function drawAxis(svg, [start, end], x, y, width, format) {
  const step = STEPS.find((candidate) => (end - start) / candidate <= Math.max(3, width / 110)) ?? STEPS.at(-1);
  svg.append(make("line", { x1: LEFT, x2: width - RIGHT, y1: y, y2: y, class: "tl-axis" }));
  for (let moment = Math.ceil(start / step) * step; moment <= end; moment += step) {
    svg.append(make("line", { x1: x(moment), x2: x(moment), y1: FLOW_TOP - 8, y2: y + 5, class: "tl-tick" }));
    svg.append(make("text", { x: x(moment), y: y + 19, class: "tl-label", "text-anchor": "middle" }, format.format(moment)));
  }
}

// Bars of different currencies are not comparable, so each is drawn against the largest of its own currency.
function drawFlows(svg, edges, [start, end], x, base, words) {
  const largest = {};
  for (const edge of edges) largest[edge.currency] = Math.max(largest[edge.currency] ?? 1, edge.minor);
  for (const [index, [currency]] of Object.entries(largest).entries()) {
    const top = edges.find((edge) => edge.currency === currency && edge.minor === largest[currency]);
    svg.append(make("text", { x: 4, y: FLOW_TOP + 4 + 14 * index, class: "tl-label" }, top.money));
  }
  svg.append(make("text", { x: 4, y: base, class: "tl-label" }, "0"));
  for (const edge of edges) {
    const moment = Date.parse(edge.time);
    if (moment < start || moment > end) continue;
    const height = Math.max(2, (FLOW_HEIGHT * edge.minor) / largest[edge.currency]);
    const kind = edge.exit ? "tl-exit" : edge.hop === 0 ? "tl-first" : "tl-flow";
    const bar = make("rect", { x: x(moment) - 3, y: base - height, width: 6, height, rx: 1, class: kind });
    svg.append(titled(bar, `${edge.clock}  ${edge.money}\n${words.hop} ${edge.hop}  ${edge.transfer}`));
  }
}

function drawOrders(svg, orders, [start, end], x, top) {
  orders.forEach((order, index) => {
    const from = Date.parse(order.from);
    const to = order.to ? Date.parse(order.to) : end;
    if (to < start || from > end) return;
    const y = top + index * LANE;
    const left = Math.max(x(from), LEFT);
    const width = Math.max(4, Math.min(x(to), x(end)) - left);
    svg.append(make("text", { x: 4, y: y + 14, class: "tl-label" }, order.reference));
    const lane = make("rect", { x: left, y: y + 3, width, height: LANE - 9, rx: 3, class: `tl-order tl-order-${order.state}` });
    svg.append(titled(lane, `${order.clock}  ${order.words}\n${order.bank_name} ${order.label}  ${order.money}`));
    const room = left + width + 8 < x(end) - 160;
    const place = room ? { x: left + width + 6, "text-anchor": "start" } : { x: left - 6, "text-anchor": "end" };
    svg.append(make("text", { ...place, y: y + 14, class: "tl-label" }, `${order.bank_name}  ${order.money}`));
  });
}

export class Timeline {
  constructor(container, words) {
    this.container = container;
    this.words = words;
    this.what = "all";
    this.trace = null;
  }

  show(trace) {
    this.trace = trace;
    this.draw();
  }

  choose(what) {
    this.what = what;
    this.draw();
  }

  draw() {
    const { clientWidth } = this.container;
    const span = this.trace && domain(this.trace, this.what);
    this.container.replaceChildren();
    if (!clientWidth) return;
    if (!span) {
      this.container.textContent = this.words.nothing;
      return;
    }
    const width = Math.max(320, clientWidth);
    const base = FLOW_TOP + FLOW_HEIGHT;
    const height = base + AXIS + 8 + this.trace.orders.length * LANE;
    const x = (moment) => LEFT + ((moment - span[0]) / (span[1] - span[0])) * (width - LEFT - RIGHT);
    const svg = make("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": this.words.timeline });
    drawAxis(svg, span, x, base, width, clockFormat(span[1] - span[0], this.words.zone, document.documentElement.lang));
    drawFlows(svg, this.trace.edges, span, x, base, this.words);
    drawOrders(svg, this.trace.orders, span, x, base + AXIS + 8);
    this.container.append(svg);
  }
}
