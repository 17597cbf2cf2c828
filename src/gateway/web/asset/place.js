/** Where the keyboard is, so that it is there again when what is around it is shown anew. */

/** Parts of a page that are shown anew, by their ids. */
export const parts = ["head", "list", "conversation", "unread", "folders"];

/** Null: nowhere in them. */
export function placeOf(element) {
  const part = element?.closest(parts.map((id) => `#${id}`).join());
  if (!part) return null;
  const row = element.closest(".row");
  return {
    part: part.id,
    id: row?.dataset.id,
    at: row ? rowsThere().indexOf(row) : -1,
    tag: element.localName,
    name: nameOf(element),
  };
}

/** Goes to what is the same by now, or to the row that is in the place of its row. */
export function goBackTo(place) {
  if (place === null) return;
  const rows = rowsThere();
  const row = place.at < 0 ? null : rows.find(({ dataset }) => dataset.id === place.id) ??
    rows[Math.min(place.at, rows.length - 1)];
  const within = row ?? document.getElementById(place.part);
  const same = [...within.querySelectorAll(place.tag)].find((each) => nameOf(each) === place.name);
  (same ?? row?.querySelector(place.tag) ?? row?.querySelector("a"))?.focus();
}

function rowsThere() {
  return [...document.querySelectorAll(".row")];
}

/** What a link or a button does, without the token of its page. */
function nameOf(element) {
  return element.getAttribute("href") ??
    element.form?.getAttribute("action")?.replace(/token=.*/, "");
}
