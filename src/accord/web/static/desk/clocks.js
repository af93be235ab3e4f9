// The desk's clock and the countdowns. The node's clock counts, not the computer's: an exercise may run at another hour.
let offset = 0; // milliseconds to add to this computer's clock

export function deskNow() {
  return Date.now() + offset;
}

/** Every answer of the node says what time it is there. */
export function syncClock(milliseconds) {
  if (Number.isFinite(milliseconds)) offset = milliseconds - Date.now();
}

export function durationText(seconds) {
  const words = document.body.dataset;
  const two = (number) => String(number).padStart(2, "0");
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days) return `${days} ${words.wordDays} ${hours} ${words.wordHours}`;
  if (hours) return `${hours}:${two(minutes)}:${two(seconds % 60)}`;
  return `${minutes}:${two(seconds % 60)}`;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function drawCountdown(element) {
  const left = Math.round((Number(element.dataset.due) - deskNow()) / 1000);
  const late = left < 0;
  element.classList.toggle("is-overdue", late);
  element.classList.toggle("is-soon", !late && left < 300);
  setText(element, late ? `${document.body.dataset.wordOverdue} ${durationText(-left)}` : durationText(left));
}

function drawElapsed(element) {
  setText(element, durationText(Math.max(0, Math.floor((deskNow() - Number(element.dataset.since)) / 1000))));
}

function drawNow(element) {
  const format = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: element.dataset.zone });
  setText(element, format.format(deskNow()));
}

function tick() {
  for (const element of document.querySelectorAll("time[data-due]")) drawCountdown(element);
  for (const element of document.querySelectorAll("[data-since]")) drawElapsed(element);
  for (const element of document.querySelectorAll("time.desk-now")) drawNow(element);
}

export function startClocks() {
  const now = document.querySelector("time.desk-now");
  if (now) syncClock(Number(now.dataset.now));
  tick();
  setInterval(tick, 1000);
  document.body.addEventListener("htmx:afterSwap", tick);
}
