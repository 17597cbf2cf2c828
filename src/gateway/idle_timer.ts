/** Runs something once when nothing has restarted it for so long. */
export class IdleTimer {
  readonly #milliseconds: number;
  readonly #onIdle: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(milliseconds: number, onIdle: () => void) {
    this.#milliseconds = milliseconds;
    this.#onIdle = onIdle;
  }

  restart(): void {
    this.stop();
    this.#timer = setTimeout(this.#onIdle, this.#milliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
