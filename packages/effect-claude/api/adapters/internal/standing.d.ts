import * as Resilience from "../../policies/Resilience.ts";
import { type Guard } from "./guard.ts";
export interface Standing extends AsyncDisposable {
    readonly guard: Guard;
}
export declare const standing: (options: Resilience.Options & Resilience.LayerOptions) => Standing;
