/** The thread of `parseYaml`. Values go back as JSON text: exact, and flat for the way between threads. */
import { parentPort } from "node:worker_threads";
import { decodeYaml, encodeJson } from "@meshplane/apimachinery";

export interface YamlQuestion {
  text: string;
}

export type YamlAnswer = { json: string; duplicates: string[]; duplicatesText: string | undefined } | { error: string };

parentPort?.on("message", ({ text }: YamlQuestion) => {
  let answer: YamlAnswer;
  try {
    const { value, duplicates, duplicatesText } = decodeYaml(text);
    answer = { json: encodeJson(value), duplicates, duplicatesText };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  parentPort!.postMessage(answer);
});
