import type { Block } from "./promptParts.ts";
export interface Turn {
    readonly role: "user" | "assistant" | "system";
    readonly content: Array<Block>;
}
export interface Known {
    readonly answers: ReadonlyMap<string, ReadonlyArray<Block>>;
    readonly asked: ReadonlySet<string>;
}
export declare const paired: (turns: ReadonlyArray<Turn>, known: Known) => ReadonlyArray<Turn>;
