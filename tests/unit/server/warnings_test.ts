/** What the log tells an operator to change. */
import assert from "node:assert/strict";
import { makeCertificate } from "../../../src/crypto/certificate.ts";
import { makeLog } from "../../../src/server/log.ts";
import { CertificateWatch } from "../../../src/server/warnings.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const day = 24 * 3_600_000;

Deno.test("a certificate that clients refuse is told when it is shown, and each day while it is", async () => {
  using clock = new FakeClock();
  const events: string[] = [];
  const write = (line: Uint8Array) => {
    events.push(JSON.parse(new TextDecoder().decode(line)).event);
  };
  const madeAt = Date.UTC(2026, 0);
  const { certificate } = await makeCertificate({ hosts: ["mail.test"], addresses: [] }, madeAt);
  let now = madeAt;
  const watch = new CertificateWatch(makeLog({ write, text: false, now: () => now }), () => now);
  const tells = async (expected: readonly string[], act: () => Promise<void>) => {
    await act();
    assert.deepEqual(events.splice(0), expected);
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
