/** What is pressed, where a list is shown anew under it. */

/** What is pressed stays where it is, but not for ever: what took its place would not hear the click. */
const longestPressMs = 1_000;
let pressedUntil = 0;
let clicked = null;

export function watchPresses() {
  const press = () => pressedUntil = performance.now() + longestPressMs;
  const release = () => setTimeout(() => pressedUntil = 0); // the click comes first
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, press, true);
  for (const type of ["pointerup", "pointercancel", "keyup"]) addEventListener(type, release, true);
  addEventListener("click", holdSecond, true);
}

/** Waits until nothing is pressed. */
export async function released() {
  while (performance.now() < pressedUntil) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** The second click of a double click is not meant for what took the place of what the first one hit. */
function holdSecond(event) {
  const isGone = clicked?.isConnected === false;
  clicked = event.target;
  if (event.detail !== 2 || !isGone) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}
