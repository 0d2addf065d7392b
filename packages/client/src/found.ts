import { hasReason } from "@meshplane/apimachinery";

/** What a read gives; undefined when there is no such object. Other failures are thrown. */
export async function found<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (hasReason(error, "NotFound")) return undefined;
    throw error;
  }
}
