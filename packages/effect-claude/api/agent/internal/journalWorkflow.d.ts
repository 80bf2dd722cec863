import * as Effect from "effect/Effect";
interface Failure {
    readonly message: string;
}
export declare const makeWorkflow: <E>(failed: (failure: Failure) => E) => {
    put: (run: string, at: number, entry: string) => Effect.Effect<string, E>;
    read: () => Effect.Effect<never[], never, never>;
    remove: () => Effect.Effect<void, never, never>;
};
export {};
