import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import * as Schema from "effect/Schema";
import { InvalidTools } from "./definitions.ts";
export interface Format {
    readonly schema: object;
    readonly problem: (text: string) => Effect.Effect<string | undefined>;
}
type Codec = Schema.Codec<unknown, unknown>;
export declare const format: (schema: Codec) => Result.Result<Format, InvalidTools>;
export declare const decode: <A, I>(schema: Schema.Codec<A, I>) => (text: string) => Effect.Effect<A, Schema.SchemaError>;
export {};
