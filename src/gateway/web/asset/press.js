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
  addEventListener("click", holdFurther, true);
}

/** Waits until nothing is pressed. */
export async function released() {
  while (performance.now() < pressedUntil) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Further clicks of a double click are not meant for what took the place of what the first one hit. */
function holdFurther(event) {
  if (event.detail < 2 || clicked?.isConnected !== false) {
    clicked = event.target;
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
}
