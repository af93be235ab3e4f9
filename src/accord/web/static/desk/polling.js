// Polling by htmx that never disturbs: an answer like the last one is not swapped in, errors go to the alerts, and a node
// that does not answer is told of. (htmx itself keeps the focus on an element that comes back with the same id.)
const latest = new WeakMap();

// Countdowns differ at every moment without any news; what is compared leaves them out.
function newsOf(text) {
  return text.replace(/<time [^>]*data-due[^>]*>[^<]*<\/time>|data-since="[^"]*"[^>]*>[^<]*/g, (element) => {
    const due = element.match(/data-(?:due|since)="(\d+)"/);
    return due ? due[1] : "";
  });
}

function beforeSwap(event) {
  const { xhr, target, requestConfig } = event.detail;
  if (xhr.status >= 400) {
    event.detail.shouldSwap = Boolean(xhr.getResponseHeader("HX-Retarget"));
    event.detail.isError = !event.detail.shouldSwap;
    return;
  }
  if (requestConfig.verb !== "get" || xhr.status !== 200) return;
  const news = newsOf(xhr.responseText);
  if (latest.get(target) === news) event.detail.shouldSwap = false;
  else latest.set(target, news);
}

export function startPolling(syncClock) {
  const offline = document.getElementById("offline");
  const body = document.body;
  body.addEventListener("htmx:beforeSwap", beforeSwap);
  body.addEventListener("htmx:configRequest", (event) => {
    // what a page asks by itself does not keep a session alive that nobody uses
    if (!event.detail.triggeringEvent) event.detail.headers["X-Poll"] = "1";
  });
  body.addEventListener("htmx:sendError", () => {
    offline.hidden = false;
  });
  body.addEventListener("htmx:afterRequest", (event) => {
    const { xhr } = event.detail;
    if (!xhr || xhr.status === 0) return;
    offline.hidden = xhr.status < 500;
    const moment = xhr.getResponseHeader("X-Desk-Clock");
    if (moment) syncClock(Number(moment));
  });
}
