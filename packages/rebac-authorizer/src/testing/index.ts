export * from "./relationship-world.ts";
