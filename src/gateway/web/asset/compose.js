/** Files go up as they are chosen, each with its progress; sending shows how far it is. */
import { say } from "./live.js";

export function composeWithProgress(form) {
  const input = form.querySelector("#file");
  const zone = input.closest("fieldset");
  let isDirty = false;
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
    isDirty = true;
  };
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  acceptDrops(zone, take);
  tellMoment(form);
  form.addEventListener("input", () => isDirty = true);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[formaction]");
    if (button === null) return;
    event.preventDefault();
    remove(button);
  });
  form.addEventListener("submit", async (event) => {
    if (waiting > 0) {
      event.preventDefault();
      say("Waiting for the files");
      await last;
      say("");
      return form.requestSubmit();
    }
    isDirty = false;
    showSending(form);
  });
  addEventListener("beforeunload", (event) => {
    if (isDirty) event.preventDefault();
  });
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
  button.addEventListener("click", () => row.remove());
  row.classList.add("refused");
  row.querySelector("progress").replaceWith(words, button);
  say(`${file.name}: ${reason}`);
}

async function remove(button) {
  const action = button.getAttribute("formaction");
  const headers = { accept: "application/json" };
  const response = await fetch(action, { method: "POST", headers }).catch(() => null);
  if (response?.ok) button.closest("li").remove();
  else say("Cannot do that.");
}

function showSending(form) {
  const sending = form.querySelector("#sending");
  const bar = sending.querySelector("progress");
  const files = [...form.querySelectorAll("#files [data-size]")];
  const all = files.reduce((sum, { dataset }) => sum + Number(dataset.size), 0) +
    form.elements.text.value.length;
  sending.hidden = false;
  addEventListener("sealed", ({ detail }) => {
    if (detail.draft === form.elements.draft.value) {
      bar.value = Math.min(1, detail.bytes / all);
    }
  });
}
