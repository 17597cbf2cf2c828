/** How much was done while something went on: what no clock can tell on a busy machine. */

/** How often others had a turn. */
export async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let [turns, isOver] = [0, false];
  const watching = (async () => {
    for (; !isOver; turns++) await new Promise((resolve) => setImmediate(resolve));
  })();
  await work.finally(() => isOver = true);
  await watching;
  return turns;
}

/** How many decoders of text the runtime was asked for. */
export async function decodersDuring(work: () => unknown): Promise<number> {
  const { TextDecoder } = globalThis;
  let asked = 0;
  globalThis.TextDecoder = class extends TextDecoder {
    constructor(label?: string, options?: TextDecoderOptions) {
      asked++;
      super(label, options);
    }
  };
  try {
    await work();
  } finally {
    globalThis.TextDecoder = TextDecoder;
  }
  return asked;
}
