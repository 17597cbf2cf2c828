/** A Worker that commits what it is given: first the path of a database, then batches; it answers when that is done. */
import { type RawMessage, RawStore } from "./raw_store.ts";

const port = globalThis as unknown as {
  onmessage: (event: MessageEvent<string | RawMessage[]>) => void;
  postMessage(reply: null): void;
};

port.onmessage = ({ data: path }) => {
  const store = new RawStore(path as string);
  port.onmessage = ({ data: batch }) => {
    store.commit(batch as RawMessage[]);
    port.postMessage(null);
  };
  port.postMessage(null);
};
