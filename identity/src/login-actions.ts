/** Signing in, registering, choosing a password: the pages between a client's request and its answer. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Provider } from "oidc-provider";
import { AttemptLimit } from "./attempt-limit.ts";
import type { IdentityFile, User } from "./identity-file.ts";
import { loginPage, newPasswordPage, page, registrationPage, sendPage } from "./pages.ts";
import { hashPassword, passwordLengthMax, passwordMatches } from "./passwords.ts";

export interface LoginRequest {
  request: IncomingMessage;
  response: ServerResponse;
  provider: Provider;
  realm: string;
  /** of the interaction, from the path */
  uid: string;
  /** `/registration`, `/password` or nothing */
  step: string;
  /** path of the interaction's first page */
  base: string;
}

const formBytesMax = 16 << 10;
const passwordLengthMin = 8;
const newPasswordSeconds = 600;
const passwordStep = "PasswordChange";

export function loginActions(file: IdentityFile) {
  const byPerson = new AttemptLimit({ burst: 10, refillMs: 15_000 });
  const byAddress = new AttemptLimit({ burst: 60, refillMs: 2_000 });

  return async function serve(call: LoginRequest): Promise<void> {
    const { request, response, provider, realm, uid, step, base } = call;
    const details = await provider.interactionDetails(request, response).catch(() => undefined);
    if (!details || details.uid !== uid)
      return sendPage(
        response,
        400,
        page("This sign-in has ended", "<p>It took too long, or is from another window. Start again from the application.</p>"),
      );
    if (details.prompt.name !== "login") return provider.interactionFinished(request, response, { consent: {} });
    const targets = [URL.parse(String(details.params["redirect_uri"]))?.origin].filter((origin) => origin !== undefined);
    const show = (status: number, html: string): void => sendPage(response, status, html, targets);
    const registration = file.realm(realm)?.registrationAllowed ? `${base}/registration` : undefined;
    const signedIn = (user: Pick<User, "id">): Promise<void> =>
      provider.interactionFinished(request, response, { login: { accountId: user.id, amr: ["pwd"] } });
    const posted = request.method === "POST";
    if (!posted && request.method !== "GET") return show(405, page("Not allowed", ""));
    if (step === "")
      return posted ? login() : show(200, loginPage({ realm, action: base, email: hint(), ...(registration ? { registration } : {}) }));
    if (step === "/registration" && registration) return posted ? register() : show(200, registrationPage({ realm, action: registration }));
    if (step === "/password" && posted) return choosePassword();
    return show(404, page("Not found", "<p>There is nothing here.</p>"));

    function hint(): string {
      const { login_hint: given } = details!.params;
      return typeof given === "string" ? given.slice(0, 256) : "";
    }

    function tooMany(seconds: number): void {
      response.setHeader("retry-after", seconds);
      show(429, page("Too many attempts", `<p role="alert">Try again in ${seconds} seconds.</p>`));
    }

    async function login(): Promise<void> {
      const form = await readForm(request);
      const email = form.get("email")?.trim() ?? "";
      const password = form.get("password") ?? "";
      const person = `${realm}\n${email.toLowerCase()}`;
      const address = request.socket.remoteAddress ?? "";
      const wait = byAddress.take(address) ?? byPerson.take(person);
      if (wait !== undefined) return tooMany(wait);
      const user = file.userByEmail(realm, email);
      const right = password.length <= passwordLengthMax && (await passwordMatches(password, user?.password));
      if (!right || !user)
        return show(
          401,
          loginPage({ realm, action: base, email, error: "Invalid email or password.", ...(registration ? { registration } : {}) }),
        );
      byAddress.giveBack(address);
      byPerson.giveBack(person);
      if (!user.passwordTemporary) return signedIn(user);
      file.issue(realm, passwordStep, uid, {
        payload: JSON.stringify({ id: user.id }),
        account: user.id,
        expires: inSeconds(newPasswordSeconds),
      });
      show(200, newPasswordPage({ realm, action: `${base}/password`, firstName: user.firstName, lastName: user.lastName }));
    }

    async function choosePassword(): Promise<void> {
      const form = await readForm(request);
      const step = file.issued(realm, passwordStep, uid, inSeconds(0));
      const user = step === undefined ? undefined : file.user(realm, (JSON.parse(step) as { id: string }).id);
      if (!user) return show(400, page("This sign-in has ended", `<p>It took too long. <a href="${base}">Sign in again</a>.</p>`));
      const password = form.get("password-new") ?? "";
      const [firstName, lastName] = [name(form, "firstName"), name(form, "lastName")];
      const error =
        passwordError(password, form) ??
        ((await passwordMatches(password, user.password)) ? "Choose another password than the one you were given." : undefined);
      if (error) return show(400, newPasswordPage({ realm, action: `${base}/password`, error, firstName, lastName }));
      file.setPassword(realm, user.id, await hashPassword(password));
      if (firstName || lastName) file.setName(realm, user.id, firstName, lastName);
      return signedIn(user);
    }

    async function register(): Promise<void> {
      const form = await readForm(request);
      const wait = byAddress.take(request.socket.remoteAddress ?? "");
      if (wait !== undefined) return tooMany(wait);
      const [firstName, lastName] = [name(form, "firstName"), name(form, "lastName")];
      const email = form.get("email")?.trim() ?? "";
      const again = (error: string): void =>
        show(400, registrationPage({ realm, action: registration!, error, email, firstName, lastName }));
      if (!isEmail(email)) return again("Enter a valid email address.");
      const password = form.get("password") ?? "";
      const error = passwordError(password, form);
      if (error) return again(error);
      const id = randomUUID();
      const kept = await hashPassword(password);
      if (!file.addUser(realm, { id, email, firstName, lastName, groups: [], password: kept, passwordTemporary: false }))
        return again("This email is registered already.");
      return signedIn({ id });
    }
  };
}

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

/** Addresses become names of users: nothing in them that has a meaning there. */
export const isEmail = (text: string): boolean => text.length <= 254 && /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}$/.test(text);

const name = (form: URLSearchParams, field: string): string => (form.get(field) ?? "").trim().slice(0, 255);

function passwordError(password: string, form: URLSearchParams): string | undefined {
  if (password.length < passwordLengthMin) return `A password has at least ${passwordLengthMin} characters.`;
  if (password.length > passwordLengthMax) return `A password has at most ${passwordLengthMax} characters.`;
  return password === form.get("password-confirm") ? undefined : "The passwords are not the same.";
}

/** @throws Error when it is too long */
async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > formBytesMax) throw new Error("the form is too long");
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
}
