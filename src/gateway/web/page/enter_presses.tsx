interface ButtonProps {
  readonly name?: string;
  readonly value?: string;
  readonly formaction?: string;
  readonly formnovalidate?: boolean;
}

/** Stands first in a form: Enter in a field presses the first button, whatever it does. */
export const EnterPresses = (button: ButtonProps) => (
  <button type="submit" class="hidden" tabindex={-1} aria-hidden="true" {...button} />
);
