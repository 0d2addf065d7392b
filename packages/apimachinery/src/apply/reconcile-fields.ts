import { FieldSet } from "./field-set.ts";
import type { FieldType } from "./field-type.ts";
import type { Managers } from "./managed-fields.ts";

/**
 * Ownership as the schema has it now: where something has become atomic since, who owned parts of it owns it as a whole. The other way round
 * nothing is to do: who owned the whole goes on owning the container itself.
 * @see sigs.k8s.io/structured-merge-diff typed.ReconcileFieldSetWithSchema
 */
export function reconcileManagers(type: FieldType, managers: Managers): void {
  for (const [key, manager] of managers) {
    const fields = reconcileFields(type, manager.fields);
    if (fields !== manager.fields) managers.set(key, { ...manager, fields });
  }
}

const isAtomic = (type: FieldType): boolean => (type.kind === "map" && type.atomic) || (type.kind === "list" && type.relation === "atomic");

/** @returns the same set when nothing is to do */
export function reconcileFields(type: FieldType, set: FieldSet): FieldSet {
  let result: FieldSet | undefined;
  for (const [element, child] of set.children) {
    const childType = typeBelow(type, element);
    if (childType === undefined || childType.kind === "deduced") continue;
    const atomic = isAtomic(childType);
    const reconciled = atomic ? undefined : reconcileFields(childType, child);
    if (reconciled === child) continue;
    result ??= copy(set);
    if (reconciled) result.children.set(element, reconciled);
    else {
      result.children.delete(element);
      result.members.add(element);
    }
  }
  return result ?? set;
}

function typeBelow(type: FieldType, element: string): FieldType | undefined {
  if (type.kind === "map" && element.startsWith("f:")) return type.fields.get(element.slice(2)) ?? type.element;
  return type.kind === "list" ? type.element : undefined;
}

function copy(set: FieldSet): FieldSet {
  const result = new FieldSet();
  for (const member of set.members) result.members.add(member);
  for (const [element, child] of set.children) result.children.set(element, child);
  return result;
}
