/** New mail, deletions and undoing, shown without loading the page again. */
import { goBackTo, parts, placeOf } from "./place.js";
import { released, watchPresses } from "./press.js";

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
  change: refresh,
  progress: (detail) => dispatchEvent(new CustomEvent("sealed", { detail })),
  hello: ({ proof }) => {
    if (proof === document.body.dataset.proof) isSilent = false;
    else acts.gone();
  },
  silent: () => {
    isSilent = true;
    showTrouble("mailctl web does not answer. Trying again");
  },
  trouble: ({ message }) => showTrouble(message),
  well: () => {
    const wasInTrouble = !document.getElementById("trouble").hidden;
    showTrouble("");
    if (!wasInTrouble) return;
    document.getElementById("again")?.click();
    refresh(); // what was to be shown meanwhile could not be
  },
  gone: () => {
    isGone = true;
    showTrouble(
      "mailctl web has ended. Close this page, and start mailctl web again for a new one.",
    );
  },
  joined: ({ known }) => tellNewcomer(known),
  end: () => {
    if (isGone) return;
    const isKept = document.querySelector("#compose, [data-shown-once]") !== null;
    if (!isKept && !isLeaving) return location.assign("sign-in");
    const next = isKept ? "Copy your text before you leave this page" : "Load the page again";
    showTrouble(`You are signed out. ${next}.`);
    isEnded = true;
  },
};

/** What is no news where nobody is signed in. */
const ofMailbox = ["mail", "end"];

let isSilent = false;
let isGone = false;
/** Nobody is signed in for this page any more: that stays in sight until somebody is. */
let isEnded = false;
/** In the tab that listens: what another missed while it was loaded. */
let tellNewcomer = () => {};

/** False where the program behind the page ended, or may have: another user's can have its port then. */
export function isAnswering() {
  return !isSilent && !isGone;
}

/** What was done for this page is done for somebody who is signed in, perhaps again. */
export function noteSignedIn() {
  if (!isEnded) return;
  isEnded = false;
  showTrouble("");
}

/** Nothing is told to whoever answers in its place. */
function holdBack(event) {
  if (isAnswering() || event.type === "click" && event.target.closest("a[href]") === null) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  say("Cannot do that: mailctl web does not answer.");
}

/** Hears what happens. */
export function listen() {
  for (const type of ["submit", "click"]) document.addEventListener(type, holdBack, true);
  document.addEventListener("submit", submitQuietly);
  watchPresses();
  startTimers();
  if (document.body.dataset.source !== undefined) refresh();
  const isSignedIn = document.querySelector("header.top") !== null;
  const act = (name, data) => {
    if (isSignedIn || !ofMailbox.includes(name)) acts[name](data);
  };
  // A page of a program that had the port before has another name for them.
  const ownEvents = `events ${document.body.dataset.proof}`;
  const channel = new BroadcastChannel(ownEvents);
  channel.addEventListener("message", ({ data: { name, data } }) => act(name, data));
  const tell = (name, data) => {
    channel.postMessage({ name, data });
    act(name, data);
  };
  addEventListener("pagehide", () => stream?.close());
  // A browser has six connections for a host: one tab listens, and tells the others until it is closed.
  navigator.locks.request(ownEvents, () => new Promise(() => hear(tell)));
  channel.postMessage({ name: "joined", data: { known: document.body.dataset.changes } });
}

const againMs = 3_000;
let stream = null;

function hear(tell) {
  let told = document.body.dataset.changes;
  let trouble = null;
  const events = stream = new EventSource(`events?known=${told}`);
  let isKnown = false;
  for (const name of Object.keys(acts)) {
    events.addEventListener(name, ({ data, lastEventId }) => {
      if (name === "hello") isKnown = true;
      if (!isKnown || isGone) return; // nothing counts before, or behind, a wrong hello
      told = lastEventId;
      const detail = JSON.parse(data);
      if (name === "trouble") trouble = detail;
      if (name === "well" || name === "end") trouble = null;
      tell(name, detail);
    });
  }
  tellNewcomer = (known) => {
    if (isAnswering()) tell(...(trouble === null ? ["well", {}] : ["trouble", trouble]));
    if (known !== told) tell("change");
  };
  events.addEventListener("error", () => {
    isKnown = false;
    if (isGone) return events.close();
    tell("silent");
    // A browser tries again by itself where it got no answer, but not where it was refused.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => hear(tell), againMs);
  });
}

function showTrouble(text) {
  if (isEnded) return;
  const trouble = document.getElementById("trouble");
  if (trouble.textContent !== text) trouble.textContent = text;
  trouble.hidden = text === "";
}

/** A form was sent whose answer takes the place of this page, unless somebody stops it. */
let isLeaving = false;

/** Filing and cancelling in a list, and undoing, leave a page where it is. */
async function submitQuietly(event) {
  const { target: form, submitter } = event;
  const { live, source } = document.body.dataset;
  const isQuiet = live === "yes" && !submitter?.hasAttribute("formaction") &&
    form.matches(source === undefined ? ".quick, .toast, .stop, .filing" : ".toast");
  if (!isQuiet) return leaveOnce(event);
  event.preventDefault();
  const focused = document.activeElement;
  const place = placeOf(document.querySelector(".row:has(input:checked) > a"));
  const body = new URLSearchParams(new FormData(form, submitter));
  for (const id of body.getAll("id")) check(id, false);
  const response = await fetch(form.action, {
    method: "POST",
    headers: { accept: "application/json" },
    body,
    redirect: "manual",
  }).catch(() => null);
  const isDone = response?.type === "opaqueredirect" || response?.ok;
  if (!isDone) {
    for (const id of body.getAll("id")) check(id, true);
    say((await response?.json().catch(() => null))?.message ?? "Cannot do that.");
  }
  await refresh();
  const { keyword } = form.elements;
  if (isDone && keyword?.value === body.get("keyword")) keyword.value = "";
  const { activeElement } = document; // somebody may be somewhere else by now
  const isThere = activeElement === focused && form.contains(focused);
  if (isThere || activeElement === document.body) goBackTo(place);
  if (document.activeElement === document.body && focused !== document.body) {
    document.getElementById("main").focus({ preventScroll: true }); // the top is far from there
  }
}

/** Somebody who waited clicks again on purpose; a hand that clicks twice is quicker. */
const twiceMs = 1_000;
const clicked = new WeakMap();

/**
 * A second click would have its answer shown in the place of the first one's, which is perhaps the only one that shows
 * what it shows. Whatever is sent from `#compose` has the same answer both times.
 */
function leaveOnce(event) {
  const { target: form, submitter, timeStamp } = event;
  if (form.method === "dialog" || event.defaultPrevented) return;
  const button = submitter ?? form;
  const heldMs = form.id === "compose" ? 0 : form.matches("[data-once]") ? Infinity : twiceMs;
  if (form.method === "post" && timeStamp < clicked.get(button) + heldMs) {
    event.preventDefault();
    return say("Wait for the answer, or load the page again.");
  }
  isLeaving = true;
  clicked.set(button, timeStamp);
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
    if (document.body.dataset.live !== "yes" || !isAnswering()) return;
    const { source = location.href } = document.body.dataset;
    const response = await fetch(source).catch(() => null);
    if (response?.status === 404 && source === location.href) return location.reload(); // it says why
    if (response === null || !response.ok || response.redirected) continue;
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    await released();
    replace(next);
  }
}

function check(id, checked) {
  const box = document.querySelector(`.row input[value="${CSS.escape(id)}"]`);
  if (box !== null) box.checked = checked;
}

function replace(next) {
  const place = placeOf(document.activeElement);
  const selected = [...document.querySelectorAll(".row input:checked")];
  for (const id of parts) {
    const part = next.getElementById(id);
    if (part !== null) document.getElementById(id)?.replaceWith(part);
  }
  renewToasts(document.getElementById("undo"), next.getElementById("undo"));
  if (document.body.dataset.source === undefined) document.title = next.title;
  for (const { value } of selected) check(value, true);
  startTimers();
  goBackTo(place);
}

/** What is there already stays: only what is new is read out. */
function renewToasts(list, next) {
  const nameOf = (toast) => toast.getAttribute("action").split("&")[0];
  const [there, fresh] = [list, next].map(({ children }) =>
    new Map([...children].map((toast) => [nameOf(toast), toast]))
  );
  for (const [name, toast] of there) if (!fresh.has(name)) toast.remove();
  for (const [name, toast] of [...fresh].reverse()) if (!there.has(name)) list.prepend(toast);
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
