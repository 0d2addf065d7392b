import type { MessageName } from "./messages.ts";
import { messageToProtobuf } from "./protobuf.ts";

/** Bytes of a message in its binary encoding, which is what OpenFGA's size limits count. */
export const sizeOf = (name: MessageName | "Struct", message: object): number =>
  messageToProtobuf(name, message as Record<string, unknown>).length;
