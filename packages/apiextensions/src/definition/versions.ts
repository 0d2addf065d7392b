/** v2 before v1 before v1beta2 before v1alpha1 before names of another form. @see k8s.io/apimachinery version.CompareKubeAwareVersionStrings */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [parse(a), parse(b)];
  if (!x || !y) return x ? -1 : y ? 1 : a < b ? -1 : a > b ? 1 : 0;
  for (let i = 0; i < 3; i++) if (x[i] !== y[i]) return y[i]! - x[i]!;
  return 0;
}

const stages = { alpha: 0, beta: 1 };

function parse(name: string): [stage: number, major: number, minor: number] | undefined {
  const match = /^v(\d{1,9})(?:(alpha|beta)(\d{1,9}))?$/.exec(name);
  if (!match) return undefined;
  const stage = match[2] as keyof typeof stages | undefined;
  return [stage === undefined ? 2 : stages[stage], Number(match[1]), Number(match[3] ?? 0)];
}
