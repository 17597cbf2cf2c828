import { deepEqual, equal, throws } from "node:assert/strict";
import { MailError } from "../../../../src/model/errors.ts";
import { parseConfig } from "../../../../src/cli/settings/config_file.ts";
import { configPath, dataFolder, stateFolder } from "../../../../src/cli/settings/folders.ts";
import { Settings, settingTable } from "../../../../src/cli/settings/settings.ts";
import { limits } from "../../../../src/model/limits.ts";
import { sizeWithin } from "../../../../src/model/size.ts";

const keys = new Set(["server", "user"]);

function environment(variables: Record<string, string>) {
  return { get: (name: string) => variables[name] };
}

function withConfig(text: string, run: (home: string) => void): void {
  const home = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(`${home}/config`, text);
    run(home);
  } finally {
    Deno.removeSync(home, { recursive: true });
  }
}

Deno.test("a flag wins over a variable, a variable over the file, and empty ones are unset", () => {
  withConfig("server = file:1\nuser = filer\n", (home) => {
    const set = { MAILCTL_HOME: home, MAILCTL_SERVER: "variable:1" };
    const find = (flags: { server?: string }, variables: Record<string, string>) =>
      new Settings(flags, environment(variables)).find("server")?.value;
    equal(find({ server: "flag:1" }, set), "flag:1");
    equal(find({}, set), "variable:1");
    equal(find({}, { ...set, MAILCTL_SERVER: "" }), "file:1");
    equal(find({}, {}), undefined);
  });
});

Deno.test("a credential wins over the file and loses to a variable; one that is not there is unset", () => {
  withConfig("password-file = /from/file\n", (home) => {
    const set = { MAILCTL_HOME: home, CREDENTIALS_DIRECTORY: `${home}/credentials` };
    const find = (more: Record<string, string> = {}) =>
      new Settings({}, environment({ ...set, ...more })).find("passwordFile");
    equal(find()?.value, "/from/file");
    Deno.mkdirSync(set.CREDENTIALS_DIRECTORY);
    equal(find()?.value, "/from/file");
    const path = `${set.CREDENTIALS_DIRECTORY}/mailctl.password`;
    Deno.writeTextFileSync(path, "");
    deepEqual(find(), { value: path, from: "credential mailctl.password", way: "credential" });
    equal(find({ CREDENTIALS_DIRECTORY: "" })?.value, "/from/file");
    equal(find({ MAILCTL_PASSWORD_FILE: "/from/variable" })?.value, "/from/variable");
  });
});

Deno.test("a value that cannot be parsed is told with where it came from", () => {
  withConfig("max-message = 9T\n", (home) => {
    const parse = sizeWithin(1, 100);
    const fromFile = new Settings({}, environment({ MAILCTL_HOME: home }));
    throws(
      () => fromFile.parse("maxMessage", parse),
      { code: "configuration", hint: `It was set by line 1 of ${home}/config.` },
    );
    const fromFlag = new Settings({ maxMessage: "x" }, environment({}));
    throws(() => fromFlag.parse("maxMessage", parse), { code: "usage" });
  });
});

Deno.test("what nobody set has the default that help tells, or none", () => {
  const settings = new Settings({}, environment({}));
  const [bytes, quota] = (["maxMessage", "quota"] as const).map((name) =>
    settings.parse(name, sizeWithin(1, Infinity))
  );
  deepEqual([bytes, quota], [limits.maxMessageBytes, limits.mailboxBytes]);
  equal(settings.parse("quotaMessages", Number), limits.mailboxMessages);
  equal(settings.parseSet("quota", sizeWithin(1, Infinity)), null);
});

Deno.test("a switch is on by its flag, or by what its variable or the file says; nothing is guessed", () => {
  const isOn = (flags: { requireVerified?: boolean }, value = "") =>
    new Settings(flags, environment({ MAILCTL_REQUIRE_VERIFIED: value })).isOn("requireVerified");
  deepEqual(["yes", "TRUE", "on", "1"].map((value) => isOn({}, value)), [true, true, true, true]);
  deepEqual(["no", "False", "off", "0"].map((value) => isOn({}, value)), Array(4).fill(false));
  deepEqual([isOn({}), isOn({ requireVerified: false }, "yes")], [false, true]);
  const receipts = (value: string) =>
    new Settings({}, environment({ MAILCTL_RECEIPTS: value })).isOn("receipts");
  deepEqual([receipts(""), receipts("no"), receipts("Yes")], [true, false, true]);
  deepEqual([isOn({ requireVerified: true }), isOn({ requireVerified: true }, "no")], [true, true]);
  for (const value of ["y es", "ja", "2", "yes no"]) {
    throws(() => isOn({}, value), { code: "configuration", hint: /MAILCTL_REQUIRE_VERIFIED/ });
  }
  withConfig("require-verified = yes\n", (home) => {
    const on = (more: Record<string, string>) =>
      new Settings({}, environment({ MAILCTL_HOME: home, ...more })).isOn("requireVerified");
    deepEqual([on({}), on({ MAILCTL_REQUIRE_VERIFIED: "no" })], [true, false]);
  });
});

Deno.test("a configuration file is lines of key = value", () => {
  const parsed = parseConfig("# mine\n\n server = a:1#00 \r\nuser=bob = x\n", "/c", keys);
  deepEqual([...parsed].map(([key, { value, from }]) => [key, value, from]), [
    ["server", "a:1#00", "line 3 of /c"],
    ["user", "bob = x", "line 4 of /c"],
  ]);
});

Deno.test("a configuration file that is wrong is refused, naming the line", () => {
  const cases = { "\nsurver = 1": 2, "user": 1, "user =": 1, "user = a\nuser = b": 2, "= b": 1 };
  for (const [text, line] of Object.entries(cases)) {
    throws(() => parseConfig(text, "/c", keys), (error: MailError) => {
      equal(error.code, "configuration");
      return error.message.startsWith(`Cannot use line ${line} of /c: `);
    });
  }
});

Deno.test("folders follow XDG, MAILCTL_HOME replaces them all, and a relative path is ignored", () => {
  const home = environment({ HOME: "/home/a", XDG_STATE_HOME: "state", XDG_DATA_HOME: "/data" });
  equal(stateFolder(home), "/home/a/.local/state/mailctl");
  equal(dataFolder(home), "/data/mailctl");
  equal(configPath(home), "/home/a/.config/mailctl/config");
  const own = environment({ MAILCTL_HOME: "/m", HOME: "/home/a", XDG_STATE_HOME: "/s" });
  equal(stateFolder(own), "/m/state");
  equal(configPath(own), "/m/config");
  equal(configPath(environment({})), null);
  throws(() => stateFolder(environment({})), { code: "configuration" });
});

Deno.test("no flag, variable or key has two meanings, and a password has neither flag nor key", () => {
  const { bridgeSmtp, ...others } = settingTable;
  equal(bridgeSmtp.flag, others.smtp.flag); // bridge and serve both listen for SMTP
  for (const way of ["flag", "variable", "key", "credential"] as const) {
    const settings = Object.values(way === "flag" ? others : settingTable);
    const used = settings.map((setting) => setting[way]).filter(Boolean);
    equal(new Set(used).size, used.length);
  }
  deepEqual([settingTable.password.flag, settingTable.password.key], [null, null]);
});
