/** Optional values. @see CEL's optional types proposal; `?.`, `[?]` and optMap are part of the compiler */
import { CelEvalError } from "../errors.ts";
import { library } from "../library.ts";
import { ArrayList, CelList, CelOptional, isZeroValue, type CelValue } from "../values.ts";

export const optionalLibrary = library({
  "optional.ofNonZeroValue(A): optional<A>": (a: CelValue) => (isZeroValue(a) ? CelOptional.none : new CelOptional(a)),
  "(optional<A>).hasValue(): bool": (a: CelOptional) => a.value !== undefined,
  "(optional<A>).value(): A": (a: CelOptional) => {
    if (a.value === undefined) throw new CelEvalError("optional.none() dereference");
    return a.value;
  },
  "optional.unwrap(list<optional<A>>): list<A>": unwrap,
  "(list<optional<A>>).unwrapOpt(): list<A>": unwrap,
  // The compiler leaves the argument of these two alone until it is needed.
  "(optional<A>).or(optional<A>): optional<A>": (a: CelOptional, b: CelOptional) => (a.value === undefined ? b : a),
  "(optional<A>).orValue(A): A": (a: CelOptional, b: CelValue) => a.value ?? b,
});

function unwrap(items: CelList): CelList {
  const values: CelValue[] = [];
  for (const item of items) if (item instanceof CelOptional && item.value !== undefined) values.push(item.value);
  return new ArrayList(values);
}
