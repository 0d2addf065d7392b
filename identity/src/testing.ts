/** For tests: a browser that keeps cookies and knows `portal.localhost`, and a certificate. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Page {
  /** where redirections have led; of the last that is not HTTPS, nothing is fetched */
  url: string;
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface Browser {
  get(url: string): Promise<Page>;
  post(url: string, form: Record<string, string>): Promise<Page>;
}

/** @param origin where public names are really served: `https://127.0.0.1:1234`; by default of the first address asked for */
export function browser(origin?: string): Browser {
  let jar: { name: string; value: string; path: string }[] = [];
  let served = origin;

  async function go(method: string, url: string, form?: Record<string, string>): Promise<Page> {
    let place = new URL(url);
    served ??= place.origin;
    for (let hops = 0; hops < 10; hops++) {
      if (place.protocol !== "https:") return { url: place.href, status: 0, headers: {}, text: "" };
      const answer = await ask(method, place, form);
      for (const cookie of answer.headers["set-cookie"] ?? []) keep(cookie);
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status >= 400 || location === undefined)
        return { ...answer, url: new URL(place.pathname + place.search, served).href };
      place = new URL(location, place);
      method = "GET";
      form = undefined;
    }
    throw new Error(`${url}: too many redirections`);
  }

  function keep(cookie: string): void {
    const [pair = "", ...attributes] = cookie.split(/;\s*/);
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? "/";
    jar = jar.filter((other) => other.name !== name || other.path !== path);
    if (value !== "" && !cookie.includes("expires=Thu, 01 Jan 1970")) jar.push({ name, value, path });
  }

  function ask(method: string, place: URL, form: Record<string, string> | undefined): Promise<Omit<Page, "url">> {
    return new Promise((resolve, reject) => {
      const cookie = jar.filter(({ path }) => place.pathname.startsWith(path)).map(({ name, value }) => `${name}=${value}`);
      const body = form && new URLSearchParams(form).toString();
      const call = request(new URL(place.pathname + place.search, served), {
        method,
        agent: false,
        rejectUnauthorized: false,
        headers: {
          host: place.host,
          ...(cookie.length > 0 ? { cookie: cookie.join("; ") } : {}),
          ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(body) }),
        },
      });
      call.on("error", reject);
      call.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode!, headers: response.headers, text: Buffer.concat(chunks).toString("utf8") }),
        );
      });
      call.end(body);
    });
  }

  return { get: (url) => go("GET", url), post: (url, form) => go("POST", url, form) };
}

/** Self-signed, of `portal.localhost` and 127.0.0.1; PEM. */
export async function testCertificate(): Promise<{ cert: string; key: string }> {
  const directory = mkdtempSync(join(tmpdir(), "meshplane-identity-"));
  try {
    const names = "subjectAltName=DNS:portal.localhost,DNS:*.portal.localhost,DNS:localhost,IP:127.0.0.1";
    const [key, cert] = [join(directory, "key"), join(directory, "cert")];
    const kind = [
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=test",
      "-addext",
      names,
    ];
    execFileSync("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", cert], { stdio: "ignore" });
    return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
