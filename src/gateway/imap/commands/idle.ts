/** IDLE (RFC 9051 6.3.13): changes are told at once, until DONE. */
import { heardElsewhere } from "../../../model/promises.ts";
import { type Carry, tellChanges } from "../command.ts";
import { Bad, Hopeless } from "../refusal.ts";
import { joined, lineBytes } from "../response.ts";

export const idle: Carry = async function* (state, { text, reader }) {
  text.end();
  let changed = Promise.withResolvers<null>();
  const stop = (await state.folders()).watch(() => changed.resolve(null));
  try {
    yield lineBytes("+ idling");
    const done = heardElsewhere(reader.answer().then((line) => ({ line })));
    for (;;) {
      yield* joined(tellChanges(state, { mayExpunge: true }));
      const said = await Promise.race([done, changed.promise]);
      if (said !== null) return requireDone(said.line);
      changed = Promise.withResolvers();
    }
  } finally {
    stop();
  }
};

function requireDone(line: string | null): void {
  if (line === null) throw new Hopeless("The connection ended");
  if (line.toUpperCase() !== "DONE") throw new Bad("IDLE ends by DONE");
}
