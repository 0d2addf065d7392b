import { OpenFgaError } from "../errors.ts";
import type { ListedUser, OpenFga } from "../open-fga.ts";
import { Random, randomWorld } from "./random-world.ts";

export interface Comparison {
  checks: number;
  lists: number;
  allowed: number;
  failures: number;
  worlds: number;
  /** models that both refused */
  refused: number;
  differences: string[];
  /**
   * Answers that upstream's server gives one way or the other as its planner likes: "no" or the failure of a condition on a tuple that can
   * lead nowhere, the same in lists of objects, lists on which it runs out of time, and listed users whom its own check denies.
   */
  undecided: string[];
}

const outcome = async (question: () => unknown): Promise<string> => {
  try {
    return JSON.stringify(await question());
  } catch (error) {
    if (error instanceof OpenFgaError) return error.code;
    throw error;
  }
};

const shown = (user: ListedUser): string => JSON.stringify(user);

/**
 * The same random models, tuples and questions to two engines.
 * @param checks how many questions, at least; a few lists are asked beside them
 */
export async function compareEngines(
  ours: OpenFga,
  theirs: OpenFga,
  { seed, checks }: { seed: number; checks: number },
): Promise<Comparison> {
  const result: Comparison = { checks: 0, lists: 0, allowed: 0, failures: 0, worlds: 0, refused: 0, differences: [], undecided: [] };
  for (let round = 0; result.checks < checks; round++) {
    const world = randomWorld(new Random(seed + round));
    const stores = await Promise.all([ours, theirs].map(async (fga) => (await fga.createStore({ name: `random ${round}` })).id));
    const both = async (ask: (fga: OpenFga, storeId: string) => unknown): Promise<[string, string]> => [
      await outcome(() => ask(ours, stores[0]!)),
      await outcome(() => ask(theirs, stores[1]!)),
    ];
    const models = await both(async (fga, storeId) => {
      await fga.writeAuthorizationModel({ storeId, model: world.model });
      return "written";
    });
    const differs = (what: string, [own, other]: [string, string]): void => {
      const outcomes = [own, other].sort();
      const isUndecided =
        other === "deadline_exceeded" ||
        (outcomes[0] === "false" && outcomes[1] === "validation_error") ||
        (what.startsWith("objects") && outcomes.includes("validation_error"));
      (isUndecided ? result.undecided : result.differences).push(
        `seed ${seed + round}: ${what}: ours ${own}, theirs ${other}\n  model ${JSON.stringify(world.model)}\n  tuples ${JSON.stringify(world.tuples)}`,
      );
    };
    if (models[0] !== models[1]) differs("model", models);
    if (models[0] !== '"written"' || models[1] !== '"written"') {
      result.refused++;
      continue;
    }
    result.worlds++;
    const written = await both(async (fga, storeId) => {
      await fga.write({ storeId, writes: world.tuples });
      return "written";
    });
    if (written[0] !== written[1]) differs("write", written);
    if (written[0] !== '"written"') continue;
    for (let i = 0; i < 20; i++) {
      const question = world.question();
      const { user, relation, object, contextualTuples, context } = question;
      const more = { contextualTuples, ...(context && { context }) };
      const answers = await both(async (fga, storeId) => (await fga.check({ storeId, user, relation, object, ...more })).allowed);
      result.checks++;
      if (answers[0] === "true") result.allowed++;
      else if (answers[0] !== "false") result.failures++;
      if (answers[0] !== answers[1]) differs(`check ${JSON.stringify(question)}`, answers);
      if (i % 5 !== 0) continue;
      result.lists += 2;
      const [type, id] = object.split(":") as [string, string];
      const objects = await both(async (fga, storeId) =>
        (await fga.listObjects({ storeId, type, relation, user, ...more })).objects.sort(),
      );
      if (objects[0] !== objects[1]) differs(`objects ${JSON.stringify(question)}`, objects);
      const users = await both(async (fga, storeId) =>
        (await fga.listUsers({ storeId, object: { type, id }, relation, userFilters: [{ type: "user" }], ...more })).users
          .map(shown)
          .sort(),
      );
      if (users[0] === users[1]) continue;
      const contradicts = async (user: ListedUser): Promise<boolean> =>
        "object" in user &&
        !(await theirs.check({ storeId: stores[1]!, user: `user:${user.object.id}`, relation, object, ...more })).allowed;
      const extra = users[1].startsWith("[")
        ? (JSON.parse(users[1]) as string[]).filter((user) => !users[0].includes(JSON.stringify(user)))
        : [];
      const isTheirs =
        extra.length > 0 &&
        (await Promise.all(extra.map(async (user) => contradicts(JSON.parse(user) as ListedUser).catch(() => true)))).every(Boolean);
      if (isTheirs) result.undecided.push(`seed ${seed + round}: users ${JSON.stringify(question)}`);
      else differs(`users ${JSON.stringify(question)}`, users);
    }
    await Promise.all([ours.deleteStore({ storeId: stores[0]! }), theirs.deleteStore({ storeId: stores[1]! })]);
  }
  return result;
}
