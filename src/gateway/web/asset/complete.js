/** Completes addresses while they are typed: a combobox as ARIA describes it, with a list under the field. */
import { isAnswering } from "./live.js";

const pauseMs = 100;
let lists = 0;

export function completeAddresses(input) {
  const isOne = input.dataset.complete === "one";
  const list = makeList(input);
  let asked = 0;
  let timer;

  /** What was asked for before is not shown any more. */
  const close = () => {
    clearTimeout(timer);
    asked++;
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (address) => {
    const [before, , after] = wordAt(input, isOne);
    const end = isOne ? "" : ", ";
    input.value = before + address + end + after;
    input.selectionStart = input.selectionEnd = (before + address + end).length;
    close();
    input.focus();
  };
  const mark = (option) => {
    for (const each of list.children) {
      each.setAttribute("aria-selected", String(each === option));
    }
    input.setAttribute("aria-activedescendant", option.id);
  };
  /** Leaves what fits what is typed by now, and marks who is named in full. */
  const narrow = () => {
    const word = wordAt(input, isOne)[1].trim().toLowerCase();
    for (const option of [...list.children]) {
      if (word === "" || !fits(option.textContent, word)) option.remove();
    }
    const options = [...list.children];
    if (options.length === 0) return close();
    mark(options.find(({ textContent }) => textContent.split("@")[0] === word) ?? options[0]);
  };
  const ask = async () => {
    const turn = ++asked;
    const [, word] = wordAt(input, isOne);
    if (word.trim() === "" || !isAnswering()) return close();
    const response = await fetch(
      `complete?q=${encodeURIComponent(word.trim())}`,
    ).catch(() => null);
    if (response === null || !response.ok) return;
    const found = await response.json().catch(() => []);
    if (turn !== asked) return;
    list.replaceChildren(
      ...found.map((address, at) => makeOption(list, address, at)),
    );
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    narrow(); // more may be typed since
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    if (!list.hidden) narrow();
    timer = setTimeout(ask, pauseMs);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const marked = list.querySelector("[aria-selected=true]");
    const acts = {
      ArrowDown: () => mark(marked?.nextElementSibling ?? list.firstElementChild),
      ArrowUp: () => mark(marked?.previousElementSibling ?? list.lastElementChild),
      Enter: () => choose(marked.textContent),
      Tab: () => choose(marked.textContent),
      Escape: close,
    };
    if (event.isComposing || !Object.hasOwn(acts, event.key)) return;
    event.preventDefault();
    acts[event.key]();
  });
  // Before the field loses the focus, or the list would be gone.
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = event.target.closest("li");
    if (option !== null) choose(option.textContent);
  });
}

function makeList(input) {
  const list = document.createElement("ul");
  list.id = `options-${++lists}`;
  list.className = "options";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Addresses");
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);
  const box = input.closest(".combo") ?? wrap(input);
  box.append(list);
  return list;
}

function wrap(input) {
  const box = document.createElement("div");
  box.className = "combo";
  input.replaceWith(box);
  box.append(input);
  return box;
}

function makeOption(list, address, at) {
  const option = document.createElement("li");
  option.id = `${list.id}-${at}`;
  option.setAttribute("role", "option");
  option.textContent = address;
  return option;
}

/** True for an address that begins with this, or has a part of its name that does. */
function fits(address, word) {
  const parts = address.split("@")[0].split(/[._-]/);
  return [address, ...parts].some((each) => each.startsWith(word));
}

/** What stands before the word that is typed, the word, and what stands behind it. */
function wordAt(input, isOne) {
  if (isOne) return ["", input.value, ""];
  const [left, right] = [
    input.value.slice(0, input.selectionEnd),
    input.value.slice(input.selectionEnd),
  ];
  const start = Math.max(left.lastIndexOf(","), left.lastIndexOf(";")) + 1;
  const before = left.slice(0, start);
  return [
    before === "" || before.endsWith(" ") ? before : `${before} `,
    left.slice(start),
    right,
  ];
}
