/** New mail, deletions and undoing, shown without loading the page again. */

const freshMs = 10_000;
let settling;

/** Says something to people who see the page, wherever on it they are, and to those who hear it. */
export function say(text) {
  const said = document.getElementById("said");
  said.textContent = text;
  said.hidden = text === "";
  said.classList.add("fresh");
  clearTimeout(settling);
  settling = setTimeout(() => said.classList.remove("fresh"), freshMs);
}

/** What is done about each event. */
const acts = {
  mail: async ({ from, subject }) => {
    await refresh();
    say(`New message from ${from}: ${subject}`);
  },
  change: async ({ failed }) => {
    await refresh();
    if (failed !== null) say(failed);
  },
  progress: (detail) => dispatchEvent(new CustomEvent("sealed", { detail })),
  trouble: ({ message }) => showTrouble(message),
  well: () => showTrouble(""),
  gone: () => {
    isGone = true;
    showTrouble(
      "mailctl web has ended. Close this page, and start mailctl web again for a new one.",
    );
  },
  end: () => {
    if (isLeaving || isGone) return;
    const isKept = document.querySelector("#compose, [data-shown-once]") !== null;
    if (!isKept) location.assign("sign-in");
    else showTrouble("You are signed out. Copy your text before you leave this page.");
  },
};

/** Hears what happens. */
export function listen() {
  document.addEventListener("submit", submitQuietly);
  startTimers();
  if (document.body.dataset.source !== undefined) refresh();
  if (document.querySelector("header.top") === null) return; // nobody is signed in
  const channel = new BroadcastChannel("events");
  channel.addEventListener("message", ({ data: { name, data } }) => acts[name](data));
  const tell = (name, data) => {
    channel.postMessage({ name, data });
    acts[name](data);
  };
  // A browser has six connections for a host: one tab listens, and tells the others until it is closed.
  navigator.locks.request("events", () => new Promise(() => hear(tell)));
}

function hear(tell) {
  const events = new EventSource(`events?known=${document.body.dataset.changes}`);
  for (const name of Object.keys(acts)) {
    events.addEventListener(name, ({ data }) => tell(name, JSON.parse(data)));
  }
  events.addEventListener("error", () => {
    if (isGone) return events.close();
    tell("trouble", { message: "mailctl web does not answer. Trying again" });
  });
  addEventListener("pagehide", () => events.close());
}

function showTrouble(text) {
  const trouble = document.getElementById("trouble");
  if (trouble.textContent !== text) trouble.textContent = text;
  trouble.hidden = text === "";
}

let isLeaving = false;
let isGone = false;

/** Deleting and cancelling in a list, and undoing, leave a page where it is. */
async function submitQuietly(event) {
  const form = event.target;
  const { live, source } = document.body.dataset;
  const isQuiet = live === "yes" &&
    form.matches(source === undefined ? ".quick, .toast, .stop" : ".toast");
  if (!isQuiet) {
    isLeaving = !event.defaultPrevented;
    return;
  }
  event.preventDefault();
  const response = await fetch(form.action, {
    method: "POST",
    headers: { accept: "application/json" },
    redirect: "manual",
  });
  const isDone = response.type === "opaqueredirect" || response.ok;
  if (!isDone) say((await response.json().catch(() => ({}))).message ?? "Cannot do that.");
  await refresh();
}

let running = null;
let isStale = false;

/** Shows what lives on this page anew, and keeps the place in it. Asked for again meanwhile, it does so once more. */
export function refresh() {
  isStale = true;
  running ??= renew().finally(() => running = null);
  return running;
}

async function renew() {
  while (isStale) {
    isStale = false;
    if (document.body.dataset.live !== "yes") return;
    const source = document.body.dataset.source ?? location.href;
    const response = await fetch(source).catch(() => null);
    if (response === null || !response.ok || response.redirected) return;
    replace(
      new DOMParser().parseFromString(await response.text(), "text/html"),
    );
  }
}

const parts = ["list", "conversation", "held", "unread"];

function replace(next) {
  const place = placeOf(document.activeElement);
  for (const id of parts) {
    const part = next.getElementById(id);
    if (part !== null) document.getElementById(id)?.replaceWith(part);
  }
  if (document.body.dataset.source === undefined) document.title = next.title;
  startTimers();
  goBackTo(place);
}

function placeOf(element) {
  const row = element?.closest(".row");
  if (!row) return null;
  const rows = [...document.querySelectorAll(".row")];
  return {
    id: row.dataset.id,
    at: rows.indexOf(row),
    isButton: element.matches("button"),
  };
}

function goBackTo(place) {
  if (place === null) return;
  const rows = [...document.querySelectorAll(".row")];
  const row = rows.find(({ dataset }) => dataset.id === place.id) ??
    rows[Math.min(place.at, rows.length - 1)];
  row?.querySelector(place.isButton ? "button" : "a")?.focus();
}

/** What a timer can count. */
const longestMs = 2 ** 31 - 1;
/** A clock that runs behind is not asked without end. */
const leastMs = 5_000;

/** What can be undone goes when its time is up, and what waits is looked at then. */
function startTimers() {
  for (const chip of document.querySelectorAll("[data-left]:not(.toast, [data-timed])")) {
    chip.dataset.timed = "yes";
    const left = Math.max(Number(chip.dataset.left) + 500, leastMs);
    if (left <= longestMs) setTimeout(() => chip.isConnected && refresh(), left);
  }
  for (const toast of document.querySelectorAll(".toast:not([data-timed])")) {
    toast.dataset.timed = "yes";
    setTimeout(() => toast.remove(), Number(toast.dataset.left));
  }
}
