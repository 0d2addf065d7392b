/** The rooms' one-way arrows (docs/ARCHITECTURE.md): an import points only to a room with a lower number, and only to those in its row. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync, existsSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { arrows, type Room } from "./rooms.ts";

const root = join(import.meta.dirname, "..", "..");

function* sourceFiles(directory: string): Generator<string> {
  if (!existsSync(directory)) return;
  for (const file of readdirSync(directory, { recursive: true, encoding: "utf8" }))
    if (/\.tsx?$/.test(file) && !file.includes("node_modules")) yield join(directory, file);
}

/** what loads late, or only where it is wanted */
const lateDoors = new Set(["storage/sqlite", "storage/etcd", "apis/platform-mesh", "rebac/sqlite", "rebac/http", "rebac/grpc"]);

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|(?:^|\n)\s*import\s*["']([^"']+)["']/g;

function wrongArrows(room: Room, file: string): string[] {
  const wrong: string[] = [];
  for (const match of readFileSync(file, "utf8").matchAll(importPattern)) {
    const specifier = match[1] ?? match[2] ?? match[3]!;
    const at = `${relative(root, file)} imports ${specifier}`;
    if (specifier.startsWith(".")) {
      if (relative(join(root, room.path), join(file, "..", specifier)).startsWith("..")) wrong.push(`${at}: leaves its room`);
      continue;
    }
    const other = /^@meshplane\/([a-z-]+)(\/.*)?$/.exec(specifier);
    if (other) {
      const isTest = /\.test\.ts$|\/testing\//.test(file);
      const lateDoor = lateDoors.has(other[1]! + (other[2] ?? ""));
      if (other[2] && !lateDoor && !(isTest && other[2] === "/testing")) wrong.push(`${at}: a room has one door`);
      if (other[1] !== room.name && !room.mayImport.includes(other[1]!)) {
        const target = arrows.find((candidate) => candidate.name === other[1]);
        wrong.push(`${at}: ${room.level} → ${target?.level ?? "?"}`);
      }
    } else if (room.pure && specifier.startsWith("node:") && !/\.test\.ts$|\/testing\//.test(file)) wrong.push(`${at}: this room is pure`);
  }
  return wrong;
}

for (const room of arrows)
  test(`${room.name} imports only the rooms of its row`, () => {
    const wrong = [...sourceFiles(join(root, room.path, "src"))].flatMap((file) => wrongArrows(room, file));
    assert.deepEqual(wrong, []);
  });

test("every package is a room of the table", () => {
  const packages = readdirSync(join(root, "packages"));
  const known = arrows.map((room) => room.name);
  assert.deepEqual(
    packages.filter((name) => !known.includes(name)),
    [],
  );
});
