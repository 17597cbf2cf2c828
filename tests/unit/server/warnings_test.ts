/** What the log tells an operator to change. */
import assert from "node:assert/strict";
import { makeCertificate } from "../../../src/crypto/certificate.ts";
import { makeLog } from "../../../src/server/log.ts";
import { CertificateWatch, ClockWatch } from "../../../src/server/warnings.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const [hour, day] = [3_600_000, 24 * 3_600_000];

/** A log, and what it was told since the last time that somebody asked. */
function logged() {
  const lines: Record<string, unknown>[] = [];
  const write = (line: Uint8Array) => {
    const { event, seconds } = JSON.parse(new TextDecoder().decode(line));
    lines.push({ event, seconds });
  };
  return { log: makeLog({ write, text: false, now: () => 0 }), take: () => lines.splice(0) };
}

Deno.test("a certificate that clients refuse is told when it is shown, and each day while it is", async () => {
  using clock = new FakeClock();
  const { log, take } = logged();
  const madeAt = Date.UTC(2026, 0);
  const { certificate } = await makeCertificate({ hosts: ["mail.test"], addresses: [] }, madeAt);
  let now = madeAt;
  const watch = new CertificateWatch(log, () => now);
  const tells = async (expected: readonly string[], act: () => Promise<void>) => {
    await act();
    assert.deepEqual(take().map(({ event }) => event), expected);
  };
  const pass = () => clock.pass(day);
  await tells([], () => watch.show(certificate));
  await tells([], pass);
  now = madeAt + 3_651 * day;
  await tells(["certificate expired"], pass);
  await tells(["certificate expired"], pass);
  now = Date.UTC(1970, 0);
  await tells(["certificate not valid yet"], () => watch.show(certificate));
  watch.stop();
  await tells([], pass);
});

Deno.test("a clock that is set while the server runs is told once, by how much", () => {
  const { log, take } = logged();
  let [now, passed] = [Date.UTC(2026, 0), 0];
  const watch = new ClockWatch(log, () => now, () => passed);
  const look = (wall: number, real: number) => {
    now += wall;
    passed += real;
    watch.look();
    return take();
  };
  assert.deepEqual(look(hour, hour), []);
  assert.deepEqual(look(2 * hour, hour), [{ event: "clock set", seconds: 3_600 }]);
  assert.deepEqual(look(hour, hour), []);
  assert.deepEqual(look(-hour, 0), [{ event: "clock set", seconds: -3_600 }]);
  assert.deepEqual(look(1_000, 30_000), [], "a time server does that");
});
