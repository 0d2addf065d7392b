import {
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  isLabelValue,
  isQualifiedName,
  type FieldError,
  type LabelSelectorSpec,
} from "@meshplane/apimachinery";

/** What is wrong with a label selector that stands in an object. */
export function selectorErrors({ matchLabels = {}, matchExpressions = [] }: LabelSelectorSpec, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of Object.keys(matchLabels)) {
    const labels = `${field}.matchLabels`;
    for (const detail of isQualifiedName(key)) errors.push(fieldInvalid(labels, key, detail));
    for (const detail of isLabelValue(matchLabels[key]!)) errors.push(fieldInvalid(labels, matchLabels[key], detail));
  }
  matchExpressions.forEach(({ key, operator, values }, i) => {
    const at = `${field}.matchExpressions[${i}]`;
    const count = values?.length ?? 0;
    if (operator === "In" || operator === "NotIn") {
      if (count === 0) errors.push(fieldRequired(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (count > 0) errors.push(fieldForbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    } else errors.push(fieldInvalid(`${at}.operator`, operator, "not a valid selector operator"));
    for (const detail of isQualifiedName(key)) errors.push(fieldInvalid(`${at}.key`, key, detail));
    values?.forEach((value, n) => {
      for (const detail of isLabelValue(value)) errors.push(fieldInvalid(`${at}.values[${n}]`, value, detail));
    });
  });
  return errors;
}
