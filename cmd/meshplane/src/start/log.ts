import { pino } from "pino";
import type { Log } from "@meshplane/apiserver";

/** JSON lines on standard error, written synchronously so that nothing is lost on an early exit. `verbosity`: 0 warnings, 1 information, 2 and more: debugging. */
export function createLog(verbosity: number): Log {
  const level = verbosity <= 0 ? "warn" : verbosity === 1 ? "info" : "debug";
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }));
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  };
}
