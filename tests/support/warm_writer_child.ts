/** A store's writer that another store may have after this one: the module that its name says, begun anew behind each. */

const worker = globalThis as unknown as {
  readonly name: string;
  onmessage: unknown;
  postMessage(reply: unknown): void;
};

await import(worker.name);
const begin = worker.onmessage;
const post = worker.postMessage.bind(worker);

/** With null it says that its database is closed: whatever comes next is for another one. */
worker.postMessage = (reply) => {
  if (reply === null) worker.onmessage = begin;
  post(reply);
};
