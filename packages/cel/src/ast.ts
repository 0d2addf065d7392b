import type { CelValue } from "./values.ts";

/** `offset` is where cel-go would point for this node, in UTF-16 units; `id` is unique within one expression. */
interface Node {
  id: number;
  offset: number;
}

export interface Macro extends Node {
  kind: "fold";
  /** What is done for each element. */
  fold: "all" | "exists" | "existsOne" | "map" | "transformMap" | "transformMapEntry";
  range: Expr;
  /** Key or index where there are two variables; else the element (list) or key (map). */
  variable: string;
  /** Value or element of a two-variable macro. */
  variable2: string | undefined;
  /** Elements that fail it are left out; map and transform* only. */
  filter: Expr | undefined;
  /** The predicate, or what an element becomes. */
  body: Expr;
}

export type Expr =
  | (Node & { kind: "const"; value: CelValue })
  | (Node & { kind: "ident"; name: string })
  | (Node & { kind: "select"; operand: Expr; field: string; test: boolean; optional: boolean })
  | (Node & { kind: "call"; name: string; target: Expr | undefined; args: Expr[] })
  | (Node & { kind: "list"; items: Expr[]; optional: ReadonlySet<number> })
  | (Node & { kind: "map"; entries: { key: Expr; value: Expr; optional: boolean; offset: number }[] })
  | (Node & { kind: "struct"; name: string; fields: { name: string; value: Expr; optional: boolean; offset: number }[] })
  | Macro
  /** cel.bind, and the body of optMap and optFlatMap once the optional has a value. */
  | (Node & { kind: "bind"; variable: string; init: Expr; body: Expr })
  | (Node & { kind: "optionalMap"; target: Expr; variable: string; body: Expr; flat: boolean });

/** Operators are calls of these names, as in error messages. */
export type Operator =
  | "_||_"
  | "_&&_"
  | "_?_:_"
  | "_==_"
  | "_!=_"
  | "_<_"
  | "_<=_"
  | "_>_"
  | "_>=_"
  | "@in"
  | "_+_"
  | "_-_"
  | "_*_"
  | "_/_"
  | "_%_"
  | "!_"
  | "-_"
  | "_[_]"
  | "_[?_]";
