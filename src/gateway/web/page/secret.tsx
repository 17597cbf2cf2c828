/** A word that is shown once. */
export const Secret = ({ id, label, isNew }: { id: string; label: string; isNew: boolean }) => (
  <>
    <label for={id}>{label}</label>
    <input
      id={id}
      name={id}
      type="password"
      required
      autocomplete={isNew ? "new-password" : "current-password"}
    />
  </>
);
