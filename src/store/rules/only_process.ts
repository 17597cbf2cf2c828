/** The part of a store that only one process has: nothing is shared with anybody. */
import type { ProcessStore, SharedJob } from "../process_store.ts";

export function onlyProcess(): ProcessStore {
  const jobs = new Map<SharedJob, string>();
  return {
    now: () => Date.now(),
    warnings: () => Promise.resolve([]),
    watchWarnings: () => () => {},
    noteSettings: () => Promise.resolve(),
    claimKey: () => Promise.resolve(), // the folder of its keys is locked with it
    otherServers: () => Promise.resolve(0),
    shownKey: () => Promise.resolve(null),
    addNextKey: () => Promise.reject(new TypeError("Cannot change a key that is not shared")),
    nextKey: () => Promise.resolve(null),
    followKey: () => Promise.resolve(),
    keyAfter: () => Promise.resolve(null),
    watchKey: () => () => {},
    takeJob: (job) => Promise.resolve(jobs.get(job) ?? ""),
    keepJob: (job, cursor) => {
      jobs.set(job, cursor);
      return Promise.resolve(true);
    },
    watchSessions: () => () => {},
    watchTrouble: () => () => {},
    noteOnline: () => Promise.resolve(), // who asks knows its own
    onlineOf: () => Promise.resolve(new Set()),
    unusable: () => new Promise(() => {}),
  };
}
