/** The units of docs/systemd do what they say: their lines are run, in folders of the test. */
import assert from "node:assert/strict";
import { areInstalled } from "../support/installed.ts";
import { NotifySocket } from "../support/notify_socket.ts";
import { Stage } from "../support/person.ts";
import { finish, type Home } from "../support/program.ts";
import { shellLine, UnitFile } from "../support/unit_file.ts";

const folder = new URL("../../docs/systemd/", import.meta.url).pathname;
const services = ["mailctl.service", "mailctl-backup.service"];
const dropIns = {
  "mailctl.service.d": "smtp.conf",
  "mailctl-backup.service.d": "database.conf",
};

/** Reads a unit, with the program and the folders of a test in the place of the system's. */
function readUnit(name: string, { folder: own }: Home): UnitFile {
  const text = Deno.readTextFileSync(folder + name);
  return new UnitFile(
    text.replaceAll("/usr/local/bin/mailctl", `${own}/bin/mailctl`)
      .replaceAll(/\/var\/(?:lib|cache)\//g, `${own}/var/`),
  );
}

Deno.test("the units' commands run: the server is ready, reloads and stops; a backup is made and kept", async () => {
  await using stage = new Stage();
  const home = stage.home("machine");
  const [server, backup] = services.map((name) => readUnit(name, home));
  for (const name of ["mailctl", "mailctl-backup"]) {
    Deno.mkdirSync(`${home.folder}/var/${name}`, { recursive: true, mode: 0o700 });
  }
  Deno.writeTextFileSync(`${home.folder}/var/mailctl/config`, "listen = 127.0.0.1:0\n");
  const manager = stage.keep(await NotifySocket.listen(`${stage.folder}/notify`));
  const env = { ...server!.environment, NOTIFY_SOCKET: manager.name };
  const child = home.startShell(`exec ${shellLine(server!.all("ExecStart")[0]!)}`, { env });
  assert.equal(await manager.next(), "READY=1");

  for (const line of [...backup!.all("ExecStart"), ...backup!.all("ExecStartPost")]) {
    const { status, err } = await home.shell(shellLine(line), { env: backup!.environment });
    assert.deepEqual([status, err], [0, ""], line);
  }
  const [made, ...others] = [...Deno.readDirSync(`${home.folder}/var/mailctl-backup`)];
  assert.match(made!.name, /^mail-\d{8}T\d{6}\.db$/);
  assert.equal(others.length, 0);
  const file = `${home.folder}/var/mailctl-backup/${made!.name}`;
  assert.equal((await home.run(["admin", "verify", file])).status, 0);

  const old = new Date(Date.now() - 15 * 24 * 3600 * 1000);
  Deno.utimeSync(file, old, old);
  await home.shell(shellLine(backup!.all("ExecStartPost")[0]!));
  assert.deepEqual([...Deno.readDirSync(`${home.folder}/var/mailctl-backup`)], []);

  await home.shell(server!.all("ExecReload")[0]!, { env: { MAINPID: String(child.pid) } });
  assert.deepEqual([await manager.next(), await manager.next()], ["RELOADING=1", "READY=1"]);
  child.kill("SIGTERM");
  assert.equal((await finish(child)).status, 0);
});

Deno.test("the backup has no network, and with its drop-in that of a database", () => {
  const text = Deno.readTextFileSync(`${folder}mailctl-backup.service`);
  const more = Deno.readTextFileSync(`${folder}mailctl-backup.service.d/database.conf`);
  const reach = (unit: UnitFile) => ({
    isPrivate: unit.all("PrivateNetwork").at(-1),
    families: unit.all("RestrictAddressFamilies").join(" ").split(" ").toSorted(),
  });
  assert.deepEqual(reach(new UnitFile(text)), { isPrivate: "yes", families: ["AF_UNIX"] });
  const families = ["AF_INET", "AF_INET6", "AF_UNIX"];
  assert.deepEqual(reach(new UnitFile(text + more)), { isPrivate: "no", families });
});

Deno.test("the units write to no folder but those that they name", () => {
  for (const name of services) {
    const unit = new UnitFile(Deno.readTextFileSync(folder + name));
    const own = [...unit.all("StateDirectory"), ...unit.all("CacheDirectory")].join(" ").split(" ");
    const paths = [...unit.all("ExecStart"), ...unit.all("Environment")].join(" ")
      .match(/\/var\/[\w-]+\/[\w-]+/g) ?? [];
    assert.ok(paths.length > 0);
    for (const path of paths) assert.ok(own.includes(path.split("/").at(-1)!), `${name}: ${path}`);
    assert.deepEqual(unit.all("ProtectSystem"), ["strict"]);
    assert.deepEqual(unit.all("NoNewPrivileges"), ["yes"]);
    assert.deepEqual(unit.all("CapabilityBoundingSet"), [""]);
  }
});

Deno.test({
  name: "systemd takes the units without a word, and finds little that they expose",
  ignore: !areInstalled("systemd-analyze"), // skipped: needs the package systemd
  fn: async () => {
    await using stage = new Stage();
    const units = `${stage.folder}/units`;
    for (const name of [...Object.keys(dropIns), "user"]) {
      Deno.mkdirSync(`${units}/${name}`, { recursive: true });
    }
    const own = ["user/mailctl-bridge.socket", "user/mailctl-bridge.service"];
    const whole = [...services, "mailctl-backup.timer", ...own];
    const names = [...whole, ...Object.entries(dropIns).map((each) => each.join("/"))];
    for (const name of names) { // what is started has to be there
      const text = Deno.readTextFileSync(folder + name);
      Deno.writeTextFileSync(
        `${units}/${name}`,
        text.replaceAll("/usr/local/bin/mailctl", "/bin/true"),
      );
    }
    const analyze = (...args: string[]) =>
      stage.home("any").shell(`systemd-analyze ${args.join(" ")} 2>&1`);
    const paths = whole.map((name) => `${units}/${name}`);
    assert.deepEqual(await analyze("verify", "--man=no", ...paths), {
      status: 0,
      bytes: new Uint8Array(),
      out: "",
      err: "",
    });
    for (const path of paths.slice(0, 2)) { // of 100
      const { status, out } = await analyze("security", "--offline=yes", "--threshold=20", path);
      assert.equal(status, 0, out);
    }
  },
});
