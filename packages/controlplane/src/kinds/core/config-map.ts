import { fieldInvalid, fieldTooLong, isConfigMapKey, utf8Length, type FieldError, type KubeObject } from "@meshplane/apimachinery";
import { age, ageColumn, column, define, nameColumn } from "../define.ts";
import { sealed } from "../immutable.ts";
import { base64Bytes } from "../values/base64.ts";

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
  immutable?: boolean;
}

/** of all values together, in bytes; Secrets have the same limit */
export const dataBytesMax = 1 << 20;

export const configMaps = define<ConfigMap>({
  group: "",
  resource: "configmaps",
  kind: "ConfigMap",
  shortNames: ["cm"],
  namespaced: true,
  validate,
  validateUpdate: (next, current) => sealed(next, current, "data", "binaryData"),
  updateErrorsFirst: true,
  columns: [nameColumn, column("Data", "How many keys the map has."), ageColumn],
  cells: (map, now) => [map.metadata.name, countOf(map.data) + countOf(map.binaryData), age(map, now)],
});

const countOf = (map: Record<string, string> | undefined): number => (map ? Object.keys(map).length : 0);

function validate({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const key of Object.keys(data)) {
    const field = `data[${key}]`;
    for (const detail of isConfigMapKey(key)) errors.push(fieldInvalid(field, key, detail));
    if (Object.hasOwn(binaryData, key)) errors.push(fieldInvalid(field, key, "duplicate of key present in binaryData"));
    bytes += utf8Length(data[key]!);
  }
  for (const key of Object.keys(binaryData)) {
    for (const detail of isConfigMapKey(key)) errors.push(fieldInvalid(`binaryData[${key}]`, key, detail));
    bytes += base64Bytes(binaryData[key]!);
  }
  // upstream's way of naming the whole object
  if (bytes > dataBytesMax) errors.push(fieldTooLong("[]", dataBytesMax));
  return errors;
}
