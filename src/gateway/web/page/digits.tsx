/** A fingerprint as it is read aloud. */
import { formatSpoken } from "../../../crypto/account/spoken.ts";

export const Digits = ({ fingerprint }: { fingerprint: Uint8Array }) => (
  <span class="digits">
    {formatSpoken(fingerprint)
      .split(" ")
      .map((group) => <span>{`${group} `}</span>)}
  </span>
);
