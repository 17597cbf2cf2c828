/** Single keys, as mail programs have them. They can be switched off: some people speak to their machine. */
import { isAnswering } from "./live.js";

const places = { c: "compose", i: "inbox", s: "sent", d: "drafts" };
const switchedOff = "mailctl-keys-off";

export function handleKeys() {
  const help = document.getElementById("help");
  const button = document.getElementById("help-button");
  const off = document.getElementById("keys-off");
  button.hidden = false;
  button.addEventListener("click", () => help.showModal());
  off.checked = sessionStorage.getItem(switchedOff) === "yes";
  off.addEventListener("change", () => {
    sessionStorage.setItem(switchedOff, off.checked ? "yes" : "no");
  });
  document.addEventListener("keydown", (event) => {
    if (off.checked || isTyping(event) || help.open || isShownOnce()) return;
    if (event.repeat && !/^[jk]$/.test(event.key)) return; // a key that is held does its work once
    if (act(event.key, help)) event.preventDefault();
  });
}

function isTyping({ target, ctrlKey, metaKey, altKey }) {
  return ctrlKey || metaKey || altKey ||
    target.closest?.("textarea, select, input:not([type=checkbox])") !== null;
}

/** A slip of the hand must not leave what nothing shows again. */
function isShownOnce() {
  return document.querySelector("[data-shown-once]") !== null;
}

function act(key, help) {
  if (key === "?") return help.showModal() ?? true;
  if (key === "/") return focusOn(document.getElementById("q"));
  if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
  if (key === "z") return submit(document.querySelector(".toast"));
  if (key === "x") return toggle(currentRow()?.querySelector("input"));
  const field = document.querySelector(`[data-focus="${CSS.escape(key)}"]`);
  if (field !== null) return selectCurrent() && focusOn(field);
  const act = actOf(key);
  if (act !== null) return selectCurrent() && press(act);
  const own = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (own !== null) return own.matches("form") ? submit(own) : go(own.href);
  return Object.hasOwn(places, key) ? go(places[key]) : false;
}

function toggle(box) {
  box?.click();
  return Boolean(box);
}

/** The button that files what is selected; of the two for a star, the one that changes something. */
function actOf(key) {
  const buttons = [...document.querySelectorAll(`#filing [data-act="${CSS.escape(key)}"]`)];
  if (key !== "*" || buttons.length < 2) return buttons[0] ?? null;
  const row = document.querySelector(".row:has(input:checked)") ?? currentRow();
  return buttons[row?.dataset.starred === "yes" ? 1 : 0];
}

/** Where nothing is selected, the message in the focus is meant; false: there is none. */
function selectCurrent() {
  if (document.querySelector("article, .row input:checked") !== null) return true;
  const box = currentRow()?.querySelector("input");
  if (box) box.checked = true;
  return Boolean(box);
}

function press(button) {
  button.form.requestSubmit(button);
  return true;
}

function currentRow() {
  return document.activeElement?.closest(".row") ?? null;
}

function move(step) {
  const rows = [...document.querySelectorAll(".row")];
  if (rows.length === 0) return false;
  const here = document.querySelector(".row > [aria-current]")?.parentElement;
  const at = rows.indexOf(currentRow() ?? here);
  const next = at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1);
  return focusOn(rows[next].querySelector("a"));
}

function focusOn(element) {
  element?.focus();
  return element !== null;
}

function submit(form) {
  form?.requestSubmit();
  return form !== null;
}

function go(href) {
  if (!isAnswering()) return false;
  location.assign(href);
  return true;
}
