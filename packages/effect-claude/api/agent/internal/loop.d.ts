import * as Effect from "effect/Effect";
import type { Job } from "./job.ts";
import * as Outcomes from "./outcomes.ts";
import type { Before } from "./plan.ts";
import type { State } from "./state.ts";
export interface Open extends Before {
    readonly message: typeof Outcomes.Answer.Type;
}
export declare const loop: <R>(job: Job<R>, state: State, start: Open | undefined) => Effect.Effect<Outcomes.Failed | Outcomes.Finished | Outcomes.NeedsApproval | Outcomes.Refused | Outcomes.Stopped | Outcomes.Truncated, never, R>;
