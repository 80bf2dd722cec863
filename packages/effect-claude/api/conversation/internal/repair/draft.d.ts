import { type Fields } from "../turns.ts";
export interface Change {
    readonly path: string;
    readonly change: "dropped" | "answered" | "moved" | "renamed" | "stripped";
    readonly message: string;
}
export interface Noted extends Change {
    readonly index: number;
}
export interface Draft {
    readonly index: number;
    readonly role: "user" | "assistant" | "system";
    readonly fields: Fields;
    readonly blocks: ReadonlyArray<Fields> | undefined;
}
export declare const messageOf: ({ blocks, fields }: Draft) => Fields;
export declare const textOf: (value: unknown) => string | undefined;
export declare const keep: (blocks: ReadonlyArray<Fields>, kept: (block: Fields, at: number) => boolean) => ReadonlyArray<Fields>;
