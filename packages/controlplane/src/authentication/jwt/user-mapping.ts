/** From a token's claims to a user, as an authenticator's configuration says. @see spec tenancy §11; k8s.io/apiserver JWTAuthenticator */
import { fieldDuplicate, fieldInvalid, fieldRequired, type FieldError } from "@meshplane/apimachinery";
import type { JWTAuthenticator } from "@meshplane/apis";
import type { User } from "@meshplane/apiserver";
import { CelError, CelList, compile, formatType, types, type CelValue, type Program } from "@meshplane/cel";
import { TokenError } from "../token-authenticator.ts";
import { claimAt, type Claims } from "./claims.ts";

type Expr = Program["checked"]["expr"];

export interface UserMapping {
  /** @throws TokenError for a token that its issuer signed, but which the configuration does not want */
  userOf(claims: Claims): User;
}

const costMax = 1_000_000;
const credentialIdKey = "authentication.kubernetes.io/credential-id";
const claimVariables = { claims: types.map(types.string, types.dyn) };
const userVariables = {
  user: types.object("kubernetes.UserInfo", [
    ["username", types.string],
    ["uid", types.string],
    ["groups", types.list(types.string)],
    ["extra", types.map(types.string, types.list(types.string))],
  ]),
};

type ClaimSource = { claim: string; prefix: string } | { program: Program };

/** Compiles what can be compiled and tells what is wrong with the rest; `mapping` is only good without errors. */
export function compileUserMapping(
  config: Pick<JWTAuthenticator, "claimMappings" | "claimValidationRules" | "userValidationRules">,
  path: string,
): { mapping: UserMapping; errors: FieldError[] } {
  const errors: FieldError[] = [];
  const { claimMappings: mappings, claimValidationRules = [], userValidationRules = [] } = config;

  const required = new Map<string, string>();
  const claimRules: Rule[] = [];
  claimValidationRules.forEach((rule, i) => {
    const at = `${path}claimValidationRules[${i}]`;
    const { claim = "", expression = "", requiredValue = "", message = "" } = rule;
    if (claim && expression) errors.push(fieldInvalid(at, claim, "claim and expression can't both be set"));
    else if (claim) {
      if (message) errors.push(fieldInvalid(`${at}.message`, message, "may not be specified when claim is set"));
      if (required.has(claim)) errors.push(fieldDuplicate(`${at}.claim`, claim));
      required.set(claim, requiredValue);
    } else if (expression) {
      if (requiredValue) errors.push(fieldInvalid(`${at}.requiredValue`, requiredValue, "may not be specified when expression is set"));
      if (claimRules.some(({ program }) => program.source === expression)) errors.push(fieldDuplicate(`${at}.expression`, expression));
      else addRule(claimRules, expression, message, claimVariables, `${at}.expression`);
    } else errors.push(fieldRequired(at, "claim or expression is required"));
  });

  const userRules: Rule[] = [];
  userValidationRules.forEach(({ expression = "", message = "" }, i) => {
    const at = `${path}userValidationRules[${i}].expression`;
    if (!expression) errors.push(fieldRequired(at));
    else if (userRules.some(({ program }) => program.source === expression)) errors.push(fieldDuplicate(at, expression));
    else addRule(userRules, expression, message, userVariables, at);
  });

  const username = sourceOf(mappings.username, "username", true);
  const groups = sourceOf(mappings.groups, "groups", false);
  const uid = uidSource();
  const extra = extraSources();
  requireVerifiedEmail();

  return { mapping: { userOf }, errors };

  function program(expression: string, variables: Parameters<typeof compile>[1]["variables"], at: string): Program | undefined {
    try {
      return compile(expression, { variables });
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      errors.push(fieldInvalid(at, expression, `compilation failed: ${error.message}`));
      return undefined;
    }
  }

  function addRule(rules: Rule[], expression: string, message: string, variables: Parameters<typeof compile>[1]["variables"], at: string) {
    const compiled = program(expression, variables, at);
    if (!compiled) return;
    if (formatType(compiled.type) !== "bool") errors.push(fieldInvalid(at, expression, "must evaluate to bool"));
    else rules.push({ program: compiled, message });
  }

  function sourceOf(mapping: JWTAuthenticator["claimMappings"]["username"], name: string, isRequired: boolean): ClaimSource | undefined {
    const at = `${path}claimMappings.${name}`;
    const { claim = "", expression = "", prefix } = mapping ?? {};
    if (claim && expression) errors.push(fieldInvalid(at, "", "claim and expression can't both be set"));
    else if (expression) {
      if (prefix !== undefined) errors.push(fieldInvalid(`${at}.prefix`, prefix, "may not be specified when expression is set"));
      const compiled = program(expression, claimVariables, `${at}.expression`);
      return compiled && { program: compiled };
    } else if (claim) {
      if (prefix === undefined)
        errors.push(
          fieldRequired(`${at}.prefix`, "prefix is required when claim is set. It can be set to an empty string to disable prefixing"),
        );
      return { claim, prefix: prefix ?? "" };
    } else if (isRequired) errors.push(fieldRequired(at, "claim or expression is required"));
    return undefined;
  }

  function uidSource(): ClaimSource | undefined {
    const at = `${path}claimMappings.uid`;
    const { claim = "", expression = "" } = mappings.uid ?? {};
    if (claim && expression) errors.push(fieldInvalid(at, "", "claim and expression can't both be set"));
    else if (expression) {
      const compiled = program(expression, claimVariables, `${at}.expression`);
      return compiled && { program: compiled };
    } else if (claim) return { claim, prefix: "" };
    return undefined;
  }

  function extraSources(): { key: string; program: Program }[] {
    const found: { key: string; program: Program }[] = [];
    const seen = new Set<string>();
    (mappings.extra ?? []).forEach(({ key, valueExpression }, i) => {
      const at = `${path}claimMappings.extra[${i}]`;
      errors.push(...keyErrors(key, `${at}.key`));
      if (seen.has(key)) return void errors.push(fieldDuplicate(`${at}.key`, key));
      seen.add(key);
      if (!valueExpression) return void errors.push(fieldRequired(`${at}.valueExpression`));
      const compiled = program(valueExpression, claimVariables, `${at}.valueExpression`);
      if (compiled) found.push({ key, program: compiled });
    });
    return found;
  }

  /** An address that nobody has verified must not name a user by accident. */
  function requireVerifiedEmail(): void {
    if (!username || !("program" in username) || !selects(username.program, "email")) return;
    if ([username, ...extra, ...claimRules].some((one) => selects(one.program, "email_verified"))) return;
    errors.push(
      fieldInvalid(
        `${path}claimMappings.username.expression`,
        username.program.source,
        "claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression",
      ),
    );
  }

  function userOf(claims: Claims): User {
    const name = nameOf(claims);
    const user: User = { name, groups: groupsOf(claims), uid: uidOf(claims), extra: extraOf(claims) };
    for (const [claim, value] of required) {
      const found = claimAt(claims, claim);
      if (found === undefined) throw new TokenError(`oidc: required claim ${claim} not present in ID token`);
      if (typeof found !== "string") throw new TokenError(`oidc: parse claim ${claim}: ${notString(found)}`);
      if (found !== value) throw new TokenError(`oidc: required claim ${claim} value does not match. Got = ${found}, want = ${value}`);
    }
    check(claimRules, { claims }, "oidc: error evaluating claim validation expression");
    check(
      userRules,
      { user: { username: user.name, uid: user.uid, groups: user.groups, extra: user.extra } },
      "oidc: error evaluating user info validation rule",
    );
    return user;
  }

  function nameOf(claims: Claims): string {
    const source = username!;
    if ("program" in source) {
      const value = evaluate(source.program, { claims }, "oidc: error evaluating username claim expression");
      if (typeof value !== "string")
        throw new TokenError("oidc: error evaluating username claim expression: username claim expression must return a string");
      if (value === "") throw new TokenError("oidc: empty username via CEL expression is not allowed");
      return value;
    }
    const { claim, prefix } = source;
    const value = claimAt(claims, claim);
    if (typeof value !== "string")
      throw new TokenError(
        `oidc: parse username claims ${JSON.stringify(claim)}: ${value === undefined ? "claim not present" : notString(value)}`,
      );
    const verified = claim === "email" ? claimAt(claims, "email_verified") : undefined;
    if (verified !== undefined && typeof verified !== "boolean")
      throw new TokenError("oidc: parse 'email_verified' claim: it is no boolean");
    if (verified === false) throw new TokenError("oidc: email not verified");
    // a name of the prefix alone, or none at all, is nobody's
    if (value === "") throw new TokenError(`oidc: parse username claims ${JSON.stringify(claim)}: it is empty`);
    return prefix + value;
  }

  function groupsOf(claims: Claims): string[] {
    if (!groups) return [];
    if ("program" in groups) {
      const what = "oidc: error evaluating group claim expression";
      return textsOf(evaluate(groups.program, { claims }, what), what);
    }
    const { claim, prefix } = groups;
    const value = claimAt(claims, claim);
    if (value === undefined) return [];
    const all = typeof value === "string" ? [value] : value;
    // null is an empty list, as Go reads it
    if (all === null) return [];
    if (!Array.isArray(all) || !all.every((one) => typeof one === "string"))
      throw new TokenError(`oidc: parse groups claim ${JSON.stringify(claim)}: it is neither a string nor a list of strings`);
    return all.map((group) => prefix + group);
  }

  function uidOf(claims: Claims): string {
    if (!uid) return "";
    if ("program" in uid) {
      const value = evaluate(uid.program, { claims }, "oidc: error evaluating uid claim expression");
      if (typeof value !== "string")
        throw new TokenError("oidc: error evaluating uid claim expression: uid claim expression must return a string");
      return value;
    }
    const value = claimAt(claims, uid.claim);
    if (typeof value !== "string")
      throw new TokenError(
        `oidc: parse uid claim ${JSON.stringify(uid.claim)}: ${value === undefined ? "claim not present" : notString(value)}`,
      );
    return value;
  }

  function extraOf(claims: Claims): Record<string, string[]> {
    const found: Record<string, string[]> = {};
    const id = claimAt(claims, "jti");
    if (typeof id === "string" && id !== "") found[credentialIdKey] = [`JTI=${id}`];
    for (const { key, program: source } of extra) {
      const what = `oidc: error evaluating extra claim expression: ${source.source}`;
      const values = textsOf(evaluate(source, { claims }, what), what);
      if (values.length > 0) found[key] = values;
    }
    return found;
  }
}

interface Rule {
  program: Program;
  message: string;
}

function check(rules: readonly Rule[], bindings: Record<string, unknown>, what: string): void {
  for (const { program, message } of rules) {
    if (evaluate(program, bindings, what) !== true)
      throw new TokenError(`${what}: validation expression '${program.source}' failed: ${message}`);
  }
}

function evaluate(program: Program, bindings: Record<string, unknown>, what: string): CelValue {
  try {
    return program.evaluate(bindings, { costLimit: costMax }).value;
  } catch (error) {
    throw new TokenError(`${what}: ${(error as Error).message}`);
  }
}

/** Empty ones are left out. */
function textsOf(value: CelValue, what: string): string[] {
  if (value === null) return [];
  const all = typeof value === "string" ? [value] : value instanceof CelList ? [...value] : undefined;
  if (!all || !all.every((one) => typeof one === "string"))
    throw new TokenError(`${what}: expression must return a string or a list of strings`);
  return (all as string[]).filter((one) => one !== "");
}

const notString = (value: unknown): string =>
  `it is ${value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`}, not a string`;

const domain = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?){0,126}$/;
const rest = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

function keyErrors(key: string, at: string): FieldError[] {
  if (!key) return [fieldRequired(at)];
  const slash = key.indexOf("/");
  const errors: FieldError[] = [];
  if (slash < 1 || slash === key.length - 1) errors.push(fieldInvalid(at, key, 'must be a domain-prefixed path (such as "acme.io/foo")'));
  else if (slash > 253 || !domain.test(key.slice(0, slash)) || !rest.test(key.slice(slash + 1)))
    errors.push(fieldInvalid(at, key, "invalid path"));
  if (key !== key.toLowerCase()) errors.push(fieldInvalid(at, key, "must be lowercase"));
  if (/(?:^|\.)(?:kubernetes|k8s)\.io$/.test(key.slice(0, Math.max(slash, 0))))
    errors.push(fieldInvalid(at, key, "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use"));
  return errors;
}

/** Whether `claims.<field>` or `claims.?<field>` occurs; depth is bounded by what the parser lets through. */
function selects({ checked }: Program, field: string): boolean {
  const stack: (Expr | undefined)[] = [checked.expr];
  while (stack.length > 0) {
    const node = stack.pop();
    if (!node) continue;
    switch (node.kind) {
      case "select":
        if (node.field === field && node.operand.kind === "ident" && node.operand.name === "claims") return true;
        stack.push(node.operand);
        break;
      case "call":
        stack.push(node.target, ...node.args);
        break;
      case "list":
        stack.push(...node.items);
        break;
      case "map":
        for (const { key, value } of node.entries) stack.push(key, value);
        break;
      case "struct":
        for (const { value } of node.fields) stack.push(value);
        break;
      case "fold":
        stack.push(node.range, node.filter, node.body);
        break;
      case "bind":
        stack.push(node.init, node.body);
        break;
      case "optionalMap":
        stack.push(node.target, node.body);
        break;
    }
  }
  return false;
}
