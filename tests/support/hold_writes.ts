/** Preloaded into a server: its writes stand still on their way to the disk, or on the way back. */
import { WriterQueue } from "../../src/store/sqlite/queue.ts";
import { held } from "./held.ts";

const { run } = WriterQueue.prototype;

WriterQueue.prototype.run = function (name, asked) {
  return held(name, () => run.call(this, name, asked as never)) as ReturnType<
    typeof run<typeof name>
  >;
};
