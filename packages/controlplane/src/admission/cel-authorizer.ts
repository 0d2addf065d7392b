import type { Authorizer, Decision, ResourceTarget, Target, User } from "@meshplane/apiserver";
import { CelOpaque, library, types } from "@meshplane/cel";
import { serviceAccountGroups, serviceAccountUserName } from "../authentication/service-account.ts";

/** An expression asks something that takes a while. Whoever runs it waits for `answer` and runs it again; nothing in the expression absorbs this. */
export class AnswerPending extends Error {
  readonly answer: Promise<unknown>;
  constructor(answer: Promise<unknown>) {
    super("waiting for an authorizer");
    this.name = "AnswerPending";
    this.answer = answer;
  }
}

/** Questions of one request, each asked once. */
export class AuthorizerQuestions {
  readonly #authorize: Authorizer;
  readonly #known = new Map<string, { decision: Decision } | { error: string }>();

  constructor(authorize: Authorizer) {
    this.#authorize = authorize;
  }

  ask(user: User, target: Target): { decision: Decision } | { error: string } {
    const id = JSON.stringify([user.name, user.groups, target]);
    const known = this.#known.get(id);
    if (known) return known;
    const answer = this.#authorize({ user, target });
    if (answer instanceof Promise) {
      throw new AnswerPending(
        answer.then(
          (decision) => this.#known.set(id, { decision }),
          (error: unknown) => this.#known.set(id, { error: (error as Error).message }),
        ),
      );
    }
    const decided = { decision: answer };
    this.#known.set(id, decided);
    return decided;
  }
}

const prefix = "kubernetes.authorization.";

abstract class Asked extends CelOpaque {
  equals(other: CelOpaque): boolean {
    return other === this;
  }
}

export class CelAuthorizer extends Asked {
  readonly typeName = `${prefix}Authorizer`;
  readonly questions: AuthorizerQuestions;
  readonly user: User;
  readonly cluster: string;
  constructor(questions: AuthorizerQuestions, user: User, cluster: string) {
    super();
    this.questions = questions;
    this.user = user;
    this.cluster = cluster;
  }
}

class PathCheck extends Asked {
  readonly typeName = `${prefix}PathCheck`;
  readonly authorizer: CelAuthorizer;
  readonly path: string;
  constructor(authorizer: CelAuthorizer, path: string) {
    super();
    this.authorizer = authorizer;
    this.path = path;
  }
}

class GroupCheck extends Asked {
  readonly typeName = `${prefix}GroupCheck`;
  readonly authorizer: CelAuthorizer;
  readonly group: string;
  constructor(authorizer: CelAuthorizer, group: string) {
    super();
    this.authorizer = authorizer;
    this.group = group;
  }
}

export class ResourceCheck extends Asked {
  readonly typeName = `${prefix}ResourceCheck`;
  readonly authorizer: CelAuthorizer;
  readonly target: ResourceTarget;
  constructor(authorizer: CelAuthorizer, target: Partial<ResourceTarget>) {
    super();
    this.authorizer = authorizer;
    this.target = {
      kind: "resource",
      verb: "get",
      group: "",
      version: "*",
      resource: "",
      identity: undefined,
      namespace: "",
      name: "",
      subresource: "",
      path: "",
      ...target,
      cluster: authorizer.cluster,
    };
  }
  with(change: Partial<ResourceTarget>): ResourceCheck {
    return new ResourceCheck(this.authorizer, { ...this.target, ...change });
  }
}

class Answer extends Asked {
  readonly typeName = `${prefix}Decision`;
  readonly answer: { decision: Decision } | { error: string };
  constructor(answer: { decision: Decision } | { error: string }) {
    super();
    this.answer = answer;
  }
}

export const authorizerType = {
  authorizer: types.opaque(`${prefix}Authorizer`),
  resourceCheck: types.opaque(`${prefix}ResourceCheck`),
};

const accountOf = (authorizer: CelAuthorizer, namespace: string, name: string): CelAuthorizer =>
  new CelAuthorizer(
    authorizer.questions,
    {
      name: serviceAccountUserName(namespace, name),
      uid: "",
      groups: [...serviceAccountGroups(namespace), "system:authenticated"],
      extra: {},
    },
    authorizer.cluster,
  );

const callCost = { cost: () => 350_000 };

/** `authorizer` in expressions. @see k8s.io/apiserver pkg/cel/library authz */
export const authorizerLibrary = library(
  {
    [`(${prefix}Authorizer).path(string): ${prefix}PathCheck`]: (it: CelAuthorizer, path: string) => new PathCheck(it, path),
    [`(${prefix}Authorizer).group(string): ${prefix}GroupCheck`]: (it: CelAuthorizer, group: string) => new GroupCheck(it, group),
    [`(${prefix}Authorizer).serviceAccount(string, string): ${prefix}Authorizer`]: accountOf,
    [`(${prefix}GroupCheck).resource(string): ${prefix}ResourceCheck`]: (it: GroupCheck, resource: string) =>
      new ResourceCheck(it.authorizer, { group: it.group, resource }),
    [`(${prefix}ResourceCheck).subresource(string): ${prefix}ResourceCheck`]: (it: ResourceCheck, subresource: string) =>
      it.with({ subresource }),
    [`(${prefix}ResourceCheck).namespace(string): ${prefix}ResourceCheck`]: (it: ResourceCheck, namespace: string) =>
      it.with({ namespace }),
    [`(${prefix}ResourceCheck).name(string): ${prefix}ResourceCheck`]: (it: ResourceCheck, name: string) => it.with({ name }),
    [`(${prefix}ResourceCheck).fieldSelector(string): ${prefix}ResourceCheck`]: (it: ResourceCheck) => it,
    [`(${prefix}ResourceCheck).labelSelector(string): ${prefix}ResourceCheck`]: (it: ResourceCheck) => it,
    [`(${prefix}ResourceCheck).check(string): ${prefix}Decision`]: {
      call: ({ authorizer, target }: ResourceCheck, verb: string) =>
        new Answer(authorizer.questions.ask(authorizer.user, { ...target, verb: verb as never })),
      ...callCost,
    },
    [`(${prefix}PathCheck).check(string): ${prefix}Decision`]: {
      call: ({ authorizer, path }: PathCheck, verb: string) =>
        new Answer(
          authorizer.questions.ask(authorizer.user, {
            kind: "nonResource",
            verb,
            cluster: authorizer.cluster,
            path,
          }),
        ),
      ...callCost,
    },
    [`(${prefix}Decision).allowed(): bool`]: ({ answer }: Answer) => "decision" in answer && answer.decision.decision === "allow",
    [`(${prefix}Decision).reason(): string`]: ({ answer }: Answer) => ("decision" in answer ? answer.decision.reason : ""),
    [`(${prefix}Decision).errored(): bool`]: ({ answer }: Answer) => "error" in answer,
    [`(${prefix}Decision).error(): string`]: ({ answer }: Answer) => ("error" in answer ? answer.error : ""),
  },
  ["Authorizer", "PathCheck", "GroupCheck", "ResourceCheck", "Decision"].map((name) => prefix + name),
);
