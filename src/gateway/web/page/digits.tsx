/** A fingerprint as it is read aloud. */
import { formatSpoken } from "../../../crypto/account/spoken.ts";
import type { AccountFingerprint } from "../../../model/digests.ts";

export const Digits = ({ fingerprint }: { fingerprint: AccountFingerprint }) => (
  <span class="digits">
    {formatSpoken(fingerprint)
      .split(" ")
      .map((group) => <span>{`${group} `}</span>)}
  </span>
);
