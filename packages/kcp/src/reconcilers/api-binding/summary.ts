import type { APIBinding } from "@meshplane/apis";
import { ok, setSummary, type Subroutine } from "@meshplane/controller-runtime";

/** Ready says whether the first binding is done, and no more: a later broken export does not take served objects away. */
export const summary = (): Subroutine<APIBinding> => (binding) => {
  setSummary(binding, ["InitialBindingCompleted"]);
  return ok;
};
