import * as Effect from "effect/Effect";
export declare const hex: (words: number) => Effect.Effect<string>;
