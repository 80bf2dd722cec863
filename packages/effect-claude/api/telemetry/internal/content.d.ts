import type { Answer } from "./hook.ts";
type Fields = Readonly<Record<string, unknown>>;
export declare const input: (params: unknown) => Fields;
export declare const output: ({ content, stop_reason }: Answer) => Fields;
export {};
