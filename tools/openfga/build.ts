/** `node tools/openfga/build.ts`: makes the real OpenFGA that the tests find. */
import { buildOpenFga, findOpenFga } from "@meshplane/rebac/testing";

console.log(findOpenFga() ?? buildOpenFga());
