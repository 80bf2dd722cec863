import type * as Duration from "effect/Duration";
import type { Fields } from "../../client/internal/fields.ts";
import type { Opened } from "../../client/internal/sdk.ts";
import type { Bounded } from "../../client/internal/within.ts";
import * as ClaudeError from "../../errors/ClaudeError.ts";
import type { Tally } from "./tally.ts";
export type Failure = ClaudeError.RealReason | ClaudeError.DeadlineExceeded;
export interface Surroundings extends Bounded {
    readonly secrets: () => ReadonlyArray<string>;
    readonly failed: (thrown: unknown) => ClaudeError.RealReason | undefined;
}
export declare class Reasons {
    private readonly source;
    private readonly surroundings;
    private readonly tally;
    constructor(source: Opened, surroundings: Surroundings, tally: Tally);
    told(event: Fields): ClaudeError.RealReason;
    thrown(thrown: unknown): Failure;
    ended(): Failure;
    broken(what: string): Failure;
    idle(after: Duration.Duration): Failure;
    late(ends: number): Failure;
    private get partial();
    private get common();
    private cut;
}
