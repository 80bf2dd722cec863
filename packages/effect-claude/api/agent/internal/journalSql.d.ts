import * as Effect from "effect/Effect";
import * as SqlClient from "effect/sql/SqlClient";
interface Failure {
    readonly message: string;
    readonly cause?: unknown;
}
export declare const makeSql: <E>(table: string, failed: (failure: Failure) => E) => Effect.Effect<{
    put: (run: string, at: number, entry: string) => Effect.Effect<string, E, never>;
    read: (run: string) => Effect.Effect<string[], E, never>;
    remove: (run: string) => Effect.Effect<void, E, never>;
}, E, SqlClient.SqlClient>;
export {};
