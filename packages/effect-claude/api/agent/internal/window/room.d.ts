import * as Effect from "effect/Effect";
import * as ClaudeClient from "../../../client/ClaudeClient.ts";
export declare const smallest = 200000;
export declare const known: (model: string) => number | undefined;
export declare const make: () => (model: string) => Effect.Effect<number, never, ClaudeClient.ClaudeClient>;
