/** The pages that people see: plain HTML that works without scripts, styles within, nothing from elsewhere. */
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";

const style = `
:root { color-scheme: light dark; --edge: #8a8f98; --accent: #0b57d0; --on-accent: #fff; --error: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --accent: #8ab4f8; --on-accent: #10151f; --error: #f2b8b5; } }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; display: grid; min-height: 100vh; place-items: center; }
main { width: min(22rem, 100vw - 2rem); padding: 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
p.realm { margin: 0 0 1.25rem; opacity: .8; }
label { display: block; margin-top: .9rem; }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem .6rem; border: 1px solid var(--edge); border-radius: .3rem; }
button { font: inherit; width: 100%; margin-top: 1.25rem; padding: .6rem; border: 0; border-radius: .3rem; background: var(--accent); color: var(--on-accent); cursor: pointer; }
button.quiet { background: none; color: inherit; border: 1px solid var(--edge); margin-top: .6rem; }
a { color: var(--accent); } :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.error { color: var(--error); font-weight: 600; } code { font-size: 1.3rem; letter-spacing: .1em; }
`;
const styleHash = createHash("sha256").update(style).digest("base64");

/** Of every answer. `script-src` is there for the library to add the hash of a script of its own; without JavaScript its pages show a button. */
export const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'`;

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

export function page(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><main><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`;
}

/** @param formTargets origins that a form of the page may lead to, by redirection */
export function sendPage(response: ServerResponse, status: number, html: string, formTargets: readonly string[] = []): void {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": `${contentSecurityPolicy}; form-action ${["'self'", ...formTargets].join(" ")}`,
  });
  response.end(html);
}

export interface LoginForm {
  realm: string;
  action: string;
  email?: string;
  error?: string;
  /** where to register; not shown when nobody may */
  registration?: string;
}

export const loginPage = ({ realm, action, email = "", error, registration }: LoginForm): string =>
  page(
    "Sign in",
    `${heading(realm, error)}<form method="post" action="${escapeHtml(action)}">
${field("email", "Email", "email", "username", { value: email, focus: email === "" })}
${field("password", "Password", "password", "current-password", { focus: email !== "" })}
<button type="submit">Sign in</button></form>${registration ? `<p>New here? <a href="${escapeHtml(registration)}">Register</a></p>` : ""}`,
  );

export interface PersonForm {
  realm: string;
  action: string;
  error?: string;
  email?: string;
  firstName?: string;
  lastName?: string;
}

export const registrationPage = ({ realm, action, error, email = "", firstName = "", lastName = "" }: PersonForm): string =>
  page(
    "Register",
    `${heading(realm, error)}<form method="post" action="${escapeHtml(action)}">
${field("email", "Email", "email", "username", { value: email, focus: true })}
${field("password", "Password", "password", "new-password")}
${field("password-confirm", "Confirm password", "password", "new-password")}
${field("firstName", "First name", "text", "given-name", { value: firstName })}
${field("lastName", "Last name", "text", "family-name", { value: lastName })}
<button type="submit">Register</button></form>`,
  );

export const newPasswordPage = ({ realm, action, error, firstName = "", lastName = "" }: PersonForm): string =>
  page(
    "Choose a password",
    `${heading(realm, error)}<p>The password that you were given works once. Choose your own.</p><form method="post" action="${escapeHtml(action)}">
${field("password-new", "New password", "password", "new-password", { focus: true })}
${field("password-confirm", "Confirm password", "password", "new-password")}
${field("firstName", "First name", "text", "given-name", { value: firstName, optional: true })}
${field("lastName", "Last name", "text", "family-name", { value: lastName, optional: true })}
<button type="submit">Continue</button></form>`,
  );

const heading = (realm: string, error: string | undefined): string =>
  `<p class="realm">Realm <strong>${escapeHtml(realm)}</strong></p>${error ? `<p class="error" role="alert" id="error">${escapeHtml(error)}</p>` : ""}`;

function field(
  name: string,
  label: string,
  type: string,
  autocomplete: string,
  { value = "", focus = false, optional = false }: { value?: string; focus?: boolean; optional?: boolean } = {},
): string {
  const marks = `${optional ? "" : " required"}${focus ? " autofocus" : ""}`;
  return `<label for="${name}">${label}</label><input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" maxlength="256" value="${escapeHtml(value)}"${marks}>`;
}
