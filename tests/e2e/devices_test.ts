/** Files that are not on a disk: below /proc, /sys and /dev, and pipes with a name. */
import assert from "node:assert/strict";
import { type Person, Stage } from "../support/person.ts";

const isLinux = Deno.build.os === "linux";

Deno.test({
  name: "files below /proc and /dev are read, written and lived in as others are",
  ignore: !isLinux,
  async fn() {
    await using stage = new Stage();
    const [alice] = await stage.people(await stage.server(), "alice") as [Person];
    const { home } = alice;
    const shared = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "mailctl-test-" });
    try {
      await Deno.writeTextFile(`${shared}/note.txt`, "in memory");
      const done = async (args: string[], stdin = "") => {
        const { status, err, out } = await home.spawn(args, { stdin });
        assert.deepEqual([status, err], [0, ""], args.join(" "));
        return out;
      };
      const send = (path: string, stdin?: string) =>
        done(["send", "alice", "-s", path, "-m", "x", "-a", path], stdin);
      await send("/proc/sys/kernel/ostype");
      await send(`${shared}/note.txt`);
      await send("/dev/stdin", "by a pipe");
      const contents = [];
      for (const id of ["2", "4", "6"]) {
        contents.push(await done(["read", id, "--attachment", "1"]));
      }
      assert.deepEqual(contents, ["Linux\n", "in memory", "by a pipe"]);

      const out = await done(["export", "-o", "/dev/stdout"]);
      assert.match(out, /^From .*\n/);
      const target = await Deno.lstat("/dev/stdout");
      await done(["export", "--force", "-o", "/dev/stdout"]);
      assert.deepEqual(await Deno.lstat("/dev/stdout"), target, "a device is not replaced");
      const around = await home.shell(
        "(echo old; mailctl export -o /dev/stdout; echo new) > both; cat both",
      );
      assert.equal(around.out, `old\n${out}new\n`);
      await done(["export", "-o", `${shared}/all.mbox`]);
      assert.equal(await Deno.readTextFile(`${shared}/all.mbox`), out);

      await Deno.mkdir(`${shared}/home`, { mode: 0o700 });
      const env = { MAILCTL_HOME: `${shared}/home` };
      const unsaved = await home.spawn(["inbox"], { env });
      assert.match(unsaved.err, /no account is selected|no login is saved/);
    } finally {
      await Deno.remove(shared, { recursive: true });
    }
  },
});

Deno.test({
  name: "a full device is an error",
  ignore: !isLinux,
  async fn() {
    await using stage = new Stage();
    const [alice] = await stage.people(await stage.server(), "alice") as [Person];
    const { home } = alice;
    await alice.do(["send", "alice", "-m", "x"]);
    const full = await home.spawn(["export", "-o", "/dev/full"]);
    assert.equal(full.err, "mailctl: Cannot write /dev/full: no space is left on the device\n");
    assert.equal(full.status, 73);
  },
});
