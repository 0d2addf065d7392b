import { randomFillSync } from "node:crypto";

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const random = new Uint8Array(16);
let lastTime = -1;

/** A new id, greater than every one made before in this process. @see https://github.com/ulid/spec */
export function ulid(now: number = Date.now()): string {
  if (now > lastTime) {
    lastTime = now;
    randomFillSync(random);
    random[0]! &= 0x0f; // room to count up within one millisecond
    for (let i = 0; i < 16; i++) random[i]! &= 31;
  } else {
    let at = 15;
    while (at > 0 && random[at] === 31) random[at--] = 0;
    random[at]!++;
  }
  let text = "";
  for (let time = lastTime, i = 0; i < 10; i++) {
    text = alphabet[time % 32] + text;
    time = Math.floor(time / 32);
  }
  for (const digit of random) text += alphabet[digit];
  return text;
}
