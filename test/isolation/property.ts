/** Sends random requests and lets the judge read every answer. */
import { described, type Asked } from "./asked.ts";
import { Judge, type Finding } from "./judge.ts";
import { Random } from "./random.ts";
import { Requests } from "./requests.ts";
import type { Wire } from "./wire.ts";
import type { World } from "./world.ts";

export interface PropertyOptions {
  requests: number;
  seed: number;
  concurrency?: number;
  /** ends after so many; default 20 */
  maxFindings?: number;
  progress?: (done: number) => void;
}

export interface PropertyResult {
  requests: number;
  /** answers by status */
  statuses: Map<number, number>;
  /** requests that a grant covered: what came was compared with what had to come */
  controls: number;
  twins: number;
  findings: { asked: Asked; finding: Finding; text: string }[];
}

export async function runProperty(wire: Wire, world: World, options: PropertyOptions): Promise<PropertyResult> {
  const { requests, seed, concurrency = 24, maxFindings = 20 } = options;
  const judge = new Judge(world);
  const source = new Requests(world, new Random(seed));
  const result: PropertyResult = { requests: 0, statuses: new Map(), controls: 0, twins: 0, findings: [] };

  const one = async (asked: Asked) => {
    let found: Finding[];
    try {
      const answer = await wire.send(asked.wire);
      result.statuses.set(answer.status, (result.statuses.get(answer.status) ?? 0) + 1);
      if (asked.plain && judge.covers(asked.user, asked)) result.controls++;
      found = judge.judge(asked, answer);
      if (asked.twin) {
        result.twins++;
        found.push(...judge.judgeTwin(asked, answer, await wire.send(asked.twin)));
      }
    } catch (error) {
      found = [{ kind: "broken", detail: String(error) }];
    }
    for (const finding of found)
      result.findings.push({ asked, finding, text: `${finding.kind}: ${finding.detail}\n   ${described(asked)}` });
  };

  const worker = async () => {
    while (result.requests < requests && result.findings.length < maxFindings) {
      result.requests++;
      if (result.requests % 10_000 === 0) options.progress?.(result.requests);
      await one(source.next());
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return result;
}
