/** Files go up as they are chosen, what is written is kept on each pause, and sending shows how far it is. */
import { isAnswering, noteSignedIn, say } from "./live.js";

export function composeWithProgress(form) {
  const input = form.querySelector("#file");
  const zone = input.closest("fieldset");
  const draft = keepDraft(form);
  let waiting = 0;
  let last = Promise.resolve();

  /** One after the other: they go with the message in the order in which they were chosen. */
  const take = (files) => {
    for (const file of files) {
      const row = makeRow(file);
      form.querySelector("#files").append(row);
      waiting++;
      last = last.then(() => upload(form, file, row)).finally(() => waiting--);
    }
    last.then(draft.change);
  };
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  acceptDrops(zone, take);
  tellMoment(form);
  const sending = showSending(form);
  form.addEventListener("input", () => {
    sending.hide(); // whoever still types has stopped it
    draft.change();
  });
  form.addEventListener("click", async (event) => {
    const button = event.target.closest("#files button[formaction]");
    if (button === null) return;
    event.preventDefault();
    await remove(button);
    draft.change();
  });
  form.addEventListener("submit", async (event) => {
    const { submitter } = event;
    if (submitter?.matches(".hidden")) return event.preventDefault(); // Enter in a field: it is kept anyway
    if (waiting > 0) {
      event.preventDefault();
      say("Waiting for the files");
      await last;
      say("");
      return form.requestSubmit(submitter);
    }
    const isSend = !submitter?.hasAttribute("formaction");
    const refused = isSend ? form.querySelector(".refused button") : null;
    if (refused !== null) {
      event.preventDefault();
      say("Cannot send: a file is not attached. Attach it again, or dismiss it.");
      return refused.focus();
    }
    draft.stop();
    if (isSend) sending.show();
  });
  addEventListener("beforeunload", (event) => {
    if (draft.isUnkept() || waiting > 0) event.preventDefault();
  });
}

/** How long nobody types before it is a pause. */
const pauseMs = 1_500;
/** A draft that takes long to keep, with its files, is kept less often. */
const restFactor = 5;

/** Keeps a draft in the mailbox: on each pause, and when the page is left. */
function keepDraft(form) {
  let [isUnkept, isStopped, isFirst] = [form.dataset.unkept === "yes", false, true];
  let isElsewhere = false; // it was sent, deleted or changed there: nobody wants a second one unasked
  let [timer, running, restUntil] = [0, null, 0];
  const { stored, draft } = form.elements;
  const plan = (ms) => {
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(keep, Math.max(ms, restUntil - performance.now()));
  };
  const keep = () => running ??= keepNow().finally(() => running = null);
  const keepNow = async () => {
    if (!isUnkept || isStopped) return;
    if (!isAnswering()) {
      show(form, noAnswer);
      return plan(pauseMs);
    }
    isUnkept = false;
    const begun = performance.now();
    const answer = await post(form);
    restUntil = performance.now() + restFactor * (performance.now() - begun);
    if (isStopped) return;
    if (answer.status === 200) {
      noteSignedIn();
      stored.value = answer.stored;
      if (isFirst) history.replaceState(null, "", `compose?resume=${draft.value}`);
      isFirst = false;
      show(form, wordsFor(answer));
    } else {
      isUnkept = true;
      show(form, answer.message);
      isStopped = isElsewhere = answer.status === 409;
    }
    if (isUnkept) plan(pauseMs);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep();
  });
  if (isUnkept) plan(pauseMs);
  return {
    change: () => {
      [isUnkept, isStopped] = [true, isElsewhere]; // a send may have been stopped; if not, the answer is 409
      plan(pauseMs);
    },
    stop: () => {
      isStopped = true;
      isUnkept = false;
      clearTimeout(timer);
    },
    isUnkept: () => isUnkept || running !== null && !isStopped,
  };
}

const noAnswer = "The draft cannot be saved: mailctl web does not answer";

async function post(form) {
  const body = new FormData(form);
  body.delete("file");
  const headers = { accept: "application/json", "x-token": document.body.dataset.token };
  const response = await fetch("keep-draft", { method: "POST", headers, body }).catch(() => null);
  const answer = await response?.json().catch(() => null);
  return { ...answer ?? { message: noAnswer }, status: response?.status ?? 0 };
}

function wordsFor({ unread }) {
  return unread.length === 0
    ? "Draft saved"
    : `Draft saved without what is no address: ${unread.join(", ")}`;
}

/** What is there already is not read out again. */
function show(form, text) {
  const kept = form.querySelector("#kept");
  if (kept.textContent !== text) kept.textContent = text;
}

/** A time is meant in the zone of whoever types it: this machine's may be another. */
function tellMoment(form) {
  const { later } = form.elements;
  form.querySelector("#zone").textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
  form.addEventListener("formdata", ({ formData }) => {
    if (later.value !== "") formData.set("laterAt", new Date(later.value).toISOString());
  });
}

function acceptDrops(zone, take) {
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(event.dataTransfer.files);
  });
}

/** XMLHttpRequest, and not fetch, because it tells how much is up. */
function upload(form, file, row) {
  if (!isAnswering()) return refuse(row, file, "");
  const parts = new URLSearchParams({
    draft: form.elements.draft.value,
    name: file.name,
  });
  const request = new XMLHttpRequest();
  request.open("POST", `upload?${parts}`);
  request.setRequestHeader("x-token", document.body.dataset.token);
  request.setRequestHeader("accept", "application/json");
  request.setRequestHeader("content-type", "application/octet-stream");
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    row.querySelector("progress").value = loaded / total;
  });
  return new Promise((resolve) => {
    request.addEventListener("loadend", () => {
      if (request.status === 200) {
        finish(form, row, JSON.parse(request.responseText));
      } else refuse(row, file, request.responseText);
      resolve();
    });
    request.send(file);
  });
}

function makeRow(file) {
  const row = document.createElement("li");
  const name = document.createElement("bdi");
  name.textContent = file.name;
  const progress = document.createElement("progress");
  progress.setAttribute("aria-label", `Upload of ${file.name}`);
  progress.value = 0;
  row.append(name, progress);
  return row;
}

function finish(form, row, { id, name, size, shownSize }) {
  const parts = {
    draft: form.elements.draft.value,
    id,
    token: document.body.dataset.token,
  };
  const button = document.createElement("button");
  button.type = "submit";
  button.formNoValidate = true;
  button.setAttribute("formaction", `unload?${new URLSearchParams(parts)}`);
  button.textContent = "Remove";
  button.setAttribute("aria-label", `Remove ${name}`);
  const attached = document.createElement("input");
  Object.assign(attached, { type: "hidden", name: "attached", value: id });
  const bytes = document.createElement("small");
  bytes.textContent = shownSize;
  row.dataset.size = size;
  row.querySelector("progress").replaceWith(attached, bytes, button);
}

/** It stays in sight until somebody has seen that it does not go along. */
function refuse(row, file, answer) {
  let reason = "the connection was lost";
  try {
    reason = JSON.parse(answer).message;
  } catch {
    // no answer, or none of ours
  }
  const words = document.createElement("small");
  words.textContent = `not attached: ${reason}`;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Dismiss";
  button.setAttribute("aria-label", `Dismiss ${file.name}`);
  button.addEventListener("click", () => takeAway(row));
  row.classList.add("refused");
  row.querySelector("progress").replaceWith(words, button);
  say(`${file.name}: ${reason}`);
}

async function remove(button) {
  const action = button.getAttribute("formaction");
  const headers = { accept: "application/json" };
  const response = await fetch(action, { method: "POST", headers }).catch(() => null);
  if (response?.ok) takeAway(button.closest("li"));
  else say("Cannot do that.");
}

/** The keyboard goes on at the field for files. */
function takeAway(row) {
  if (row.contains(document.activeElement)) document.getElementById("file").focus();
  row.remove();
}

function showSending(form) {
  const sending = form.querySelector("#sending");
  const bar = sending.querySelector("progress");
  addEventListener("sealed", ({ detail }) => {
    if (detail.draft !== form.elements.draft.value) return;
    const files = [...form.querySelectorAll("#files [data-size]")];
    const all = files.reduce((sum, { dataset }) => sum + Number(dataset.size), 0) +
      form.elements.text.value.length;
    bar.value = Math.min(1, detail.bytes / all);
    sending.hidden = false;
  });
  return { show: () => sending.hidden = false, hide: () => sending.hidden = true };
}
