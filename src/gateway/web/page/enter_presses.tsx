/** Stands first in a form: Enter in a field presses the first button, whatever it does. */
export const EnterPresses = (button: { readonly name?: string; readonly value?: string }) => (
  <button type="submit" class="hidden" tabindex={-1} aria-hidden="true" {...button} />
);
