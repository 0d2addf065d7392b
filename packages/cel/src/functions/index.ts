import type { Library } from "../library.ts";
import { formatLibrary } from "./format.ts";
import { listsLibrary, setsLibrary } from "./lists.ts";
import { encodersLibrary, mathLibrary } from "./math.ts";
import { networkLibrary } from "./network.ts";
import { optionalLibrary } from "./optional.ts";
import { quantityLibrary } from "./quantity.ts";
import { regexLibrary } from "./regex.ts";
import { semverLibrary } from "./semver.ts";
import { standardLibrary } from "./standard.ts";
import { stringsLibrary } from "./strings.ts";
import { urlLibrary } from "./url.ts";

/** The language itself and what Kubernetes adds to it. */
export const defaultLibraries: readonly Library[] = [
  standardLibrary,
  optionalLibrary,
  stringsLibrary,
  listsLibrary,
  setsLibrary,
  regexLibrary,
  quantityLibrary,
  networkLibrary,
  urlLibrary,
  semverLibrary,
  formatLibrary,
];

export const allLibraries: readonly Library[] = [...defaultLibraries, mathLibrary, encodersLibrary];
